"""What Exact has and nobody here knows: sales entries without an invoice here, from the mirrored payment terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from integrations.models import ExactConnection, ExactCustomer
from invoices.models import AcceptedDifference, PostedDocument
from invoices.models.invoice import money_field
from payments.drift.facts import hash_of
from payments.models import ReceivableTerm
from payments.shares import DOCUMENTS, SALES_CREDIT_NOTE

# Hashed in this order, as those of invoices are.
_FACTS = ("entry_exact_id", "gross", "currency", "account_exact_id", "your_ref")


def only_in_exact(connection: ExactConnection, first: date, last: date) -> QuerySet[Any]:
    """This function will return a term for each sales entry of the period that has no invoice here.

    Columns: `gross` (a credit note's is negative), `customer`, `facts` and `is_accepted` as of invoices. An entry is ours also
    when it belongs to an earlier or deleted copy, or when printing made it of an invoice of ours and its id is still to come.
    """
    terms = ReceivableTerm.objects.filter(
        connection=connection, deleted_at=None, transaction_type__in=DOCUMENTS
    )
    same = terms.filter(entry_exact_id=OuterRef("entry_exact_id")).order_by()
    ours = PostedDocument.objects.filter(
        Q(entry_exact_id=OuterRef("entry_exact_id"))
        | Q(exact_id=OuterRef("entry_exact_id"))
        | Q(
            entry_exact_id=None,
            invoice_number=OuterRef("invoice_number"),
            journal_code=OuterRef("journal_code"),
        ),
        connection=connection,
    )
    whole = same.values("entry_exact_id").annotate(total=Sum("amount")).values("total")
    name = ExactCustomer.objects.filter(
        connection=connection, exact_id=OuterRef("account_exact_id")
    ).values("name")
    rows: QuerySet[Any] = (
        terms.filter(invoice_date__range=(first, last), entry_exact_id__isnull=False)
        .filter(~Exists(same.filter(pk__lt=OuterRef("pk"))), ~Exists(ours.order_by()))
        .annotate(
            whole=Coalesce(F("document_amount"), Subquery(whole[:1]), output_field=money_field()),
            customer=Coalesce(Subquery(name[:1]), Value(""), output_field=CharField()),
        )
        .annotate(
            gross=Case(
                When(transaction_type=SALES_CREDIT_NOTE, then=-F("whole")),
                default=F("whole"),
                output_field=money_field(),
            )
        )
    )
    accepted = AcceptedDifference.objects.filter(
        connection=connection,
        entry_exact_id=OuterRef("entry_exact_id"),
        facts=OuterRef("facts"),
        undone_at=None,
    )
    found: QuerySet[Any] = rows.annotate(facts=hash_of(_FACTS)).annotate(
        is_accepted=Exists(accepted.order_by())
    )
    return found
