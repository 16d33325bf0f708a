"""The short public mark of a copy, by which its document is recognized in Exact when an answer was lost."""

from __future__ import annotations

import secrets

# No letters or digits that people mix up when they read a mark aloud.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PART = 4


def new_marker() -> str:
    """This function will return a mark that no other copy of the organization has, but for one in a billion."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(2 * _PART))
    return f"{letters[:_PART]}-{letters[_PART:]}"
