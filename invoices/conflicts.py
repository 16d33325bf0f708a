"""Input that contradicts a stored invoice: kept beside it until a person chooses one of the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import Sentence, Words, sentence, together
from connector.tenancy.models import User
from integrations.psa.registry import CSV_FILE, label_of
from integrations.psa.source import BadInput, read_invoice
from integrations.psa.totals import complete
from invoices.intake_changes import list_changes
from invoices.intake_references import References
from invoices.intake_store import ChangedInvoice, link_credit_notes, store_changes
from invoices.models import (
    ImportRun,
    IntakeConflict,
    Invoice,
    InvoiceEvent,
    InvoiceLine,
)
from invoices.models.copying import ACTIVE_COPY_STATES, CopyRequest

USE_THEIRS = "use_theirs"
KEEP_OURS = "keep_ours"


# What to do while a copy is under way: a program sends it again, a person decides again.
SEND_AGAIN = gettext_lazy("Send the change again when it is done.")
_DECIDE_THEN = gettext_lazy("Decide when it is done.")


class ConflictRefused(Exception):
    """The choice cannot be carried out now; the message says why and what to do."""


def find_active_copies(
    invoice_ids: Sequence[int], what_to_do: Words = SEND_AGAIN
) -> dict[int, Sentence]:
    """This function will return, for each invoice with a copy under way, the sentences that say so and what to do."""
    requests = CopyRequest.objects.filter(
        invoice_id__in=invoice_ids, state__in=ACTIVE_COPY_STATES
    ).select_related("requested_by")
    return {
        request.invoice_id: together(
            sentence(
                "A copy to Exact is under way (asked for by %(name)s at %(time)s).",
                name=str(request.requested_by or sentence("someone")),
                time=time_format(timezone.localtime(request.requested_at), "TIME_FORMAT"),
            ),
            what_to_do,
        )
        for request in requests
    }


def raise_conflict(*, changed: ChangedInvoice, now: datetime, import_run: ImportRun | None) -> bool:
    """This function will keep the input beside the invoice for a person to decide.

    False when a person has already decided against exactly this content; raising the same conflict twice stores it once.
    """
    earlier = IntakeConflict.objects.filter(invoice=changed.row, content_hash=changed.content_hash)
    if earlier.filter(resolution="").exists():
        return True
    if earlier.filter(resolution=KEEP_OURS).exists():
        return False
    IntakeConflict.objects.create(
        invoice=changed.row,
        import_run=import_run,
        at=now,
        content_hash=changed.content_hash,
        incoming=changed.incoming.model_dump(mode="json", by_alias=True, exclude_unset=True),
        differences=[change.as_json() for change in changed.changes],
    )
    _note(
        changed.row,
        "conflict",
        sentence("A file holds other content for this invoice. Nothing was changed."),
        now=now,
        user=None,
    )
    return True


def keep_ours(*, conflict: IntakeConflict, user: User, now: datetime) -> None:
    """This function will close the conflict and leave the invoice as it is. Raises ConflictRefused when it is closed."""
    _close(conflict, KEEP_OURS, user=user, now=now)
    _note(
        conflict.invoice,
        "conflict_resolved",
        sentence("Kept our content; the file's is set aside."),
        now=now,
        user=user,
    )


def use_theirs(*, conflict: IntakeConflict, user: User, now: datetime) -> None:
    """This function will take the file's content over. Raises ConflictRefused when closed or while a copy is under way."""
    with transaction.atomic():
        _use_theirs(conflict, user, now)


def _use_theirs(conflict: IntakeConflict, user: User, now: datetime) -> None:
    row = Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=conflict.invoice_id)
    if refusal := find_active_copies([row.pk], _DECIDE_THEN).get(row.pk):
        raise ConflictRefused(refusal)
    _close(conflict, USE_THEIRS, user=user, now=now)
    try:
        incoming = read_invoice(conflict.incoming)
    except BadInput as problem:
        raise ConflictRefused(
            _("The file's content can no longer be read: %(problem)s") % {"problem": problem}
        ) from problem
    references = References(
        source=CSV_FILE.name, invoices=[incoming], subsidiary=row.subsidiary, by_name=True
    )
    problems = references.problems(incoming)
    incoming, more = complete(incoming, references.percentage_of)
    if problems or more:
        raise ConflictRefused(" ".join(problem.sentence for problem in [*problems, *more]))
    resolved = references.resolve(incoming)
    lines = list(InvoiceLine.objects.filter(invoice=row).select_related("service_type", "tax_rate"))
    only_given = row.source != CSV_FILE.name
    changes = list_changes(row, lines, incoming, resolved, only_given=only_given)
    references.accept(incoming, resolved)
    references.save()
    store_changes(
        invoices=[
            ChangedInvoice(
                row, lines, incoming, resolved, conflict.content_hash, changes, only_given
            )
        ],
        now=now,
        user=user,
        original=label_of(CSV_FILE.name),
    )
    link_credit_notes([row])


def _close(conflict: IntakeConflict, resolution: str, *, user: User, now: datetime) -> None:
    closed = IntakeConflict.objects.filter(pk=conflict.pk, resolution="").update(
        resolution=resolution, resolved_by=user, resolved_at=now
    )
    if not closed:
        raise ConflictRefused(_("Someone has already decided this conflict."))


def _note(invoice: Invoice, kind: str, said: str, *, now: datetime, user: User | None) -> None:
    InvoiceEvent.objects.create(invoice=invoice, at=now, user=user, kind=kind, sentence=said)
