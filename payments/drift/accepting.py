"""A person accepts a difference, with a reason: it stays quiet as long as both sides are as they are now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy.models import User
from integrations import history as connection_history
from integrations.models import ExactConnection
from invoices import history
from invoices.booked import accepted
from invoices.models import AcceptedDifference, Invoice


class Changed(Exception):
    """What was shown is not so any more; it reads well to a person."""

    def __init__(self) -> None:
        super().__init__(
            _("This has changed since the page was opened. Look at it again before you accept it.")
        )


def accept_invoice(
    *, invoice: Invoice, shown: str, facts: str, reason: str, user: User, now: datetime
) -> AcceptedDifference:
    """This function will accept how Exact differs from an invoice. Raises Changed when that is not what was shown."""
    if shown != facts:
        raise Changed
    with transaction.atomic():
        Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
        earlier = AcceptedDifference.objects.filter(invoice=invoice, undone_at=None)
        earlier.update(undone_at=now, undone_by=None)
        history.note(
            invoice=invoice,
            kind="difference_accepted",
            sentence=sentence("The difference with Exact was accepted: %(reason)s", reason=reason),
            user=user,
            now=now,
            details={"facts": facts},
        )
        made = AcceptedDifference.objects.create(
            invoice=invoice, facts=facts, reason=reason, user=user, at=now
        )
        accepted.let_stand(made, invoice, now=now)
        return made


def accept_entry(
    *,
    connection: ExactConnection,
    entry_id: UUID,
    name: str,
    shown: str,
    facts: str,
    reason: str,
    user: User,
    now: datetime,
) -> AcceptedDifference:
    """This function will accept that Exact has an entry without an invoice here. Raises Changed."""
    if shown != facts:
        raise Changed
    with transaction.atomic():
        ExactConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        earlier = AcceptedDifference.objects.filter(
            connection=connection, entry_exact_id=entry_id, undone_at=None
        )
        earlier.update(undone_at=now, undone_by=None)
        connection_history.note(
            connection=connection,
            kind="difference_accepted",
            sentence=sentence(
                "That Exact has %(entry)s without an invoice here was accepted: %(reason)s",
                entry=name,
                reason=reason,
            ),
            user=user,
            now=now,
        )
        return AcceptedDifference.objects.create(
            connection=connection,
            entry_exact_id=entry_id,
            facts=facts,
            reason=reason,
            user=user,
            at=now,
        )


def take_back(taken: AcceptedDifference, *, user: User, now: datetime) -> bool:
    """This function will take an acceptance back; False when somebody has done so already."""
    rows = AcceptedDifference.objects.filter(pk=taken.pk, undone_at=None)
    if not rows.update(undone_at=now, undone_by=user):
        return False
    accepted.ask_anew(taken, now=now)
    if taken.invoice is not None:
        history.note(
            invoice=taken.invoice,
            kind="difference_asked_anew",
            sentence=sentence("The difference with Exact is not accepted any more."),
            user=user,
            now=now,
        )
    elif taken.connection is not None:
        connection_history.note(
            connection=taken.connection,
            kind="difference_asked_anew",
            sentence=sentence(
                "The difference with Exact is not accepted any more. It was: %(reason)s",
                reason=taken.reason,
            ),
            user=user,
            now=now,
        )
    return True
