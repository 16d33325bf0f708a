"""What an installation in production sets at least, with values that lead nowhere."""

from __future__ import annotations

PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://connector_app@127.0.0.1:9/connector",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "a-placeholder-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-!?",
    "ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DEBUG": "0",
    "PUBLIC_URL": "https://connector.example.com",
    "ALLOWED_HOSTS": "connector.example.com",
    "EXACT_BASE_URL": "",
}
