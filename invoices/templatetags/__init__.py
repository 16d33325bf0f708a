"""Template tags of the invoice pages."""

from __future__ import annotations
