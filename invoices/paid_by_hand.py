"""Marking an invoice paid by hand, and taking that back: a person's word beside what Exact says (D-12).

Before: a person decides on the invoice's page. After: `payment_status` has derived what counts, and the history says who
did it. Nothing here is ever sent to Exact, and nothing that is read from Exact removes a mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from connector.tenancy.models import User
from invoices import history, payment_status, payment_words
from invoices.models import HandPayment, Invoice, InvoiceState, PaymentStatus
from invoices.payment_words import name_of, word_for_paid, write_day


class NothingToDo(Exception):
    """The invoice is already as the person wants it; the message says since when and by whom."""


class MarkRefused(Exception):
    """The invoice cannot be marked; the message says why and what to do."""


# --- Reading --------------------------------------------------------------------------------------------------------


def find_marks(invoice_ids: Iterable[int]) -> dict[int, HandPayment]:
    """This function will return the marks that count, by their invoice, with one query."""
    marks = HandPayment.objects.filter(invoice__in=list(invoice_ids), undone_at=None)
    return {mark.invoice_id: mark for mark in marks.select_related("user")}


def find_mark(invoice: Invoice) -> HandPayment | None:
    """This function will return the mark that counts; None when the invoice is not marked by hand."""
    return find_marks([invoice.pk]).get(invoice.pk)


def find_obstacle(invoice: Invoice) -> str:
    """This function will say why an invoice without a mark cannot be marked; empty when it can."""
    word = word_for_paid(invoice)
    if invoice.state == InvoiceState.DRAFT:
        return _(
            "A draft cannot be marked as %(word)s: it can still change. "
            "Copy it to Exact or finalize it in the PSA first."
        ) % {"word": word}
    if PaymentStatus(invoice.exact_payment_status).is_settled:
        shown = payment_words.what_exact_shows(invoice)
        return _("Exact already shows %(shown)s, so there is nothing to mark.") % {"shown": shown}
    return ""


def check_mark(invoice: Invoice) -> None:
    """This function will raise NothingToDo when somebody has marked the invoice, and MarkRefused when nobody can."""
    mark = find_mark(invoice)
    if mark is not None:
        raise NothingToDo(_say_marked_already(invoice, mark))
    obstacle = find_obstacle(invoice)
    if obstacle:
        raise MarkRefused(obstacle)


def check_undo(mark: HandPayment) -> None:
    """This function will raise NothingToDo when somebody has taken the mark back."""
    if mark.undone_at is not None:
        words = (
            _("%(name)s already took it back at %(time)s. Nothing was changed.")
            if _is_today(mark.undone_at)
            else _("%(name)s already took it back on %(day)s. Nothing was changed.")
        )
        raise NothingToDo(words % {"name": name_of(mark.undone_by), **_moment(mark.undone_at)})


def first_day(invoice: Invoice, *, today: date) -> date:
    """This function will return the earliest day that can be chosen: the invoice's own, and today for one dated ahead."""
    return min(invoice.invoice_date, today)


def find_date_problem(invoice: Invoice, day: date, *, today: date) -> str:
    """This function will say what is wrong with a day as the day of payment; empty when nothing is."""
    if day > today:
        return _("This day is in the future. Choose the day on which it was %(word)s.") % {
            "word": word_for_paid(invoice)
        }
    if day < first_day(invoice, today=today):
        return _("The %(noun)s is of %(day)s. Choose that day or a later one.") % {
            "noun": invoice.noun,
            "day": write_day(invoice.invoice_date),
        }
    return ""


# --- Doing ----------------------------------------------------------------------------------------------------------


def mark_paid(
    *, invoice: Invoice, paid_date: date, note: str, user: User, now: datetime
) -> HandPayment:
    """This function will mark the invoice paid in full on ``paid_date``, in the open transaction.

    Raises NothingToDo when somebody has marked it already, and MarkRefused when it cannot be marked.
    """
    row = _lock(invoice)
    check_mark(row)
    problem = find_date_problem(row, paid_date, today=timezone.localdate(now))
    if problem:
        raise MarkRefused(problem)
    mark = HandPayment.objects.create(
        organization_id=row.organization_id,
        invoice=row,
        paid_date=paid_date,
        note=note,
        at=now,
        user=user,
    )
    payment_status.recount(invoice=row, mark=mark, now=now)
    history.note(
        invoice=row,
        kind="paid_by_hand",
        sentence=payment_words.say_marked(row, mark),
        now=now,
        user=user,
        details={"paid_date": paid_date.isoformat(), "note": note},
    )
    return mark


def undo(*, mark: HandPayment, user: User, now: datetime) -> None:
    """This function will take a mark back, so that what Exact says counts again; the mark itself is kept.

    Raises NothingToDo when somebody has taken it back already.
    """
    row = _lock(mark.invoice)
    mark = HandPayment.objects.select_related("user", "undone_by").get(pk=mark.pk)
    check_undo(mark)
    mark.undone_at, mark.undone_by = now, user
    mark.save(update_fields=["undone_at", "undone_by"])
    payment_status.recount(invoice=row, mark=None, now=now)
    history.note(
        invoice=row,
        kind="paid_by_hand_undone",
        sentence=payment_words.say_undone(row, mark),
        now=now,
        user=user,
        details={"paid_date": mark.paid_date.isoformat(), "status": row.payment_status},
    )


def follow_totals(invoices: Iterable[Invoice], *, now: datetime) -> None:
    """This function will have the marks of invoices whose total changed cover the new total, and say so."""
    by_id = {invoice.pk: invoice for invoice in invoices}
    for invoice_id, mark in find_marks(by_id).items():
        invoice = by_id[invoice_id]
        payment_status.recount(invoice=invoice, mark=mark, now=now)
        history.note(
            invoice=invoice,
            kind="paid_by_hand_total_changed",
            sentence=payment_words.say_new_total(invoice, mark),
            now=now,
        )


def _lock(invoice: Invoice) -> Invoice:
    """One at a time: other people's clicks, the payments run and new input wait for each other on the invoice's row."""
    return Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)


def _say_marked_already(invoice: Invoice, mark: HandPayment) -> str:
    words = (
        _(
            "%(name)s already marked it as %(word)s at %(time)s, with %(paid_on)s as the day. Nothing was changed."
        )
        if _is_today(mark.at)
        else _(
            "%(name)s already marked it as %(word)s on %(day)s, with %(paid_on)s as the day. Nothing was changed."
        )
    )
    return words % {
        "name": name_of(mark.user),
        "word": word_for_paid(invoice),
        "paid_on": write_day(mark.paid_date),
        **_moment(mark.at),
    }


def _is_today(at: datetime) -> bool:
    return timezone.localdate(at) == timezone.localdate()


def _moment(at: datetime) -> dict[str, str]:
    local = timezone.localtime(at)
    return {"time": time_format(local, "TIME_FORMAT"), "day": write_day(local)}
