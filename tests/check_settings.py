"""The product's settings as in production, with placeholder values: for mypy and `manage.py check --deploy`."""

from __future__ import annotations

import os

# Nothing is connected to: these tools only read the settings.
os.environ |= {
    "DATABASE_URL": "postgresql://connector_app@127.0.0.1:9/connector",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "a-placeholder-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-!?",
    "ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DEBUG": "0",
    "PUBLIC_URL": "https://connector.example.com",
    "ALLOWED_HOSTS": "connector.example.com",
    "EXACT_BASE_URL": "",
}

from connector.settings import *  # noqa: F403 - the variables above come first
