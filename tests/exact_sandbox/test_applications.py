"""Applications are registered in a table; the one of the options is there from the start."""

from __future__ import annotations

import pytest

from exact_sandbox.applications import find_application, webhook_secret
from exact_sandbox.options import DEFAULT_CLIENT_ID
from exact_sandbox.server import running_sandbox


def test_the_application_of_the_options_is_registered(running):
    application = find_application(running.sandbox.database, "{" + DEFAULT_CLIENT_ID.upper() + "}")

    assert application is not None
    assert (application.client_id, application.name) == (DEFAULT_CLIENT_ID, "Sandbox application")


def test_it_follows_the_options_of_the_next_start(tmp_path):
    file = tmp_path / "books.sqlite3"
    with running_sandbox(data=file, client_secret="one", webhook_secret="first"):
        pass

    with running_sandbox(data=file, client_secret="two", webhook_secret="second") as running:
        application = find_application(running.sandbox.database, DEFAULT_CLIENT_ID)

        assert application is not None
        assert application.client_secret == "two"
        assert webhook_secret(running.sandbox.database, DEFAULT_CLIENT_ID) == "second"


def test_an_unknown_application_has_no_webhook_secret(running):
    with pytest.raises(LookupError):
        webhook_secret(running.sandbox.database, "unknown")
