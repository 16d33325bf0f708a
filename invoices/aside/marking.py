"""Sets invoices aside and takes that back, one or many with the same few statements. Nothing here calls or changes Exact.

Before: an invoice that Exact does not have through us and that is not on its way. After: every way to Exact refuses it
(`copy_refusals.why_set_aside`), lists and totals count it as not synced, and its history says who wanted that and why. It ends
when a person takes it back, or when the invoice turns out to be in Exact after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from connector.tenancy.models import User
from invoices import history
from invoices.locking import in_portions
from invoices.models import (
    BreakKind,
    CopyRequest,
    CopyState,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    SetAside,
)
from invoices.models.copying import ACTIVE_COPY_STATES

_NOT_ASIDE: dict[str, Any] = {
    "set_aside": "",
    "set_aside_reason": "",
    "set_aside_at": None,
    "set_aside_by": None,
}


@dataclass
class Marked:
    """How many invoices were changed, and why the others were not, by invoice."""

    count: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def set_aside(
    *, invoice_ids: Iterable[int], what: SetAside, reason: str, user: User, now: datetime
) -> Marked:
    """This function will set each of these invoices aside that can be, in the organization's transaction.

    What of their copies was refused before is given up. Whoever takes one back finds it as any other not copied yet.
    """
    marked = Marked()
    for rows in _locked(invoice_ids):
        refusals = _find_refusals(rows)
        marked.refused |= refusals
        chosen = [row for row in rows if row.pk not in refusals]
        ids = [row.pk for row in chosen]
        _answer_what_was_open(ids, now)
        Invoice.objects.filter(pk__in=ids).update(
            set_aside=what, set_aside_reason=reason, set_aside_at=now, set_aside_by=user
        )
        sentence = _sentence(what) % {"reason": reason}
        _tell(chosen, "set_aside", sentence, user, now, {"what": what.value, "reason": reason})
        marked.count += len(chosen)
    return marked


def take_back(*, invoice_ids: Iterable[int], user: User, now: datetime) -> Marked:
    """This function will end that these invoices are set aside, where they are, in the organization's transaction."""
    marked = Marked()
    for rows in _locked(invoice_ids):
        chosen = [row for row in rows if row.set_aside]
        marked.refused |= {
            row.pk: _("This invoice is not set aside.") for row in rows if not row.set_aside
        }
        Invoice.objects.filter(pk__in=[row.pk for row in chosen]).update(**_NOT_ASIDE)
        sentence = _("No longer set aside: the invoice can be copied to Exact again.")
        _tell(chosen, "set_aside_undone", sentence, user, now, {})
        marked.count += len(chosen)
    return marked


def end_by_exact(invoice: Invoice, *, now: datetime) -> None:
    """This function will end that an invoice is set aside because Exact turns out to have it through us."""
    rows = Invoice.objects.filter(pk=invoice.pk).exclude(set_aside="")
    if not rows.update(**_NOT_ASIDE):
        return
    for column, value in _NOT_ASIDE.items():
        setattr(invoice, column, value)
    sentence = _("No longer set aside: Exact has the invoice through this connection.")
    history.note(invoice=invoice, kind="set_aside_ended", sentence=sentence, now=now)


def find_refusal(invoice: Invoice) -> str:
    """This function will say why an invoice can not be set aside now; empty when it can."""
    return _find_refusals([invoice]).get(invoice.pk, "")


def _locked(invoice_ids: Iterable[int]) -> Iterator[list[Invoice]]:
    """The invoices in portions, in one order, so that two selections never wait for each other."""
    for ids in in_portions(invoice_ids):
        rows = Invoice.objects.select_for_update(no_key=True)
        yield list(rows.filter(pk__in=ids).order_by("pk"))


def _find_refusals(rows: Sequence[Invoice]) -> dict[int, str]:
    ids = [row.pk for row in rows]
    refusals = {row.pk: _("It is set aside already.") for row in rows if row.set_aside}
    in_exact = PostedDocument.objects.filter(invoice_id__in=ids).exclude(
        state=PostedDocumentState.DELETED_IN_EXACT
    )
    word = _("It is in Exact through this connector, so there is nothing to set aside.")
    refusals |= dict.fromkeys(in_exact.values_list("invoice_id", flat=True), word)
    active = CopyRequest.objects.filter(invoice_id__in=ids, state__in=ACTIVE_COPY_STATES)
    word = _("A copy of this invoice is under way. Cancel it first, or wait until it is done.")
    return refusals | dict.fromkeys(active.values_list("invoice_id", flat=True), word)


def _answer_what_was_open(ids: Sequence[int], now: datetime) -> None:
    """What asked a person to choose is answered by this: a refused copy, and a document that is gone from Exact."""
    CopyRequest.objects.filter(
        invoice_id__in=ids, state__in=(CopyState.NEEDS_CHOICE, CopyState.CONFLICT)
    ).update(state=CopyState.CANCELLED, state_changed_at=now, next_at=None)
    ReconciliationBreak.objects.filter(
        invoice_id__in=ids, kind=BreakKind.MISSING, closed_at=None
    ).update(closed_at=now)


def _sentence(what: SetAside) -> str:
    if what == SetAside.ELSEWHERE:
        return _("Marked as copied elsewhere; it is not synced with Exact. Reason: %(reason)s")
    return _("Ignored: it does not go to Exact. Reason: %(reason)s")


def _tell(
    rows: Sequence[Invoice],
    kind: str,
    sentence: str,
    user: User,
    now: datetime,
    details: dict[str, Any],
) -> None:
    InvoiceEvent.objects.bulk_create(
        history.event(
            invoice=row, kind=kind, sentence=sentence, now=now, user=user, details=details
        )
        for row in rows
    )
