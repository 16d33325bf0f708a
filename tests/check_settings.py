"""The product's settings as in production, with placeholder values: for mypy and `manage.py check --deploy`."""

from __future__ import annotations

import os

from tests.placeholder_settings import PLACEHOLDERS

# Nothing is connected to: these tools only read the settings.
os.environ |= PLACEHOLDERS

from connector.settings import *  # noqa: F403 - the variables above come first
