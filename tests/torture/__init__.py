"""Torture: the product as real processes, with faults on purpose, against an independent truth. `python -m tests.torture`."""

from __future__ import annotations
