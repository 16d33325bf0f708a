"""A large organization among many small ones: invoices, their copies and documents, made by PostgreSQL itself.

`make` does it without triggers and writes where invoices stand itself; a sample of it is compared with the product's own rule.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from tests import factories

CLIENTS, OTHERS, OF_ANOTHER = 20_000, 2_000, 20
_CHUNK = 25_000
# Of 1,000 invoices 850 were copied (and most paid), 2 wait, 3 need a choice; the rest was never asked for.

_CLIENTS = """
INSERT INTO invoices_client (organization_id, source, source_id, name, vat_number, coc_number, code, email, phone, website,
  address_line1, address_line2, postcode, city, country)
SELECT %(organization)s, 'rest_push', 'c' || n, 'Client ' || (n * 7919 %% 99991) || ' B.V.', '', '', '', '', '', '',
  '', '', '', '', 'NL' FROM generate_series(1, %(clients)s) n
"""

_REQUESTS = """
INSERT INTO invoices_copyrequest (organization_id, invoice_id, connection_id, connection_generation, route, kind, generation,
  marker, requested_at, choices, journal_code, your_ref, payload_hash, state, state_changed_at, fence, attempt_count,
  unfinished_steps, absent_lookups, problem_code, problem_sentence, problem_remedy, problem_raw, problem_causes, progress)
SELECT %(organization)s, %(first)s + n, %(connection)s, 0, 'booking', 'create', 1, 'm' || n, now(), '{}', '70', '', '',
  CASE WHEN n %% 1000 < 850 THEN 'copied' WHEN n %% 1000 < 852 THEN 'queued' ELSE 'needs_choice' END,
  now(), 0, 0, 0, 0, '', '', '', '', '[]', ''
FROM generate_series(%(begin)s, %(end)s) n WHERE n %% 1000 < 855
"""

_DOCUMENTS = """
INSERT INTO invoices_posteddocument (organization_id, invoice_id, connection_id, copy_request_id, route, exact_id, entry_exact_id,
  entry_number, journal_code, customer_exact_id, your_ref, currency, gross_amount, vat_amount, content_hash, payload, payload_hash,
  sequence, delivery, delivery_results, seen_currency, seen_number, seen_edits, state, created_at, updated_at)
SELECT r.organization_id, r.invoice_id, r.connection_id, r.id, 'booking', gen_random_uuid(), gen_random_uuid(),
  (r.invoice_id - %(first)s)::int, '70', gen_random_uuid(), '', 'EUR', 121, 21, '', '{}', '', 1,
  CASE WHEN (r.invoice_id - %(first)s) %% 997 = 0 THEN 'sent' ELSE '' END, '[]', '', '', '', 'current', now(), now()
FROM invoices_copyrequest r
WHERE r.invoice_id BETWEEN %(first)s + %(begin)s AND %(first)s + %(end)s AND r.state = 'copied'
"""

_INVOICES = """
INSERT INTO invoices_invoice (id, organization_id, source, source_id, subsidiary_id, client_id, kind, state, number, psa_number,
  subject, reference, note, invoice_date, due_date, currency, net_amount, vat_amount, gross_amount, original_number,
  original_source_id, source_url, content_hash, payment_status, paid_amount, exact_payment_status, exact_paid_amount,
  payments_read_at, set_aside, set_aside_reason, copy_standing, payment_standing, sync_standing, needs_look, created_at)
SELECT %(first)s + n, %(organization)s, 'rest_push', 'i' || n, %(subsidiary)s, %(client)s + n * 31 %% %(clients)s + 1,
  CASE WHEN n %% 50 = 0 THEN 'credit_note' ELSE 'invoice' END, CASE WHEN n %% 400 = 399 THEN 'draft' ELSE 'finalized' END,
  (27000000 + n)::text, '', 'Work of week ' || n %% 52, '', '',
  date '2016-01-01' + (n * 3900.0 / %(invoices)s)::int, date '2016-01-31' + (n * 3900.0 / %(invoices)s)::int,
  CASE WHEN n %% 40 = 7 THEN 'USD' WHEN n %% 3000 = 8 THEN 'GBP' ELSE 'EUR' END, n %% 900 + 100, 21, n %% 900 + 121, '', '', '', '',
  p.status, CASE WHEN p.status = 'paid' THEN n %% 900 + 121 ELSE 0 END, p.status, 0,
  CASE WHEN n %% 1000 < 850 AND n %% 777 > 0 THEN now() END, '', '',
  CASE WHEN n %% 1000 >= 855 THEN 'not_copied' WHEN n %% 1000 >= 852 THEN 'needs_attention' WHEN n %% 1000 >= 850 THEN 'in_progress'
    WHEN n %% 997 = 0 THEN 'sent' ELSE 'copied' END,
  CASE WHEN p.status <> 'open' THEN p.status WHEN n %% 1000 >= 850 THEN 'not_in_exact' WHEN n %% 777 = 0 THEN 'not_read' ELSE 'open' END,
  CASE WHEN n %% 1000 < 850 THEN 'in_sync' WHEN n %% 1000 BETWEEN 852 AND 854 THEN 'failing' ELSE 'not_synced' END,
  n %% 1000 BETWEEN 852 AND 854, now()
FROM generate_series(%(begin)s, %(end)s) n,
  LATERAL (SELECT CASE WHEN n %% 1000 < 850 AND n < %(invoices)s * 0.97 AND n %% 777 > 0 THEN
    CASE n %% 500 WHEN 0 THEN 'partly_paid' WHEN 1 THEN 'written_off' WHEN 2 THEN 'overpaid' ELSE 'paid' END
    ELSE 'open' END AS status) p
"""


# Of some of the newest, by the product's own rule.
_WRONG = """
SELECT count(*) FROM (SELECT * FROM invoices_invoice ORDER BY id DESC LIMIT 3000) i
CROSS JOIN LATERAL invoice_standings((SELECT one FROM invoices_invoice one WHERE one.id = i.id)) s
WHERE (i.copy_standing, i.payment_standing, i.sync_standing, i.needs_look)
  IS DISTINCT FROM (s.copy_standing, s.payment_standing, s.sync_standing, s.needs_look)
"""
_FILLED = ("copyrequest", "posteddocument", "invoice", "client")


@dataclass(frozen=True, slots=True)
class Crowd:
    """The large organization and its connection to Exact."""

    organization: Organization
    connection: ExactConnection


def make(invoices: int, *, clients: int = CLIENTS, others: int = OTHERS) -> Crowd:
    """Fill the database with one organization of so many invoices and with others of `OF_ANOTHER` each.

    Raises RuntimeError when the statements here say another standing than the product's rule.
    """
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        with _unwatched(owner):
            large = make_one(invoices, clients)
            for _ in range(others):
                make_one(OF_ANOTHER, 3)
        for table in _FILLED:
            # As autovacuum does sooner or later.
            owner.execute(f"VACUUM ANALYZE invoices_{table}")
    with tenant_transaction(large.organization.pk), connection.cursor() as cursor:
        cursor.execute(_WRONG)
        (wrong,) = cursor.fetchone()
    if wrong:
        raise RuntimeError(f"{wrong} invoices stand elsewhere than the benchmark believes")
    return large


@contextmanager
def _unwatched(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Without triggers and without the indexes of the list, which take longer row by row; both are back afterwards."""
    found = owner.execute(
        "SELECT indexdef, format('DROP INDEX %I', indexname) FROM pg_indexes WHERE tablename = 'invoices_invoice' "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexname LIKE 'invoice\\_%'"
    ).fetchall()
    for table in _FILLED:
        owner.execute(f"ALTER TABLE invoices_{table} DISABLE TRIGGER USER")
    for _definition, drop in found:
        owner.execute(drop)
    yield
    for table in _FILLED:
        owner.execute(f"ALTER TABLE invoices_{table} ENABLE TRIGGER USER")
    for definition, _drop in found:
        owner.execute(definition)


def make_one(invoices: int, clients: int) -> Crowd:
    """Fill one organization."""
    organization = factories.make_organization()
    exact = factories.make_connection(organization=organization, lists=invoices > OF_ANOTHER)
    with tenant_transaction(organization.pk), connection.cursor() as cursor:
        values = {"organization": organization.pk, "clients": clients, "invoices": invoices}
        cursor.execute(_CLIENTS, values)
        cursor.execute(
            "SELECT min(id) - 1 FROM invoices_client WHERE organization_id = %(organization)s",
            values,
        )
        values |= {"client": cursor.fetchone()[0], "connection": exact.pk}
        values["subsidiary"] = exact.subsidiary_id
        # Far from what the sequence gives; the program may not set it.
        values["first"] = 10**10 + 10**7 * organization.pk
    for begin in range(1, invoices + 1, _CHUNK):
        chunk = values | {"begin": begin, "end": min(begin + _CHUNK - 1, invoices)}
        with tenant_transaction(organization.pk), connection.cursor() as cursor:
            for statement in (_INVOICES, _REQUESTS, _DOCUMENTS):
                cursor.execute(statement, chunk)
    return Crowd(organization, exact)
