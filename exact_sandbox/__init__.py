"""A stand-in for Exact Online that speaks HTTP, for trying and testing any client of it."""

from __future__ import annotations
