"""What a division's administration is set to: the accounts and journals the books use themselves."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class DivisionSettings:
    """Ledger accounts by ID, journals and the payment condition by code."""

    division: int
    default_payment_condition: str | None
    receivable_account: str
    write_off_account: str
    discount_account: str
    exchange_difference_account: str
    bank_journal: str
    memorial_journal: str


def division_settings(context: Context) -> DivisionSettings:
    """Return the settings of the division that is written in."""
    row = context.sandbox.database.execute(
        "SELECT * FROM division_settings WHERE division = ?",
        [context.division],
    )[0]
    return DivisionSettings(**dict(row))


def own_bank_account(context: Context) -> Record:
    """Return the own bank account that a term names as the one to be paid to."""
    journal = context.sandbox.database.find(
        "journals", Division=context.division, Code=division_settings(context).bank_journal
    )
    found = journal or {}
    return {
        "BankAccountID": found.get("BankAccountID"),
        "BankAccountNumber": found.get("BankAccountIncludingMask"),
    }
