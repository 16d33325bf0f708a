"""Other people's systems: Exact Online and the PSAs. Knows no invoice rows."""

from __future__ import annotations
