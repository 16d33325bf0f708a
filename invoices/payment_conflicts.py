"""Where Exact says something else of a payment than a person or the PSA does: both facts, and a person's choice.

Before: a mark by hand (`paid_by_hand`), or the PSA's own day of payment, and what was read of Exact. After: the mark is taken
back, the invoice is marked, or a person lets both stand, which holds until one of the two facts is another.
The other way round nothing contradicts: without a mark what Exact says is what counts here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy.models import User
from invoices import history, paid_by_hand
from invoices.models import (
    SETTLED_STATUSES,
    HandPayment,
    Invoice,
    PaymentDecision,
    PaymentStatus,
)
from invoices.paid_by_hand import NothingToDo
from invoices.payment_standing import living_documents
from invoices.payment_words import what_exact_shows, word_for_paid

# A mark says that money came: in Exact nothing is open then, and not for another reason.
_AGREES_WITH_A_MARK = SETTLED_STATUSES - {PaymentStatus.CREDITED, PaymentStatus.WRITTEN_OFF}


class Word(Enum):
    """Who says that it is paid, although Exact does not."""

    BY_HAND = "by_hand"
    PSA = "psa"


class LookAgain(Exception):
    """What a person decided about is no longer so; the message says it."""


@dataclass(frozen=True, slots=True)
class PaymentConflict:
    """Two facts that contradict each other. ``decision`` is a person's, while it holds."""

    word: Word
    mark: HandPayment | None
    decision: PaymentDecision | None
    exact_status: str
    exact_paid_amount: Decimal

    @property
    def token(self) -> str:
        """What Exact said when the page was made: a click decides about that and nothing else."""
        return f"{self.exact_status}:{self.exact_paid_amount:f}"


def find_conflict(invoice: Invoice, mark: HandPayment | None) -> PaymentConflict | None:
    """This function will return what contradicts Exact, given the mark by hand that counts; None when nothing does."""
    if invoice.payments_read_at is None:
        return None
    if mark is None and invoice.psa_paid_date is None:
        return None
    agreeing = _AGREES_WITH_A_MARK if mark else SETTLED_STATUSES
    if invoice.exact_payment_status in agreeing or not _is_in_exact(invoice):
        return None
    decisions = PaymentDecision.objects.filter(
        invoice=invoice,
        hand_payment=mark,
        psa_paid_date=None if mark else invoice.psa_paid_date,
        exact_status=invoice.exact_payment_status,
        exact_paid_amount=invoice.exact_paid_amount,
    )
    return PaymentConflict(
        Word.BY_HAND if mark else Word.PSA,
        mark,
        decisions.select_related("user").first(),
        invoice.exact_payment_status,
        invoice.exact_paid_amount,
    )


def let_stand(*, invoice: Invoice, token: str, user: User, now: datetime) -> None:
    """This function will note that a person looked at both facts and lets them stand, in the open transaction.

    ``token`` is the conflict's that the person saw. Raises NothingToDo when both agree by now or somebody decided already,
    and LookAgain when Exact says something else since.
    """
    row = Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
    conflict = find_conflict(row, paid_by_hand.find_mark(row))
    if conflict is None:
        raise NothingToDo(_("Exact agrees by now. There is nothing to decide."))
    if conflict.token != token:
        raise LookAgain(
            _("Exact has changed since: it now shows %(shown)s. Look at it again.")
            % {"shown": what_exact_shows(row)}
        )
    if conflict.decision is not None:
        raise NothingToDo(_("Somebody decided this already. Nothing was changed."))
    PaymentDecision.objects.create(
        organization_id=row.organization_id,
        invoice=row,
        hand_payment=conflict.mark,
        psa_paid_date=None if conflict.mark else row.psa_paid_date,
        exact_status=conflict.exact_status,
        exact_paid_amount=conflict.exact_paid_amount,
        at=now,
        user=user,
    )
    history.note(
        invoice=row,
        kind="payment_conflict_decided",
        sentence=_say(row, conflict),
        now=now,
        user=user,
        details={"word": conflict.word.value, "exact": conflict.token},
    )


def _say(invoice: Invoice, conflict: PaymentConflict) -> str:
    shown = what_exact_shows(invoice)
    if conflict.mark is not None:
        return sentence(
            "Looked at it: it stays %(word)s by hand, although Exact shows %(shown)s.",
            word=word_for_paid(invoice),
            shown=shown,
        )
    if invoice.psa_paid_date:
        return sentence(
            "Looked at it: what Exact shows counts (%(shown)s), although the PSA says paid on %(day)s.",
            shown=shown,
            day=invoice.psa_paid_date,
        )
    return sentence(
        "Looked at it: what Exact shows counts (%(shown)s), although the PSA says paid.",
        shown=shown,
    )


def _is_in_exact(invoice: Invoice) -> bool:
    return living_documents(invoice).exists()
