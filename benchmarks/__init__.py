"""Measures the sandbox with books of a real size: `make bench`."""

from __future__ import annotations
