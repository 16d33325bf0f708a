"""An installation whose settings are of another kind of installation does not start (RELIABILITY K5)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from connector.local.servers import SOURCE_ROOT
from tests.placeholder_settings import PLACEHOLDERS

PRODUCTION = PLACEHOLDERS | {
    "EXACT_ALLOW_ANY_HOST": "",
    "EXACT_WEBHOOK_SECRETS": "",
    "DJANGO_SETTINGS_MODULE": "connector.settings",
}


def start(**changed: str) -> tuple[int, str]:
    """Whether the product starts with these settings, and what it says."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=SOURCE_ROOT,
        env=os.environ | PRODUCTION | changed,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_k5_it_starts_with_the_settings_of_production():
    assert start() == (0, "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"EXACT_BASE_URL": "https://sandbox.example"}, "EXACT_BASE_URL replaces Exact's own"),
        ({"EXACT_WEBHOOK_SECRETS": "one,two,three"}, "takes two secrets at most"),
        ({"ENCRYPTION_KEYS": "too-short"}, "ENCRYPTION_KEYS"),
        ({"DATABASE_URL": "sqlite:///books"}, "DATABASE_URL"),
    ],
)
def test_k5_it_refuses_to_start_with_settings_of_another_kind_of_installation(changed, said):
    status, error = start(**changed)

    assert status != 0
    assert said in error.strip().splitlines()[-1]


def test_k5_a_sandbox_in_production_has_to_be_asked_for_by_name():
    status, error = start(EXACT_BASE_URL="https://sandbox.example", EXACT_ALLOW_ANY_HOST="1")

    assert (status, error) == (0, "")
