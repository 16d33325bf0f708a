"""The books of a division: amounts, numbers, ledger, payment terms and the bank."""

from __future__ import annotations
