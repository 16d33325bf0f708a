"""Direct debit: a term is selected (30), sent to the bank (40), and paid or bounced.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from exact_sandbox.books.bank_entries import BankError, open_item
from exact_sandbox.books.terms import NOT_COLLECTED, OPEN, PROCESSED, SELECTED, change_term
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


def collect(context: Context, *, entry_id: str, status: int) -> None:
    """Put an open item into direct debit (30 selected, 40 processed) or back to open (20)."""
    if status not in (OPEN, SELECTED, PROCESSED):
        raise BankError("The status must be 20, 30 or 40.")
    term = open_item(context, entry_id)
    changes: Record = {"Status": status, **NOT_COLLECTED}
    if status != OPEN:
        changes |= {
            "ReceivableSelected": term["ReceivableSelected"] or context.sandbox.clock.naive_now(),
            "ReceivableSelector": context.user.id,
            "ReceivableSelectorFullName": context.user.full_name,
        }
    if status == PROCESSED:
        batch = _next_batch(context)
        changes |= {
            "ReceivableBatchNumber": batch,
            "CashflowTransactionBatchCode": str(batch),
            "EndToEndID": f"{term['EntryNumber']}-{batch}",
            "PaymentInformationID": f"{context.division}-{batch}",
        }
    change_term(context, term["ID"], changes)


def _next_batch(context: Context) -> int:
    rows = context.sandbox.database.execute(
        'SELECT max("ReceivableBatchNumber") FROM terms WHERE "Division" = ?', [context.division]
    )
    return int(rows[0][0] or 0) + 1
