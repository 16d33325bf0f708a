"""How the invoices of a connection are doing: in sync or not, what failed together, and trying it all again."""

from __future__ import annotations
