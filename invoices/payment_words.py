"""How far an invoice is paid, in words: for its history, its page and the dialogs. Nothing is read or stored here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils import timezone

from connector.money import format_money
from invoices.models import HandPayment, Invoice, InvoiceKind, PaymentStatus


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
    return "settled" if invoice.kind == InvoiceKind.CREDIT_NOTE else "paid"


def name_of(person: object | None) -> str:
    """This function will name who did something, also when they are gone."""
    return str(person) if person else "Somebody who is no longer here"


def write_day(day: date) -> str:
    """This function will write a day as pages do: 3 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


# --- What the history says ------------------------------------------------------------------------------------------


def say_change(invoice: Invoice, after: PaymentFacts) -> str:
    """This function will say what Exact's payments made of an invoice, which still holds what was known before."""
    before = PaymentFacts.in_exact(invoice)
    paid = format_money(after.paid_amount, invoice.currency)
    earlier = format_money(before.paid_amount, invoice.currency)
    total = format_money(invoice.gross_amount, invoice.currency)
    if after.status.is_settled:
        if _is_only_the_day(before, after):
            return f"The payment date was changed in Exact{_on(after.paid_date, word='to')}."
        return f"{_settled(invoice, after)}: {paid}{_on(after.paid_date)}{_how(after)}."
    if after.status == PaymentStatus.PARTLY_PAID:
        if after.paid_amount < before.paid_amount:
            return f"Partly paid: {paid} of {total}. Before it was {earlier}; a payment was {after.removal or 'changed or removed in Exact'}."
        return f"Partly paid: {paid} of {total}{_how(after)}."
    if after.status == PaymentStatus.IN_COLLECTION:
        return f"In collection: {total} is being collected by direct debit. It is not certain yet."
    if before.paid_amount:
        return f"Open again: the payment of {earlier} was {after.removal or 'removed in Exact'}."
    return "Open again: it is no longer in collection in Exact."


def say_change_under_mark(invoice: Invoice, after: PaymentFacts, mark: HandPayment) -> str:
    """This function will say what changed in Exact, and that the mark by hand counts all the same."""
    before = PaymentFacts.in_exact(invoice)
    word = word_for_paid(invoice)
    marked = f"{name_of(mark.user)} marked it so on {write_day(_day_of(mark))}"
    if _is_only_the_day(before, after):
        changed = f"The payment date was changed in Exact{_on(after.paid_date, word='to')}"
        return f"{changed}; {write_day(mark.paid_date)} still counts here, because {marked}."
    shown = _shown(invoice, after)
    if after.status.is_settled:
        return f"Exact now shows {shown}, as {name_of(mark.user)} had marked it on {write_day(_day_of(mark))}."
    return f"Exact now shows {shown}; the {_noun(invoice)} stays {word} because {marked}."


def say_marked(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a person marked the invoice."""
    total = format_money(invoice.gross_amount, invoice.currency)
    sentence = f"Marked as {word_for_paid(invoice)} by hand: {total} on {write_day(mark.paid_date)}. Exact is not told"
    if invoice.payments_read_at is not None:
        sentence += f" and shows {what_exact_shows(invoice)}"
    return f"{sentence}. Note: {mark.note}" if mark.note else f"{sentence}."


def say_undone(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a person took a mark back, and what counts from now on."""
    sentence = (
        f"Took back that {name_of(mark.user)} marked it as {word_for_paid(invoice)} by hand "
        f"on {write_day(_day_of(mark))}."
    )
    if invoice.payments_read_at is None:
        return f"{sentence} It is open again."
    return f"{sentence} What Exact shows counts again: {what_exact_shows(invoice)}."


def say_new_total(invoice: Invoice, mark: HandPayment) -> str:
    """This function will say that a marked invoice got another total, all of which the mark calls paid."""
    total = format_money(invoice.gross_amount, invoice.currency)
    return (
        f"The total is now {total}. All of it counts as {word_for_paid(invoice)}, because {name_of(mark.user)} "
        f"marked it so on {write_day(_day_of(mark))}. Take the mark back if that is no longer right."
    )


def _shown(invoice: Invoice, facts: PaymentFacts) -> str:
    total = format_money(invoice.gross_amount, invoice.currency)
    paid = format_money(facts.paid_amount, invoice.currency)
    if facts.status == PaymentStatus.PAID:
        return f"{paid} {word_for_paid(invoice)}{_on(facts.paid_date)}"
    if facts.status.is_settled:
        return f"{paid} settled{_on(facts.paid_date)} ({facts.status.label.lower()})"
    if facts.status == PaymentStatus.PARTLY_PAID:
        return f"{paid} of {total} {word_for_paid(invoice)}"
    if facts.status == PaymentStatus.IN_COLLECTION:
        return f"{total} in collection by direct debit"
    return f"nothing {word_for_paid(invoice)}"


def _is_only_the_day(before: PaymentFacts, after: PaymentFacts) -> bool:
    """Whether the invoice was paid and is, and only the day of the payment is another one."""
    was, is_now = (before.status, before.paid_amount), (after.status, after.paid_amount)
    return after.status.is_settled and was == is_now


def _settled(invoice: Invoice, facts: PaymentFacts) -> str:
    if facts.status == PaymentStatus.PAID:
        return word_for_paid(invoice).capitalize()
    return str(facts.status.label)


def _how(facts: PaymentFacts) -> str:
    return f" ({facts.how})" if facts.how else ""


def _noun(invoice: Invoice) -> str:
    return invoice.get_kind_display().lower()


def _day_of(mark: HandPayment) -> date:
    return timezone.localdate(mark.at)


def _on(day: date | None, *, word: str = "on") -> str:
    return f" {word} {write_day(day)}" if day else ""
