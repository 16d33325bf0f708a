"""Template tags about connections."""

from __future__ import annotations
