"""The product's settings, changed only where tests need it."""

from __future__ import annotations

import os

from tests import local_servers

local_servers.provide()
SUFFIX = os.environ["TEST_DB_SUFFIX"]
# Set, not defaulted: a developer's own environment must not reach a test.
os.environ |= {
    "DATABASE_URL": os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"]),
    # Each process of a divided run has queues of its own: their workers must not take each other's messages.
    "REDIS_PREFIX": f"test-{SUFFIX}-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}:",
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DEBUG": "0",
    "PUBLIC_URL": "http://localhost:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "EXACT_BASE_URL": "",
    "EXACT_CLIENT_ID": "test-client",
    "EXACT_CLIENT_SECRET": "test-secret",
    "LOG_LEVEL": "WARNING",
    # Tests count calls; those about reading back ask for it themselves.
    "COPY_FIRST_READ_BACKS": "0",
}

from connector.settings import *  # noqa: E402, F403 - the variables above come first
from connector.settings import DATABASES, STORAGES  # noqa: E402 - named for the type checker

# A test that waits for processes may keep its transaction for longer than a program should.
DATABASES["default"]["OPTIONS"].pop("options")
DATABASES["default"]["TEST"] = {"NAME": f"test_connector_{SUFFIX}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The manifest exists only after collectstatic.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
