"""Keeps the double entry underneath: every document is a set of lines that add up to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from exact_sandbox.books.amounts import LARGEST
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

# EntityType of sync/Deleted
TRANSACTION_LINES, ACCOUNTS, ATTACHMENTS, CONTACTS, DOCUMENTS, GL_ACCOUNTS = 1, 2, 4, 5, 6, 7
PAYMENT_TERMS = 10


_KEPT = ("OffsetID", "Created", "Creator", "CreatorFullName")  # of a line that is written anew


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: debit is positive, credit negative."""

    gl_account: str
    amount_fc: Decimal
    amount_dc: Decimal
    id: str | None = None
    account: str | None = None
    more: Record | None = None


def record_deletion(context: Context, entity_type: int, key: str) -> None:
    """Tell readers of sync/Deleted that a record is gone."""
    context.sandbox.database.insert(
        "deleted",
        {
            "ID": new_id(),
            "EntityKey": key,
            "EntityType": entity_type,
            "DeletedBy": context.user.id,
            "DeletedDate": context.sandbox.clock.naive_now(),
            "Division": context.division,
        },
    )


def check_size(context: Context, amounts: Iterable[Decimal], rate: Decimal) -> None:
    """Raise Refused when the amounts of an entry, or what they are at its rate, come to too much."""
    if sum(map(abs, amounts), Decimal(0)) * max(rate, Decimal(1)) >= LARGEST:
        raise Refused(context.say("invalid", what="amount"))


def write_lines(context: Context, common: Record, postings: Iterable[Posting]) -> list[str]:
    """Replace the ledger lines of an entry and return their ids, line 0 first.

    `common` holds what all lines share, EntryID among it. Raises AssertionError when debit and
    credit differ: that would be a mistake in the sandbox, never in a request.
    """
    postings = list(postings)
    for amounts in zip(*((each.amount_fc, each.amount_dc) for each in postings), strict=True):
        if sum(amounts, Decimal(0)):
            raise AssertionError("Debit and credit differ.")
    database = context.sandbox.database
    old = {
        row["ID"]: {name: row[name] for name in _KEPT}
        for row in database.records("transactionlines", EntryID=common["EntryID"])
    }
    database.delete("transactionlines", EntryID=common["EntryID"])
    ids = []
    for number, posting in enumerate(postings):
        line_id = posting.id or new_id()
        ids.append(line_id)
        database.insert(
            "transactionlines",
            {
                **context.created(),
                **old.get(line_id, {}),
                **common,
                "ID": line_id,
                "LineNumber": number,
                "GLAccount": posting.gl_account,
                "Account": posting.account or common.get("Account"),
                "AmountFC": posting.amount_fc,
                "AmountDC": posting.amount_dc,
                **(posting.more or {}),
            },
        )
    for line_id in old.keys() - set(ids):
        record_deletion(context, TRANSACTION_LINES, line_id)
    return ids


def remove_lines(context: Context, entry_id: str) -> None:
    """Take an entry out of the ledger."""
    database = context.sandbox.database
    for row in database.records("transactionlines", EntryID=entry_id):
        record_deletion(context, TRANSACTION_LINES, row["ID"])
    database.delete("transactionlines", EntryID=entry_id)
