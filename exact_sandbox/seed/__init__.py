"""What the books hold when the sandbox starts: users, divisions and a year of reference data."""

from __future__ import annotations
