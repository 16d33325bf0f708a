"""How invoice lines find their ledger account and VAT code in Exact."""

from __future__ import annotations
