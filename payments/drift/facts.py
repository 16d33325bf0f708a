"""Each invoice of a period beside what Exact has of it, as columns of one query, so that a million invoices are asked at once.

An invoice's newest copy is the current one; what became of the others shows as `is_twice` or `is_deleted`. `facts` is the
hash of all that was compared: a difference that somebody accepted stays accepted as long as it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import MD5, Cast, Coalesce, Concat

from integrations.models import ExactConnection
from invoices.models import (
    AcceptedDifference,
    BreakKind,
    CopyRequest,
    Invoice,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.models.invoice import money_field
from invoices.payment_standing import in_books
from payments.drift.kinds import FLAG, OF_INVOICES, Drift, Standing

# In the order in which a row's facts are hashed: another order would ask anew about everything that was accepted.
_FACTS = (
    *("kind", "number", "currency", "our_gross", "our_vat", "is_deleted"),
    *("current__exact_id", "current__seen_gross_amount", "current__seen_vat_amount"),
    *("current__seen_currency", "current__seen_customer_exact_id", "current__seen_number"),
    *("current__seen_edits", "earlier_gross", "stray_count"),
)


class _SentCustomer(Func):
    """The customer that a copy was sent for; of one that was only linked there is none."""

    template = "(%(expressions)s #>> '{draft,customer_id}')"
    output_field = CharField()


def hash_of(columns: Sequence[str]) -> MD5:
    """This function will return the hash of what the columns say together, in this order."""
    texts: list[Any] = []
    for column in columns:
        texts += [Value("|"), Cast(F(column), TextField())]
    # A separator stands between two, so not before the first.
    return MD5(Concat(*texts[1:], output_field=TextField()))


def compare(connection: ExactConnection, first: date, last: date) -> QuerySet[Any]:
    """This function will return the invoices dated from the first to the last day that belong to the connection, compared.

    Those are the invoices that it copied or linked and, of its subsidiary, those that no connection did. Columns: `current__*`
    (the copy), `our_gross`, `our_vat`, `current_gross` and `earlier_gross` (what Exact has of the copy and of earlier ones),
    `exact_currency`, `is_*` for each `Drift`, `standing` (empty for a difference), `facts`, `is_accepted`.
    """
    documents = PostedDocument.objects.filter(invoice=OuterRef("pk")).order_by()
    gone = documents.filter(state=PostedDocumentState.DELETED_IN_EXACT)
    rows: QuerySet[Any] = Invoice.objects.filter(invoice_date__range=(first, last)).annotate(
        current=FilteredRelation(
            "posted_documents", condition=Q(posted_documents__state=PostedDocumentState.CURRENT)
        )
    )
    rows = rows.filter(
        Q(current__connection=connection)
        | Q(current=None, subsidiary=connection.subsidiary_id)
        & ~Exists(documents.exclude(connection=connection))
    )
    return _with_standing(_with_flags(_with_sides(rows, gone)))


def _with_sides(rows: QuerySet[Any], gone: QuerySet[Any]) -> QuerySet[Any]:
    """What both sides say, as the books have it. What was not read back counts as Exact answered when it was made."""
    earlier = (
        PostedDocument.objects.filter(invoice=OuterRef("pk"), state=PostedDocumentState.SUPERSEDED)
        .order_by()
        .values("invoice")
        .annotate(total=Sum(Coalesce("seen_gross_amount", "gross_amount")))
        .values("total")
    )
    strays = (
        ReconciliationBreak.objects.filter(
            # Also what is accepted: that closed it, and did not take it out of Exact.
            Q(closed_at=None) | Q(accepted__undone_at=None, accepted__isnull=False),
            invoice=OuterRef("pk"),
            kind__in=(BreakKind.TWICE, BreakKind.STRAY),
        )
        .order_by()
        .values("invoice")
        .annotate(count=Cast(Sum(Value(1)), CharField()))
        .values("count")
    )
    on_its_way = CopyRequest.objects.filter(invoice=OuterRef("pk"), state__in=ACTIVE_COPY_STATES)
    sides: QuerySet[Any] = rows.annotate(
        our_gross=in_books(F("gross_amount")),
        our_vat=in_books(F("vat_amount")),
        earlier_gross=Subquery(earlier, output_field=money_field()),
        stray_count=Subquery(strays),
        is_on_its_way=Exists(on_its_way.order_by()),
        was_deleted=Exists(gone),
        sent_customer=Coalesce(
            Cast(_SentCustomer(F("current__payload")), UUIDField()),
            F("current__customer_exact_id"),
        ),
    ).annotate(
        current_gross=Coalesce(
            F("current__seen_gross_amount"),
            F("current__gross_amount"),
            Value(0),
            output_field=money_field(),
        ),
        exact_currency=Case(
            When(current__seen_at__isnull=False, then=F("current__seen_currency")),
            default=F("currency"),
            output_field=CharField(),
        ),
    )
    return sides


def _with_flags(rows: QuerySet[Any]) -> QuerySet[Any]:
    read = Q(current__seen_at__isnull=False)
    numbers = ~Q(number="") & ~Q(current__seen_number="")
    same_number = Q(current__seen_number=F("number")) | Q(current__seen_number=F("psa_number"))
    # What a person has set aside is not expected in Exact, and what is under way not yet.
    missing = Q(current=None, is_on_its_way=False, set_aside="")
    conditions = {
        Drift.AMOUNT: read
        & (
            ~Q(current__seen_gross_amount=F("our_gross")) | ~Q(current__seen_currency=F("currency"))
        ),
        Drift.VAT: read
        & Q(current__seen_vat_amount__isnull=False)
        & ~Q(current__seen_vat_amount=F("our_vat")),
        Drift.CUSTOMER: read & ~Q(current__seen_customer_exact_id=F("sent_customer")),
        Drift.NUMBER: read & numbers & ~same_number,
        Drift.EDITED: read & ~Q(current__seen_edits=""),
        Drift.TWICE: Q(earlier_gross__isnull=False) | Q(stray_count__isnull=False),
        Drift.DELETED: missing & Q(was_deleted=True),
        Drift.NOT_COPIED: missing & Q(was_deleted=False),
    }
    flags = {f"{FLAG}{drift.value}": _is(conditions[drift]) for drift in OF_INVOICES}
    flagged: QuerySet[Any] = rows.annotate(**flags)
    return flagged


def _is(condition: Q) -> Any:
    """A comparison with nothing is no difference, so that every flag is true or false."""
    return Coalesce(
        ExpressionWrapper(condition, output_field=BooleanField()),
        Value(False),
        output_field=BooleanField(),
    )


def _with_standing(rows: QuerySet[Any]) -> QuerySet[Any]:
    differs = Q()
    for drift in OF_INVOICES:
        differs |= Q(**{f"{FLAG}{drift.value}": True})
    accepted = AcceptedDifference.objects.filter(
        invoice=OuterRef("pk"), facts=OuterRef("facts"), undone_at=None
    )
    found: QuerySet[Any] = (
        rows.annotate(facts=hash_of(_FACTS))
        .annotate(is_accepted=Exists(accepted.order_by()))
        .annotate(
            standing=Case(
                When(differs & Q(is_accepted=True), then=Value(Standing.ACCEPTED)),
                When(differs, then=Value("")),
                When(is_on_its_way=True, then=Value(Standing.ON_ITS_WAY)),
                When(current=None, then=Value(Standing.SET_ASIDE)),
                When(current__seen_at__isnull=True, then=Value(Standing.NOT_READ)),
                default=Value(Standing.EQUAL),
                output_field=CharField(),
            )
        )
    )
    return found
