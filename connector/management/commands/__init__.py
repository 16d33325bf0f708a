"""Commands of the whole program; they may use every part of it."""

from __future__ import annotations
