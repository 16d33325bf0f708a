"""What every test may ask for; fixtures of one part live in that part's own conftest.py."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests import chromium


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out, visibly, where there is no browser; in CI that is an error."""
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


@pytest.fixture
def application_database_url(db) -> str:
    """The test database as production's restricted role sees it: no ownership, row-level security holds."""
    url = urlsplit(os.environ.get("DATABASE_APP_URL", os.environ["DATABASE_URL"]))
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
