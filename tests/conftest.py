"""What every test may ask for; fixtures of one part live in that part's own conftest.py."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from django.db import connection


@pytest.fixture
def application_database_url(db) -> str:
    """The test database as the restricted role of production sees it: no ownership, bound by row-level security."""
    url = urlsplit(os.environ.get("DATABASE_APP_URL", os.environ["DATABASE_URL"]))
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
