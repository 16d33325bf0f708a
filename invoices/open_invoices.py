"""The invoices of a connection that are not in Exact yet, by what rules look at in their lines: one statement.

Half a period says nothing that Exact could use (`proposal.read_content`), so it is none here either.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection as database
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.mappings.open_lines import LineKind, OpenInvoices, Spread
from integrations.models import ExactConnection
from invoices.models import Invoice, PostedDocument, PostedDocumentState
from invoices.queries import CopyStanding

# As many as one bulk copy takes. A company that has just connected may have years of invoices that nobody will copy.
LIMIT = 10_000

_MAYBE_OPEN = (
    CopyStanding.NOT_COPIED,
    CopyStanding.IN_PROGRESS,
    CopyStanding.NEEDS_ATTENTION,
)

# Of a VAT number counts with which letters it begins and whether it is a number at all (`mappings.situations`).
_SQL = """
WITH open AS ({open}),
kinds AS (
    SELECT open.id, array_agg(DISTINCT jsonb_build_array(
        line.service_type_id,
        line.tax_rate_id,
        upper(trim(client.country)),
        left(regexp_replace(upper(client.vat_number), '[^A-Z0-9]', '', 'g'), 2)
            || CASE WHEN client.vat_number ~ '[0-9].*[0-9]' THEN '00' ELSE '' END,
        trim(line.item_code) <> '',
        trim(line.vat_code) <> '',
        CASE
            WHEN line.period_from_date IS NULL OR line.period_to_date IS NULL THEN '{none}'
            WHEN date_trunc('month', line.period_to_date) > date_trunc('month', open.invoice_date)
                THEN '{beyond}'
            ELSE '{within}'
        END,
        trim(line.cost_center) <> '',
        trim(line.cost_unit) <> '',
        coalesce(cost.cost_center, ''),
        coalesce(cost.cost_unit, '')
    )) AS kinds
    FROM open
    JOIN invoices_invoiceline AS line ON line.invoice_id = open.id
    JOIN invoices_client AS client ON client.id = open.client_id
    LEFT JOIN invoices_clientcost AS cost
        ON cost.client_id = open.client_id AND cost.connection_id = %s
    GROUP BY open.id
)
SELECT to_jsonb(kinds)::text, count(*) FROM kinds GROUP BY kinds
"""


def list_open(connection: ExactConnection) -> QuerySet[Invoice]:
    """This function will return the invoices of the connection's subsidiary that are not in Exact now, nor set aside."""
    documents = PostedDocument.objects.filter(
        invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT
    )
    # Most are told by the column alone. A wish that moves or waits for a person hides what stands in Exact; those are few.
    return Invoice.objects.filter(
        Q(copy_standing=CopyStanding.NOT_COPIED) | ~Exists(documents),
        copy_standing__in=_MAYBE_OPEN,
        subsidiary_id=connection.subsidiary_id,
    )


def read(connection: ExactConnection) -> OpenInvoices:
    """This function will read what the newest open invoices of the connection are made of, at most `LIMIT` of them."""
    rows = list_open(connection).order_by("-invoice_date", "-id")
    newest = rows.values("id", "client_id", "invoice_date")[:LIMIT]
    inner, parameters = newest.query.sql_with_params()
    # The inner statement is Django's own, with its parameters apart.
    statement = _SQL.format(
        open=inner, none=Spread.NONE.value, beyond=Spread.BEYOND.value, within=Spread.WITHIN.value
    )
    with database.cursor() as cursor:
        cursor.execute(statement, [*parameters, connection.pk])
        found = cursor.fetchall()
    groups = tuple(
        (frozenset(_kind(values) for values in json.loads(kinds)), count) for kinds, count in found
    )
    opened = OpenInvoices(groups)
    return OpenInvoices(groups, is_capped=opened.total >= LIMIT)


def _kind(values: list[Any]) -> LineKind:
    return LineKind(*values)
