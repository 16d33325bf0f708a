"""Asks Exact for the ledger lines that tell what settled something, where the terms leave more than one answer.

Before: `payments.settling` has settled what changed and marked the payments in question. After: the lines are in the
mirror, and what they tell of is marked to be settled anew. It is a run of its own, of one call for many lines, at most once
in an hour and a half; most runs leave nothing to ask.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionTransactionLines
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors, transaction_lines
from integrations.exact.transaction_lines import IDS_A_CALL, TransactionLine
from integrations.models import ExactConnection
from payments.closing_terms import Closings
from payments.models import LedgerLine, Payment, ReceivableTerm, SyncCursor
from payments.reading.run import Run, stored

logger = logging.getLogger(__name__)

# With runs every five minutes a day stays below 600 calls.
ASKED_EVERY = timedelta(minutes=90)
_PAYMENTS_A_CALL = 50
# A right that is missing can be given, so nothing of this counts as an answer.
_UNTOLD = (errors.Refused, errors.UnexpectedAnswer, errors.Unavailable, errors.NotSent)


def lines_are_wanted(connection: ExactConnection, cursor: SyncCursor, *, now: datetime) -> bool:
    """This function will tell whether Exact is to be asked for ledger lines now."""
    asked_at = cursor.lines_asked_at
    if asked_at is not None and now - asked_at < ASKED_EVERY:
        return False
    return bool(_choose_lines(connection, _list_in_question(connection)))


def ask_for_lines(run: Run) -> None:
    """This function will read the ledger lines in question and mark what they tell of, unless that was done just now.

    Raises what a call to Exact raises, but for a refusal and an answer that does not come or cannot be read: what settled it
    stays untold until it is asked again. That is no failed reading: statuses do not need these lines.
    """
    with tenant_transaction(run.job.organization_id):
        connection = ExactConnection.objects.get(pk=run.job.connection_id)
        if not lines_are_wanted(connection, run.cursor, now=run.job.now()):
            return
        payments = _list_in_question(connection)
        wanted = _choose_lines(connection, payments)
    rows: Sequence[TransactionLine] = ()
    try:
        rows = transaction_lines.list_by_id(run.job.client, list(wanted)).rows
    except _UNTOLD as error:
        logger.warning("Exact does not tell ledger lines", extra=run.ids, exc_info=error)
        wanted, payments = {}, []
    with stored(run) as (connection, cursor):
        cursor.lines_asked_at = run.job.now()
        _store(connection, rows, wanted)
        ReceivableTerm.objects.filter(pk__in=[payment.term_id for payment in payments]).update(
            needs_settling=True
        )


def _list_in_question(connection: ExactConnection) -> list[Payment]:
    """The payments of which more can be told, the newest first."""
    payments = Payment.objects.filter(
        is_in_question=True, removed_at__isnull=True, term__connection=connection
    )
    return list(payments.select_related("term").order_by("-id")[:_PAYMENTS_A_CALL])


def _choose_lines(connection: ExactConnection, payments: Sequence[Payment]) -> dict[UUID, int]:
    closings = Closings(connection, [payment.term for payment in payments])
    return dict(list(closings.list_in_question().items())[:IDS_A_CALL])


def _store(
    connection: ExactConnection, rows: Sequence[TransactionLine], wanted: Mapping[UUID, int]
) -> None:
    """Keep what was asked, also of lines that Exact did not show: they are not asked again until they change."""
    offsets = {row.exact_id: row.offset_id for row in rows}
    LedgerLine.objects.bulk_create(
        [
            LedgerLine(
                organization_id=connection.organization_id,
                connection=connection,
                exact_id=line,
                offset_exact_id=offsets.get(line),
                terms_timestamp=stamp,
            )
            for line, stamp in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["connection", "exact_id"],
        update_fields=["offset_exact_id", "terms_timestamp"],
    )
