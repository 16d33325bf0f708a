"""How far an invoice is paid, in words: for its history, its page and the dialogs. Nothing is read or stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from connector.sentences import Money, Value, Words, sentence, together
from invoices.models import HandPayment, Invoice, InvoiceKind, PaymentStatus

# Within a sentence: how nothing came to be open any more.
_SETTLED_HOW: Mapping[PaymentStatus, Words] = {
    PaymentStatus.OVERPAID: _("overpaid"),
    PaymentStatus.DISCOUNT_TAKEN: _("paid, discount taken"),
    PaymentStatus.CURRENCY_DIFFERENCE: _("paid, currency difference"),
    PaymentStatus.CREDITED: _("settled by credit note"),
    PaymentStatus.WRITTEN_OFF: _("written off"),
    PaymentStatus.SETTLED: _("settled in Exact"),
}


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """How far an invoice is paid. ``paid_amount`` is absolute and in the invoice's currency, also for a credit note.

    ``how`` tells what it is made of where that is more than payments: “118.58 EUR paid, 2.42 EUR discount taken”.
    ``removal`` tells why a payment is gone: “deleted in Exact”. Both are for sentences only and make no difference.
    """

    status: PaymentStatus
    paid_amount: Decimal
    paid_date: date | None
    how: str = field(default="", compare=False)
    removal: str = field(default="", compare=False)

    @classmethod
    def in_exact(cls, invoice: Invoice) -> PaymentFacts:
        """This function will return what Exact said when it was last read, whatever was marked by hand."""
        return cls(
            PaymentStatus(invoice.exact_payment_status),
            invoice.exact_paid_amount,
            invoice.exact_paid_date,
        )

    @classmethod
    def by_hand(cls, invoice: Invoice, mark: HandPayment) -> PaymentFacts:
        """This function will return what a mark makes of an invoice: paid in full, on the mark's day."""
        return cls(PaymentStatus.PAID, invoice.gross_amount, mark.paid_date)


def what_exact_shows(invoice: Invoice) -> str:
    """This function will say what goes behind “Exact shows”: “40.00 EUR of 121.00 EUR paid”, “nothing paid”."""
    return _shown(invoice, PaymentFacts.in_exact(invoice))


def word_for_paid(invoice: Invoice) -> str:
    """This function will return “paid”, or “settled” for a credit note."""
    is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
    return sentence("settled") if is_credit_note else sentence("paid")


def name_of(person: object | None) -> str:
    """This function will name who did something, also when they are gone."""
    return str(person) if person else sentence("Somebody who is no longer here")


def write_day(day: date) -> str:
    """This function will write a day as pages do: 3 Nov 2026."""
    return date_format(day, "DATE_FORMAT")


# --- What the history says ------------------------------------------------------------------------------------------


def say_change(invoice: Invoice, after: PaymentFacts) -> str:
    """This function will say what Exact's payments made of an invoice, which still holds what was known before."""
    before = PaymentFacts.in_exact(invoice)
    if after.status.is_settled:
        if _is_only_the_day(before, after):
            return _day_changed(after.paid_date)
        return _say_settled(invoice, after)
    total = Money(invoice.gross_amount, invoice.currency)
    earlier = Money(before.paid_amount, invoice.currency)
    if after.status == PaymentStatus.PARTLY_PAID:
        return _say_partly(invoice, after, earlier)
    if after.status == PaymentStatus.IN_COLLECTION:
        return sentence(
            "In collection: %(total)s is being collected by direct debit. It is not certain yet.",
            total=total,
        )
    if before.paid_amount:
        return sentence(
            "Open again: the payment of %(amount)s was %(removal)s.",
            amount=earlier,
            removal=after.removal or sentence("removed in Exact"),
        )
    return sentence("Open again: it is no longer in collection in Exact.")


def _say_settled(invoice: Invoice, after: PaymentFacts) -> str:
    values: dict[str, Value] = {
        "status": _settled(invoice, after),
        "paid": Money(after.paid_amount, invoice.currency),
    }
    day, how = after.paid_date, after.how
    if day is None and not how:
        return sentence("%(status)s: %(paid)s.", **values)
    if day is None:
        return sentence("%(status)s: %(paid)s (%(how)s).", how=how, **values)
    if not how:
        return sentence("%(status)s: %(paid)s on %(day)s.", day=day, **values)
    return sentence("%(status)s: %(paid)s on %(day)s (%(how)s).", day=day, how=how, **values)


def _say_partly(invoice: Invoice, after: PaymentFacts, earlier: Money) -> str:
    before = PaymentFacts.in_exact(invoice)
    values: dict[str, Value] = {
        "paid": Money(after.paid_amount, invoice.currency),
        "total": Money(invoice.gross_amount, invoice.currency),
    }
    if after.paid_amount < before.paid_amount:
        return sentence(
            "Partly paid: %(paid)s of %(total)s. Before it was %(earlier)s; a payment was %(removal)s.",
            earlier=earlier,
            removal=after.removal or sentence("changed or removed in Exact"),
            **values,
        )
    if after.how:
        return sentence("Partly paid: %(paid)s of %(total)s (%(how)s).", how=after.how, **values)
    return sentence("Partly paid: %(paid)s of %(total)s.", **values)


def say_change_under_mark(invoice: Invoice, after: PaymentFacts, mark: HandPayment) -> str:
    """This function will say what changed in Exact, and that the mark by hand counts all the same."""
    before = PaymentFacts.in_exact(invoice)
    name, marked_on = name_of(mark.user), _day_of(mark)
    if _is_only_the_day(before, after):
        return _day_changed_under_mark(after.paid_date, mark, name)
    shown = _shown(invoice, after)
    if after.status.is_settled:
        return sentence(
            "Exact now shows %(shown)s, as %(name)s had marked it on %(marked_on)s.",
            shown=shown,
            name=name,
            marked_on=marked_on,
        )
    return sentence(
        "Exact now shows %(shown)s; the %(noun)s stays %(word)s because %(name)s marked it so on %(marked_on)s.",
        shown=shown,
        noun=invoice.noun,
        word=word_for_paid(invoice),
        name=name,
        marked_on=marked_on,
    )


def say_marked(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a person marked the invoice."""
    values: dict[str, Value] = {
        "word": word_for_paid(invoice),
        "total": Money(invoice.gross_amount, invoice.currency),
        "day": mark.paid_date,
    }
    if invoice.payments_read_at is not None:
        said = sentence(
            "Marked as %(word)s by hand: %(total)s on %(day)s. Exact is not told and shows %(shown)s.",
            shown=what_exact_shows(invoice),
            **values,
        )
    else:
        said = sentence(
            "Marked as %(word)s by hand: %(total)s on %(day)s. Exact is not told.", **values
        )
    note = sentence("Note: %(note)s", note=mark.note) if mark.note else ""
    return together(said, note)


def say_undone(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a person took a mark back, and what counts from now on."""
    said = sentence(
        "Took back that %(name)s marked it as %(word)s by hand on %(marked_on)s.",
        name=name_of(mark.user),
        word=word_for_paid(invoice),
        marked_on=_day_of(mark),
    )
    if invoice.payments_read_at is None:
        return together(said, sentence("It is open again."))
    shown = what_exact_shows(invoice)
    return together(said, sentence("What Exact shows counts again: %(shown)s.", shown=shown))


def say_new_total(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a marked invoice got another total, all of which the mark calls paid."""
    return sentence(
        "The total is now %(total)s. All of it counts as %(word)s, because %(name)s marked it so on %(marked_on)s. "
        "Take the mark back if that is no longer right.",
        total=Money(invoice.gross_amount, invoice.currency),
        word=word_for_paid(invoice),
        name=name_of(mark.user),
        marked_on=_day_of(mark),
    )


def _day_changed(day: date | None) -> str:
    if day is None:
        return sentence("The payment date was changed in Exact.")
    return sentence("The payment date was changed in Exact to %(day)s.", day=day)


def _day_changed_under_mark(day: date | None, mark: HandPayment, name: str) -> str:
    values: dict[str, Value] = {"name": name, "marked_on": _day_of(mark), "counts": mark.paid_date}
    if day is None:
        return sentence(
            "The payment date was changed in Exact; %(counts)s still counts here, because %(name)s marked it so on "
            "%(marked_on)s.",
            **values,
        )
    return sentence(
        "The payment date was changed in Exact to %(day)s; %(counts)s still counts here, because %(name)s marked it so "
        "on %(marked_on)s.",
        day=day,
        **values,
    )


def _shown(invoice: Invoice, facts: PaymentFacts) -> str:
    word, day = word_for_paid(invoice), facts.paid_date
    total = Money(invoice.gross_amount, invoice.currency)
    paid = Money(facts.paid_amount, invoice.currency)
    if facts.status == PaymentStatus.PAID:
        if day is None:
            return sentence("%(paid)s %(word)s", paid=paid, word=word)
        return sentence("%(paid)s %(word)s on %(day)s", paid=paid, word=word, day=day)
    if facts.status.is_settled:
        how = _SETTLED_HOW[facts.status]
        if day is None:
            return sentence("%(paid)s settled (%(how)s)", paid=paid, how=how)
        return sentence("%(paid)s settled on %(day)s (%(how)s)", paid=paid, day=day, how=how)
    if facts.status == PaymentStatus.PARTLY_PAID:
        return sentence("%(paid)s of %(total)s %(word)s", paid=paid, total=total, word=word)
    if facts.status == PaymentStatus.IN_COLLECTION:
        return sentence("%(total)s in collection by direct debit", total=total)
    return sentence("nothing %(word)s", word=word)


def _is_only_the_day(before: PaymentFacts, after: PaymentFacts) -> bool:
    """Whether the invoice was paid and is, and only the day of the payment is another one."""
    was, is_now = (before.status, before.paid_amount), (after.status, after.paid_amount)
    return after.status.is_settled and was == is_now


def _settled(invoice: Invoice, facts: PaymentFacts) -> Words:
    if facts.status == PaymentStatus.PAID:
        is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
        return sentence("Settled") if is_credit_note else sentence("Paid")
    return facts.status.label


def _day_of(mark: HandPayment) -> date:
    return timezone.localdate(mark.at)
