"""Pages of people and organizations."""

from __future__ import annotations
