"""What is said of invoices before a bulk copy is what then becomes of them, in Exact's own books (B-4)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from integrations.models import TaxRate
from invoices.bulk import again, runs
from invoices.bulk.before import judge_before
from invoices.bulk.reading import Outcome, item_rows
from invoices.causes.finding import stored_causes
from invoices.models import CopyRequest, InvoiceKind, SetAside
from invoices.preflight.verdicts import Kind
from tests import factories
from tests.journeys.world import World

pytestmark = pytest.mark.django_db(transaction=True)

BECOMES = {
    Kind.READY: Outcome.COPIED,
    Kind.NEEDS_CHOICE: Outcome.NEEDS_YOU,
    Kind.BLOCKED: Outcome.NEEDS_YOU,
    Kind.LEFT_OUT: Outcome.LEFT_OUT,
}


@pytest.fixture
def world(transactional_db, exact):
    """Nothing stands in for a VAT code that no rule gives."""
    world = World.begin(exact, default_vat_code="")
    world.invoice()
    with world.rows():
        rate = TaxRate.objects.get(percentage=21)
    factories.map_tax_rate(connection=world.connection, tax_rate=rate, vat_code="2")
    return world


def client(world, **fields):
    return factories.make_client(organization=world.organization, **fields)


def mixed(world):
    """Invoices by what is the matter with them."""
    twins = [
        factories.make_customer(connection=world.connection, name="Twee Halen B.V.")
        for _ in range(2)
    ]
    blocked = factories.make_customer(connection=world.connection, is_blocked=True)
    known = world.customer()
    of_blocked = client(world)
    factories.link_customer(
        connection=world.connection, client=of_blocked, customer_exact_id=blocked.exact_id
    )
    original = world.invoice(net="10.00")
    made = {
        "new customer": world.invoice(number="27400001"),
        "known customer": world.invoice(
            number="27400002", client=client(world, vat_number=known.vat_number)
        ),
        "no rule for the rate": world.invoice(number="27400003", rate="9"),
        "two rates": world.invoice(
            number="27400004",
            lines=[{"net_amount": "5.00", "rate": "9"}, {"net_amount": "5.00", "rate": "21"}],
        ),
        "two accounts": world.invoice(number="27400005", client=client(world, name=twins[0].name)),
        "blocked account": world.invoice(number="27400006", client=of_blocked),
        "no lines": world.invoice(number="27400007", lines=[]),
        "other VAT": world.invoice(number="27400008", vat_amount="22.00"),
        "unknown VAT code": world.invoice(
            number="27400009", lines=[{"net_amount": "5.00", "rate": "21", "vat_code": "27"}]
        ),
        "large credit": world.invoice(
            number="27400010", kind=InvoiceKind.CREDIT_NOTE, original=original
        ),
        "no number": world.invoice(number=""),
        "set aside": world.invoice(
            number="27400012", set_aside=SetAside.IGNORED, set_aside_at=timezone.now()
        ),
        "elsewhere": factories.make_invoice(organization=world.organization, number="27400013"),
        "in Exact": world.invoice(number="27400014"),
    }
    factories.make_posted_document(invoice=made["in Exact"], connection=world.connection)
    return made


def begin(world, invoices):
    user = factories.make_user(organization=world.organization, role=Role.FINANCE)
    with world.rows():
        bulk = runs.choose(
            organization=world.organization,
            user=user,
            now=timezone.now(),
            ids=[invoice.pk for invoice in invoices],
        )
    assert bulk is not None
    return bulk, user


def test_b4_what_is_said_before_a_bulk_copy_is_what_becomes_of_each_invoice(world):
    made = mixed(world)
    bulk, user = begin(world, made.values())
    with world.rows():
        verdicts = {one.invoice_id: one for one in judge_before(bulk)}
    world.forget_calls()

    with world.rows():
        runs.start(bulk, user=user, now=timezone.now())
        bulk.refresh_from_db()
    world.work_off(turns=100)

    with world.rows():
        rows = {row.invoice_id: row for row in item_rows(bulk)}
        held = CopyRequest.objects.in_bulk([row.request_id for row in rows.values()])
        for what, invoice in made.items():
            verdict, row = verdicts[invoice.pk], rows[invoice.pk]
            assert (what, row.outcome) == (what, BECOMES[verdict.kind]), held[
                row.request_id
            ].problem_sentence
            assert (what, row.left_out) == (what, verdict.left_out)
            causes = stored_causes(held[row.request_id]) if row.request_id else ()
            assert (what, causes) == (what, verdict.causes)
    kinds = {what: verdicts[invoice.pk].kind for what, invoice in made.items()}
    assert kinds == {
        "new customer": Kind.READY,
        "known customer": Kind.READY,
        "no rule for the rate": Kind.BLOCKED,
        "two rates": Kind.BLOCKED,
        "two accounts": Kind.NEEDS_CHOICE,
        "blocked account": Kind.NEEDS_CHOICE,
        "no lines": Kind.BLOCKED,
        "other VAT": Kind.NEEDS_CHOICE,
        "unknown VAT code": Kind.BLOCKED,
        "large credit": Kind.NEEDS_CHOICE,
        "no number": Kind.BLOCKED,
        "set aside": Kind.LEFT_OUT,
        "elsewhere": Kind.LEFT_OUT,
        "in Exact": Kind.LEFT_OUT,
    }
    assert len(world.entries("27400001") + world.entries("27400002")) == 2

    # What is mended is tried again with the choices that were made; the others stay, and it is said why.
    with world.rows():
        rate = TaxRate.objects.get(percentage=9)
    factories.map_tax_rate(connection=world.connection, tax_rate=rate, vat_code="1")
    with world.rows():
        tried = again.retry(bulk, user=user, now=timezone.now())
    assert (tried.count, tried.stay) == (2, 7)
    assert tried.refused["The invoice has no lines."] == 1
    world.work_off(turns=100)
    with world.rows():
        copied = item_rows(bulk).filter(outcome=Outcome.COPIED)
        assert set(copied.values_list("invoice_id", flat=True)) == {
            made[what].pk
            for what in ("new customer", "known customer", "no rule for the rate", "two rates")
        }
