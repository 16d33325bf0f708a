"""Our copy of Exact's terms: older never replaces newer, repeats do nothing, odd rows are set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis, strategies as st

from connector.tenancy.scope import tenant_transaction
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from integrations.models import ExactConnection
from invoices.models import Invoice
from payments import mirror
from payments.models import Payment, ReceivableTerm
from payments.settling import settle_changed
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ENTRY = UUID(int=1)


def term_id(number: int) -> UUID:
    return uuid5(ENTRY, str(number))


def row(number: int, timestamp: int, **fields: Any) -> PaymentTerm:
    values: dict[str, Any] = {
        "exact_id": term_id(number),
        "timestamp": timestamp,
        "line_type": 20,
        "status": 20,
        "amount_fc": Decimal("-121.00"),
        "transaction_amount_fc": Decimal("121.00"),
        "transaction_entry_id": ENTRY,
        "currency": "EUR",
    }
    return PaymentTerm(**values | fields)


def gone(number: int, timestamp: int, entity_type: int = 10) -> DeletedRow:
    return DeletedRow(timestamp=timestamp, entity_type=entity_type, entity_key=term_id(number))


@pytest.fixture
def connection():
    """A connection whose organization's transaction stays open for the test."""
    organization = factories.make_organization()
    made = factories.make_connection(organization=organization, lists=False)
    with tenant_transaction(organization.pk):
        yield made


def store(connection: ExactConnection, *rows: PaymentTerm) -> list[str]:
    return [one.reason for one in mirror.store_terms(connection=connection, rows=rows, now=NOW)]


def amounts() -> dict[UUID, Decimal]:
    terms = ReceivableTerm.objects.filter(deleted_at__isnull=True)
    return {term.exact_id: term.amount for term in terms}


def test_g4_an_older_row_never_replaces_a_newer_one(connection):
    store(connection, row(1, 20, amount_fc=Decimal(50)))
    store(connection, row(1, 10, amount_fc=Decimal(121)))

    assert amounts() == {term_id(1): Decimal(50)}


def test_g5_the_same_row_twice_is_one_row(connection):
    store(connection, row(1, 10), row(1, 11, amount_fc=Decimal(7)), row(1, 10))

    assert amounts() == {term_id(1): Decimal(7)}


def test_terms_of_purchases_are_left_out(connection):
    assert store(connection, row(1, 10, line_type=22)) == []
    assert amounts() == {}


def test_b9_a_row_of_an_unknown_status_is_set_aside_and_the_others_are_stored(connection):
    assert store(connection, row(1, 10, status=60), row(2, 11)) == ["Status: 60 is not known"]
    assert amounts() == {term_id(2): Decimal(121)}


def test_text_that_postgresql_cannot_hold_or_that_is_too_long_is_cut(connection):
    store(connection, row(1, 10, your_ref="A\0B" * 60, payment_reference="R" * 500))

    stored = ReceivableTerm.objects.get()
    assert (len(stored.your_ref), len(stored.payment_reference)) == (60, 120)
    assert "\0" not in stored.your_ref


def test_only_deletions_of_terms_count(connection):
    store(connection, row(1, 10), row(2, 11))

    known = mirror.mark_deleted(
        connection=connection, rows=[gone(1, 12, entity_type=2), gone(2, 13), gone(3, 14)], now=NOW
    )

    assert known == [term_id(2)]
    assert amounts() == {term_id(1): Decimal(121)}


def test_a_stale_page_does_not_bring_a_deleted_term_back(connection):
    store(connection, row(1, 10))
    mirror.mark_deleted(connection=connection, rows=[gone(1, 12)], now=NOW)

    store(connection, row(1, 11))

    assert amounts() == {}


@given(
    rows=st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 9_999)),
        min_size=1,
        max_size=25,
        unique_by=lambda one: one[1],
    ),
    shuffled=st.randoms(use_true_random=False),
)
@hypothesis(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_g4_and_g5_any_order_and_any_repeats_end_the_same(connection, rows, shuffled):
    ReceivableTerm.objects.all().delete()
    expected = {
        term_id(number): Decimal(cents).scaleb(-2)
        for number, _, cents in sorted(rows, key=lambda one: one[1])
    }
    pages = [*rows, *rows[::2]]
    shuffled.shuffle(pages)

    for start in range(0, len(pages), 4):
        part = [
            row(number, stamp, amount_fc=Decimal(-cents).scaleb(-2))
            for number, stamp, cents in pages[start : start + 4]
        ]
        store(connection, *part)

    assert amounts() == expected


# --- Settling --------------------------------------------------------------------------------------------------------


@pytest.fixture
def invoice(connection) -> Invoice:
    made = factories.make_invoice(
        organization=connection.organization, subsidiary=connection.subsidiary
    )
    factories.make_posted_document(invoice=made, connection=connection, exact_id=ENTRY)
    return made


def settle(connection: ExactConnection) -> None:
    while settle_changed(connection=connection, now=NOW, limit=2):
        pass


def test_settling_again_changes_nothing(connection, invoice):
    store(connection, row(1, 10, status=50), row(2, 11, amount_fc=Decimal(0)))
    settle(connection)
    events = invoice.events.count()
    ReceivableTerm.objects.update(needs_settling=True)

    settle(connection)

    assert invoice.events.count() == events == 1
    assert Payment.objects.count() == 1


def test_a_payment_that_comes_back_under_another_term_stays_the_same_record(connection, invoice):
    """P-53: matching anew in Exact can make a new term."""
    store(connection, row(1, 10, status=50, end_date=NOW.date()))
    settle(connection)
    before = Payment.objects.get()

    mirror.mark_deleted(connection=connection, rows=[gone(1, 12)], now=NOW)
    day = NOW.date() + timedelta(days=1)
    store(connection, row(2, 13, status=50, end_date=day))
    settle(connection)

    after = Payment.objects.get()
    assert (after.pk, after.paid_date, after.removed_at) == (before.pk, day, None)


def test_a_document_that_comes_back_is_no_longer_marked_as_deleted(connection, invoice):
    store(connection, row(1, 10, status=50))
    settle(connection)
    mirror.mark_deleted(connection=connection, rows=[gone(1, 12)], now=NOW)
    settle(connection)
    assert invoice.posted_documents.get().state == "deleted_in_exact"

    store(connection, row(2, 13, status=50))
    settle(connection)

    invoice.refresh_from_db()
    assert invoice.posted_documents.get().state == "current"
    assert invoice.payment_status == "settled"


def test_terms_of_documents_that_are_not_ours_are_passed_over(connection):
    store(connection, row(1, 10), row(2, 11, transaction_entry_id=None))

    settle(connection)

    assert not ReceivableTerm.objects.filter(needs_settling=True).exists()


def test_g7_terms_without_an_entry_belong_to_the_one_document_of_their_reference_and_customer(
    connection, invoice
):
    document = invoice.posted_documents.get()
    nameless = {"transaction_entry_id": None, "your_ref": document.your_ref, "status": 50}

    store(connection, row(1, 10, account_id=UUID(int=8), **nameless))
    settle(connection)
    invoice.refresh_from_db()
    assert invoice.payments_read_at is None, "another customer's"

    store(connection, row(2, 11, account_id=document.customer_exact_id, **nameless))
    settle(connection)
    invoice.refresh_from_db()
    assert (invoice.payment_status, invoice.paid_amount) == ("settled", Decimal(121))


def test_g7_terms_without_an_entry_are_nobodys_when_two_documents_have_their_reference(
    connection, invoice
):
    document = invoice.posted_documents.get()
    second = factories.make_invoice(
        organization=connection.organization,
        subsidiary=connection.subsidiary,
        number=invoice.number,
        source_id="second",
    )
    factories.make_posted_document(
        invoice=second,
        connection=connection,
        customer_exact_id=document.customer_exact_id,
        your_ref=document.your_ref,
    )
    nameless = row(
        1,
        10,
        transaction_entry_id=None,
        status=50,
        your_ref=document.your_ref,
        account_id=document.customer_exact_id,
    )

    store(connection, nameless)
    settle(connection)

    for one in (invoice, second):
        one.refresh_from_db()
        assert one.payments_read_at is None


def test_g6_a_payment_that_is_gone_says_why(connection, invoice):
    """RELIABILITY G6: deleted, unmatched or edited is told by what became of the booking."""
    account = UUID(int=8)
    end = NOW.date()
    paid = {"status": 50, "end_date": end, "last_payment_date": end, "account_id": account}
    reference = invoice.posted_documents.get().your_ref

    def receipt(number: int, timestamp: int, **fields: Any) -> PaymentTerm:
        values = {
            "transaction_type": 40,
            "transaction_entry_id": UUID(int=50 + number),
            "transaction_id": UUID(int=70 + number),
            "transaction_amount_fc": Decimal("-121.00"),
            "status": 50,
            "end_date": end,
            "invoice_date": end,
            "account_id": account,
            "your_ref": reference,
        }
        return row(number, timestamp, **values | fields)

    said = []
    for number, change in enumerate(["deleted", "unmatched", "edited"]):
        stamp = 100 * (number + 1)
        booking = 20 + number
        store(connection, row(1, stamp, your_ref=reference, **paid), receipt(booking, stamp + 1))
        settle(connection)
        [payment] = Payment.objects.filter(removed_at__isnull=True)
        assert (payment.kind, payment.counter_line_exact_id) == ("payment", UUID(int=70 + booking))
        if change == "unmatched":
            store(connection, receipt(booking, stamp + 2, status=20, end_date=None, your_ref=""))
        else:
            mirror.mark_deleted(connection=connection, rows=[gone(booking, stamp + 2)], now=NOW)
        if change == "edited":
            other = {"transaction_entry_id": UUID(int=50 + booking), "your_ref": "another"}
            store(connection, receipt(booking + 20, stamp + 3, **other))
        store(connection, row(1, stamp + 4, status=20, account_id=account, your_ref=reference))
        settle(connection)
        payment.refresh_from_db()
        said.append((payment.removal, invoice.events.order_by("-id")[0].sentence))

    assert said == [
        (why, f"Open again: the payment of 121.00 EUR was {why} in Exact.")
        for why in ("deleted", "unmatched", "edited")
    ]
