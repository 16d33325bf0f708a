"""The intake: stored once, the same again changes nothing, and everything wrong is named at once."""

from __future__ import annotations

import threading
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from connector.tenancy.scope import tenant_transaction
from integrations.models import TaxRate
from integrations.psa.fields import clean_text
from integrations.psa.registry import REST_PUSH
from integrations.psa.source import read_invoice
from invoices import paid_by_hand
from invoices.intake import take_in
from invoices.intake_results import IntakeStatus
from invoices.models import (
    Client,
    CopyState,
    Invoice,
    InvoiceEvent,
    InvoiceLine,
    InvoiceState,
    PaymentStatus,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from tests.factories import make_connection, make_copy_request, make_organization, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def plain_invoice(**fields: Any) -> dict[str, Any]:
    """An invoice of two lines as a program would send it."""
    return {
        "id": "inv-1",
        "number": "2026-001",
        "invoice_date": "2026-11-01",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "subsidiary": {"id": "nl", "name": "Studio Noord B.V.", "country": "NL"},
        "client": {"id": "c-1", "name": "Bakkerij Jansen", "city": "Utrecht"},
        "lines": [
            {
                "id": "l-1",
                "description": "Design",
                "net_amount": "1000.00",
                "tax_rate": {"id": "nl21", "name": "NL 21%", "percentage": "21"},
                "service_type": {"id": "st-1", "name": "Design"},
            },
            {
                "id": "l-2",
                "description": "Reading material",
                "net_amount": "10.50",
                "tax_rate": {"id": "nl9", "name": "NL 9%", "percentage": "9"},
            },
        ],
    } | fields


@pytest.fixture
def organization():
    return make_organization()


def take(organization, *invoices: dict[str, Any]):
    with tenant_transaction(organization.pk):
        return take_in(
            source=REST_PUSH.name, invoices=[read_invoice(data) for data in invoices], now=NOW
        )


def test_an_invoice_is_stored_with_everything_it_names(organization):
    [result] = take(organization, plain_invoice())

    assert result.status is IntakeStatus.CREATED
    with tenant_transaction(organization.pk):
        invoice = Invoice.objects.select_related("client", "subsidiary").get(pk=result.invoice_id)
        assert (str(invoice.net_amount), str(invoice.vat_amount), str(invoice.gross_amount)) == (
            "1010.5000",
            "210.9500",
            "1221.4500",
        )
        assert (invoice.client.name, invoice.client.city) == ("Bakkerij Jansen", "Utrecht")
        assert invoice.subsidiary.name == "Studio Noord B.V."
        assert [
            (line.position, line.service_type and line.service_type.name, line.tax_rate.name)
            for line in invoice.lines.select_related("service_type", "tax_rate")
        ] == [(1, "Design", "NL 21%"), (2, None, "NL 9%")]
        assert [event.sentence for event in invoice.events.all()] == ["Taken in from the REST API."]


def test_the_same_again_changes_nothing(organization):
    take(organization, plain_invoice())
    with tenant_transaction(organization.pk):
        before = (
            list(Invoice.objects.values()),
            list(InvoiceLine.objects.values()),
            InvoiceEvent.objects.count(),
        )

    [result] = take(organization, plain_invoice())

    assert result.status is IntakeStatus.UNCHANGED
    with tenant_transaction(organization.pk):
        after = (
            list(Invoice.objects.values()),
            list(InvoiceLine.objects.values()),
            InvoiceEvent.objects.count(),
        )
        assert Client.objects.count() == 1
    assert after == before


def stored(organization) -> Invoice:
    with tenant_transaction(organization.pk):
        return Invoice.objects.select_related("client", "original").get(source_id="inv-1")


def events(organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return [
            event.sentence for event in Invoice.objects.get(source_id="inv-1").events.order_by("id")
        ]


# --- Changes ------------------------------------------------------------------------------------------------------------


def test_changed_content_is_taken_over_and_noted_with_what_changed(organization):
    take(organization, plain_invoice())
    lines = [plain_invoice()["lines"][0] | {"net_amount": "1100.00"}]

    [result] = take(organization, plain_invoice(subject="Now with a subject", lines=lines))

    assert result.status is IntakeStatus.UPDATED
    invoice = stored(organization)
    assert (invoice.subject, invoice.net_amount, invoice.content_changed_at) == (
        "Now with a subject",
        1100,
        NOW,
    )
    assert (
        events(organization)[-1]
        == "Changed by the REST API: Subject, Net amount, VAT, Total, Line 1, Line 2."
    )
    with tenant_transaction(organization.pk):
        [change] = [
            change
            for change in InvoiceEvent.objects.order_by("id").last().details["changes"]
            if change["field"] == "lines.0.net_amount"
        ]
    assert (change["ours"], change["theirs"]) == ("1,000.00 EUR", "1,100.00 EUR")


def test_a_line_keeps_its_row_when_it_changes(organization):
    take(organization, plain_invoice())
    with tenant_transaction(organization.pk):
        before = list(InvoiceLine.objects.values_list("pk", flat=True))
    first, second = plain_invoice()["lines"]

    take(
        organization,
        plain_invoice(lines=[first | {"description": "x"}, second, first | {"id": "l-3"}]),
    )

    with tenant_transaction(organization.pk):
        assert list(InvoiceLine.objects.values_list("pk", flat=True))[:2] == before
        assert list(InvoiceLine.objects.values_list("position", "description")) == [
            (1, "x"),
            (2, "Reading material"),
            (3, "Design"),
        ]


@pytest.mark.parametrize("state", ACTIVE_COPY_STATES)
def test_nothing_changes_while_a_copy_is_under_way(organization, state):
    take(organization, plain_invoice())
    exact = make_connection(organization=organization)
    make_copy_request(invoice=stored(organization), connection=exact, state=state)

    [result] = take(organization, plain_invoice(subject="Changed", paid_on="2026-11-20"))

    assert result.status is IntakeStatus.CONFLICT
    assert "A copy to Exact is under way" in result.problems[0].sentence
    assert (stored(organization).subject, stored(organization).psa_paid_date) == ("", None)


def test_p56_the_day_the_psa_calls_it_paid_is_stored_and_concerns_nothing_in_exact(organization):
    take(organization, plain_invoice())
    before = stored(organization)
    exact = make_connection(organization=organization)
    make_copy_request(invoice=before, connection=exact, state=CopyState.SENDING)

    [result] = take(organization, plain_invoice(paid_on="2026-11-20"))

    after = stored(organization)
    assert (result.status, after.psa_paid_date) == (IntakeStatus.UPDATED, date(2026, 11, 20))
    assert (after.content_hash, after.content_changed_at, after.payment_status) == (
        before.content_hash,
        None,
        PaymentStatus.OPEN,
    )
    assert events(organization)[-1] == "Changed: Paid in the PSA on. Exact is not concerned."


def test_d12_an_invoice_marked_paid_by_hand_stays_so_with_another_total(organization):
    take(organization, plain_invoice(state="finalized"))
    femke = make_user(organization=organization, name="Femke Smit")
    with tenant_transaction(organization.pk):
        paid_by_hand.mark_paid(
            invoice=stored(organization),
            paid_date=date(2026, 11, 20),
            note="",
            user=femke,
            now=NOW,
        )
    first, second = plain_invoice()["lines"]

    take(organization, plain_invoice(state="finalized", subject="Other words"))
    take(organization, plain_invoice(lines=[first | {"net_amount": "1100.00"}, second]))

    after = stored(organization)
    assert (after.gross_amount, after.payment_status) == (Decimal("1342.45"), PaymentStatus.PAID)
    assert (after.open_amount, after.paid_date) == (Decimal(0), date(2026, 11, 20))
    told = [text for text in events(organization) if "The total is now" in text]
    assert len(told) == 1
    assert told[0].startswith(
        "The total is now 1,342.45 EUR. All of it counts as paid, because Femke"
    )


def test_a_finalized_invoice_never_becomes_a_draft_again(organization):
    take(organization, plain_invoice(state="finalized"))

    [result] = take(organization, plain_invoice(state="draft"))

    assert (result.status, stored(organization).state) == (
        IntakeStatus.UNCHANGED,
        InvoiceState.FINALIZED,
    )


def test_p14_a_number_that_came_from_exact_stays_when_the_psa_has_none(organization):
    take(organization, plain_invoice(number=""))
    with tenant_transaction(organization.pk):
        Invoice.objects.update(number="26700001")

    same, numbered = (
        take(organization, plain_invoice(number="")),
        take(organization, plain_invoice(number="26700001")),
    )

    assert [result.status for result in (*same, *numbered)] == [IntakeStatus.UNCHANGED] * 2
    assert stored(organization).number == "26700001"


def test_a_client_that_moved_is_updated_without_touching_the_invoice(organization):
    take(organization, plain_invoice())

    [result] = take(
        organization,
        plain_invoice(client={"id": "c-1", "name": "Bakkerij Jansen", "city": "Zeist"}),
    )

    assert (result.status, stored(organization).client.city) == (IntakeStatus.UNCHANGED, "Zeist")
    assert len(events(organization)) == 1


# --- Numbers and identity -------------------------------------------------------------------------------------------------


def test_one_number_belongs_to_one_invoice_of_a_subsidiary(organization):
    take(organization, plain_invoice())
    elsewhere = {"id": "be", "name": "Studio Zuid BV"}

    results = take(
        organization,
        plain_invoice(id="inv-2"),
        plain_invoice(id="inv-3", subsidiary=elsewhere),
        plain_invoice(id="inv-4", subsidiary=elsewhere),
    )

    assert [result.status for result in results] == [
        IntakeStatus.CONFLICT,
        IntakeStatus.CREATED,
        IntakeStatus.CONFLICT,
    ]
    assert results[0].problems[0].sentence == (
        "Number 2026-001 already belongs to your invoice “inv-1” in this subsidiary."
    )


def test_the_subsidiary_may_be_left_out_while_there_is_one(organization):
    take(organization, plain_invoice())

    [one] = take(organization, plain_invoice(id="inv-2", number="2", subsidiary=None))
    take(
        organization,
        plain_invoice(id="inv-3", number="3", subsidiary={"id": "be", "name": "Studio Zuid BV"}),
    )
    [two] = take(organization, plain_invoice(id="inv-4", number="4", subsidiary=None))

    assert (one.status, two.status) == (IntakeStatus.CREATED, IntakeStatus.REFUSED)
    assert two.problems[0].field == "subsidiary"


# --- Credit notes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", [{"original_id": "inv-0"}, {"original_number": "2026-000"}])
@pytest.mark.parametrize("credit_note_first", [False, True])
def test_i3_a_credit_note_finds_its_original_whichever_comes_first(
    organization, reference, credit_note_first
):
    original = plain_invoice(id="inv-0", number="2026-000")
    note = plain_invoice(kind="credit_note", **reference)

    for data in (note, original) if credit_note_first else (original, note):
        take(organization, data)

    credit_note = stored(organization)
    assert (credit_note.original and credit_note.original.source_id, credit_note.sign) == (
        "inv-0",
        -1,
    )
    assert credit_note.gross_amount > 0


@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_i3_a_negative_total_becomes_a_credit_note_with_positive_amounts(organization, kind):
    lines = [
        plain_invoice()["lines"][0]
        | {"net_amount": "-100.00", "quantity": "-2", "unit_price": "50"},
        plain_invoice()["lines"][1] | {"net_amount": "10.00"},
    ]

    take(organization, plain_invoice(kind=kind, lines=lines))

    invoice = stored(organization)
    assert (invoice.kind, invoice.net_amount, invoice.vat_amount) == (
        "credit_note",
        90,
        Decimal("20.10"),
    )
    with tenant_transaction(organization.pk):
        assert list(invoice.lines.values_list("net_amount", "quantity")) == [(100, 2), (-10, None)]


def test_i3_an_invoice_of_nothing_is_an_invoice(organization):
    lines = [plain_invoice()["lines"][0] | {"net_amount": "0.00"}]

    [result] = take(organization, plain_invoice(lines=lines))

    assert (result.status, stored(organization).kind) == (IntakeStatus.CREATED, "invoice")


# --- Totals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nets", "vat", "is_taken"),
    [
        (["0.03"] * 5, "0.03", True),  # rounded over the invoice: 0.0315
        (["0.03"] * 5, "0.05", True),  # rounded on each line: 5 times 0.01
        (["0.03"] * 5, "0.06", False),
        (["100.00"], "21.00", True),
        (["100.00"], "21.01", False),
    ],
)
def test_i2_vat_may_be_rounded_by_line_or_by_invoice_and_no_further(
    organization, nets, vat, is_taken
):
    rate = {"id": "nl21", "percentage": "21"}
    lines = [{"net_amount": net, "tax_rate": rate} for net in nets]

    [result] = take(organization, plain_invoice(lines=lines, vat_amount=vat))

    assert (result.status is IntakeStatus.CREATED) == is_taken


def test_currencies_without_decimals_are_computed_in_whole_units(organization):
    lines = [{"net_amount": "105", "tax_rate": {"id": "jp10", "percentage": "10"}}]

    take(organization, plain_invoice(currency="JPY", lines=lines))

    assert (stored(organization).vat_amount, stored(organization).gross_amount) == (11, 116)


def test_everything_wrong_is_named_at_once(organization):
    lines = [
        plain_invoice()["lines"][0]
        | {"service_type": "alchemy", "tax_rate": {"id": "nl21", "percentage": "19"}},
        plain_invoice()["lines"][1] | {"tax_rate": "unknown", "vat_amount": "0.95"},
    ]
    take(organization, plain_invoice())

    [result] = take(
        organization, plain_invoice(client={"id": "new"}, lines=lines, net_amount="5.00")
    )

    assert {problem.field for problem in result.problems} == {
        "client.name",
        "lines.0.service_type",
        "lines.0.tax_rate.percentage",
        "lines.1.tax_rate",
        "net_amount",
    }


def test_an_invoice_of_a_thousand_lines_is_taken_whole(organization):
    line = plain_invoice()["lines"][0]

    [result] = take(organization, plain_invoice(lines=[line] * 1000))

    assert result.status is IntakeStatus.CREATED
    with tenant_transaction(organization.pk):
        assert InvoiceLine.objects.count() == 1000


# --- Text and amounts of any kind ---------------------------------------------------------------------------------------------


@given(text=st.text(alphabet=st.characters(), max_size=300))
def test_i7_any_text_is_cleaned_the_same_way_twice_and_can_be_stored(text):
    cleaned = clean_text(text)

    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode("utf-8")
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in cleaned)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    description=st.text(alphabet=st.characters(), max_size=200),
    nets=st.lists(st.decimals(-10_000, 10_000, places=2), min_size=1, max_size=6),
    percentage=st.sampled_from(["0", "6", "9", "19", "21", "7.7"]),
    currency=st.sampled_from(["EUR", "USD", "GBP"]),
)
def test_i1_whatever_is_taken_in_adds_up_and_is_the_same_again(
    organization, description, nets, percentage, currency
):
    lines = [
        {
            "description": description,
            "net_amount": str(net),
            "tax_rate": {"id": f"r{percentage}", "percentage": percentage},
        }
        for net in nets
    ]
    data = plain_invoice(id="any", number="", currency=currency, lines=lines, note=description)

    first, again = take(organization, data)[0], take(organization, data)[0]

    assert (
        first.status in {IntakeStatus.CREATED, IntakeStatus.UPDATED, IntakeStatus.UNCHANGED},
        again.status,
    ) == (
        True,
        IntakeStatus.UNCHANGED,
    )
    with tenant_transaction(organization.pk):
        invoice = Invoice.objects.get(pk=first.invoice_id)
        assert sum(line.net_amount for line in invoice.lines.all()) == invoice.net_amount
        assert invoice.net_amount + invoice.vat_amount == invoice.gross_amount >= 0
        assert invoice.sign * invoice.net_amount == sum(nets) or invoice.gross_amount == 0


# --- Two at once, and two organizations ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_identical_requests_at_once_make_one_invoice():
    organization = make_organization()
    started = threading.Barrier(2)
    statuses: list[IntakeStatus] = []

    def send() -> None:
        try:
            started.wait()
            statuses.extend(result.status for result in take(organization, plain_invoice()))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [IntakeStatus.CREATED, IntakeStatus.UNCHANGED]
    with tenant_transaction(organization.pk):
        assert (Invoice.objects.count(), Client.objects.count()) == (1, 1)


def test_another_organization_has_its_own_invoices_clients_and_rates(organization):
    other = make_organization()
    take(organization, plain_invoice())

    [result] = take(other, plain_invoice(subject="Theirs"))

    assert result.status is IntakeStatus.CREATED
    assert stored(organization).subject == ""
    with tenant_transaction(other.pk):
        assert (Invoice.objects.count(), Client.objects.count(), TaxRate.objects.count()) == (
            1,
            1,
            2,
        )


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(organization):
    def invoices(start: int, count: int) -> list[dict[str, Any]]:
        return [plain_invoice(id=f"q-{n}", number=f"q-{n}") for n in range(start, start + count)]

    take(organization, plain_invoice())

    with CaptureQueriesContext(connection) as few:
        take(organization, *invoices(0, 2))
    with CaptureQueriesContext(connection) as many:
        take(organization, *invoices(10, 200))

    assert len(many) == len(few) <= 25
