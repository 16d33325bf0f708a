"""Give a test run its own PostgreSQL and Valkey unless the environment names servers to use."""

from __future__ import annotations

import atexit
import os

from connector.local.servers import SOURCE_ROOT, LocalServers


def provide() -> None:
    """This function will set DATABASE_URL (the owner), DATABASE_APP_URL and REDIS_URL for this run.

    pytest-django reads the settings before any conftest.py, so tests.settings calls this. Under
    xdist the controller gets here first and its workers inherit the variables. Concurrent runs
    share the servers; the suffix keeps their databases and broker keys apart.
    """
    os.environ.setdefault("TEST_DB_SUFFIX", str(os.getpid()))
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    local = LocalServers(SOURCE_ROOT / ".local" / "test", durable=False)
    urls = local.start()
    atexit.register(local.stop)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"] = urls.database_owner_url
        os.environ["DATABASE_APP_URL"] = urls.database_url
    os.environ.setdefault("REDIS_URL", urls.redis_url)
