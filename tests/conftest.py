"""What every test may ask for; fixtures of one part live in that part's own conftest.py."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from tests import chromium, flush, template
from tests.order import spread


def pytest_configure(config: pytest.Config) -> None:
    """Begin with the database that the workers copy while they still collect tests."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        config.add_cleanup(template.begin())


def pytest_collection_finish() -> None:
    """Thousands of tests and the models stay until the end: looking for garbage among them again and again finds none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Spread what waits for processes over the rest, and leave browser tests out where there is no browser."""
    items[:] = spread(
        items,
        file=lambda item: item.path,
        waits=lambda item: item.get_closest_marker("process") is not None,
    )
    _leave_out_browser_tests(items)


def _leave_out_browser_tests(items: list[pytest.Item]) -> None:
    """Leave them out visibly; in CI a missing browser is an error."""
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if not browser_tests or chromium.find():
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(chromium.MISSING)
    for item in browser_tests:
        item.add_marker(pytest.mark.skip(reason=chromium.MISSING))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser for tests marked ``browser``."""
    path = chromium.find()
    assert path, chromium.MISSING
    return path


# Ends the sessions of the tests' own role, and counts all: those of killed workers end by themselves. Autovacuum's are
# neither ours to end nor in the way; CASE keeps the order of the two conditions, which AND does not.
_OTHER_SESSIONS = """
    SELECT count(*), count(CASE WHEN usename = current_user THEN pg_terminate_backend(pid) END)
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.fixture
def application_database_url(db) -> str:
    """The test database as production's restricted role sees it: no ownership, row-level security holds."""
    url = urlsplit(os.environ.get("DATABASE_APP_URL", os.environ["DATABASE_URL"]))
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The test database is a copy of one that was migrated already."""
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template.ensure(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The test database, which can be dropped at the end although a browser's last request still holds a session."""
    with pytest.MonkeyPatch.context() as patch:
        teardown = "_fixture_teardown"
        patch.setattr(
            TransactionTestCase, teardown, flush.after(getattr(TransactionTestCase, teardown))
        )
        yield
    # A test that forked may have ended the session that is open here.
    connection.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute(_OTHER_SESSIONS)
            if not cursor.fetchone()[0]:
                break
            time.sleep(0.1)
