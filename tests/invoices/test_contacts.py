"""Who receives an invoice, and Exact's codes per line: kept with the invoice, seen as a change, the same again nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from connector.tenancy.scope import tenant_transaction
from invoices import conflicts
from invoices.intake_results import IntakeStatus
from invoices.models import Contact, IntakeConflict, Invoice, InvoiceLine
from tests.factories import NOW, make_organization
from tests.invoices.csv_files import as_file, line
from tests.invoices.test_csv import Importer, counts
from tests.invoices.test_intake import events, plain_invoice, stored, take

pytestmark = pytest.mark.django_db
SANNE = {
    "id": "p-1",
    "first_name": "Sanne",
    "last_name": "Jansen",
    "email": "sanne@jansen.example",
}
CODES = {"item_code": " DESIGN ", "vat_code": " 2 "}


@pytest.fixture
def organization():
    return make_organization()


def contacts(organization) -> list[tuple[str, str, str]]:
    with tenant_transaction(organization.pk):
        rows = Contact.objects.select_related("client").order_by("id")
        return [(row.source_id, str(row), row.client.source_id) for row in rows]


def refused(result: Any) -> dict[str, str]:
    assert result.status is IntakeStatus.REFUSED
    return {problem.field: problem.sentence for problem in result.problems}


# --- The contact -------------------------------------------------------------------------------------------------------


def test_h30_the_contact_is_kept_under_its_client_and_stored_once(organization):
    take(organization, plain_invoice(contact=SANNE))
    [same, second] = take(
        organization,
        plain_invoice(contact=SANNE),
        plain_invoice(id="inv-2", number="2026-002", contact="p-1"),
    )

    assert contacts(organization) == [("p-1", "Sanne Jansen", "c-1")]
    assert [same.status, second.status] == [IntakeStatus.UNCHANGED, IntakeStatus.CREATED]
    with tenant_transaction(organization.pk):
        receivers = set(Invoice.objects.values_list("contact__email", flat=True))
    assert receivers == {"sanne@jansen.example"}


def test_h30_another_receiver_is_a_change_of_the_invoice(organization):
    take(organization, plain_invoice(contact=SANNE))
    before = stored(organization)

    [result] = take(
        organization, plain_invoice(contact={"id": "p-2", "email": "office@jansen.example"})
    )

    after = stored(organization)
    assert result.status is IntakeStatus.UPDATED
    assert after.content_hash != before.content_hash
    assert after.content_changed_at is not None
    assert events(organization)[-1] == "Changed by the REST API: Contact."
    assert len(contacts(organization)) == 2


def test_h30_an_invoice_without_the_contact_it_had_has_none(organization):
    take(organization, plain_invoice(contact=SANNE))

    [result] = take(organization, plain_invoice())

    assert (result.status, stored(organization).contact_id) == (IntakeStatus.UPDATED, None)
    assert len(contacts(organization)) == 1


def test_what_a_contact_is_called_changes_no_invoice(organization):
    take(organization, plain_invoice(contact=SANNE))

    [result] = take(
        organization, plain_invoice(contact={"id": "p-1", "last_name": "de Wit", "phone": "06"})
    )

    assert result.status is IntakeStatus.UNCHANGED
    assert contacts(organization) == [("p-1", "Sanne de Wit", "c-1")]
    assert len(events(organization)) == 1
    with tenant_transaction(organization.pk):
        assert Contact.objects.get().email == "sanne@jansen.example"


def test_h27_a_contact_of_another_client_does_not_receive_the_invoice(organization):
    other = {"id": "c-2", "name": "Slagerij Smit"}
    take(organization, plain_invoice(contact=SANNE))

    known, first, second = take(
        organization,
        plain_invoice(id="inv-2", number="2", client=other, contact=SANNE),
        plain_invoice(id="inv-3", number="3", client=other, contact=SANNE | {"id": "p-9"}),
        plain_invoice(id="inv-4", number="4", contact=SANNE | {"id": "p-9"}),
    )

    assert "belongs to client “c-1”" in refused(known)["contact"]
    assert first.status is IntakeStatus.CREATED
    assert "belongs to client “c-2”" in refused(second)["contact"]
    assert contacts(organization) == [
        ("p-1", "Sanne Jansen", "c-1"),
        ("p-9", "Sanne Jansen", "c-2"),
    ]


def test_a_contact_without_a_name_or_an_address_is_refused_and_stays_as_it_was(organization):
    [unknown] = take(organization, plain_invoice(contact="p-1"))
    [phone] = take(organization, plain_invoice(contact={"id": "p-1", "phone": "030 123"}))
    take(organization, plain_invoice(contact=SANNE))
    [emptied] = take(
        organization,
        plain_invoice(contact={"id": "p-1", "first_name": "", "last_name": " ", "email": ""}),
    )

    assert (
        refused(unknown)
        == refused(phone)
        == {"contact": "Contact “p-1” is not known: give a name or an e-mail address."}
    )
    assert "would leave it without" in refused(emptied)["contact"]
    assert contacts(organization) == [("p-1", "Sanne Jansen", "c-1")]


def test_a_refused_invoice_stores_no_contact(organization):
    [result] = take(organization, plain_invoice(contact=SANNE, net_amount="1.00"))

    assert (result.status, contacts(organization)) == (IntakeStatus.REFUSED, [])


def test_another_organization_has_its_own_contacts(organization):
    other = make_organization()
    take(organization, plain_invoice(contact=SANNE))

    [unknown] = take(other, plain_invoice(contact="p-1"))
    take(other, plain_invoice(contact=SANNE | {"first_name": "Theirs"}))

    assert unknown.status is IntakeStatus.REFUSED
    assert contacts(organization) == [("p-1", "Sanne Jansen", "c-1")]
    assert contacts(other) == [("p-1", "Theirs Jansen", "c-1")]


def test_contacts_cost_the_same_number_of_queries_whatever_their_number(organization):
    def invoices(name: str, count: int) -> list[dict[str, Any]]:
        return [
            plain_invoice(
                id=f"{name}-{n}",
                number=f"{name}-{n}",
                client={"id": f"{name}-{n}", "name": "x"},
                contact=SANNE | {"id": f"{name}-{n}"},
            )
            for n in range(count)
        ]

    take(organization, plain_invoice(contact=SANNE))

    with CaptureQueriesContext(connection) as few:
        take(organization, *invoices("few", 2))
    with CaptureQueriesContext(connection) as many:
        take(organization, *invoices("many", 100))
    moved = [
        invoice | {"contact": SANNE | {"id": f"new-{invoice['id']}"}}
        for invoice in invoices("many", 100)
    ]
    with CaptureQueriesContext(connection) as changed:
        results = take(organization, *moved)

    assert len(many) == len(few) <= 28
    assert {result.status for result in results} == {IntakeStatus.UPDATED}
    assert len(changed) <= 28


# --- Accounting details of a line --------------------------------------------------------------------------------------


def with_codes(**codes: str) -> dict[str, Any]:
    first, second = plain_invoice()["lines"]
    return plain_invoice(lines=[first | codes, second])


def test_h35_a_line_keeps_its_item_and_vat_code_and_h16_without_padding(organization):
    take(organization, with_codes(**CODES))

    [same] = take(organization, with_codes(item_code="DESIGN", vat_code="2"))

    assert same.status is IntakeStatus.UNCHANGED
    with tenant_transaction(organization.pk):
        codes = list(InvoiceLine.objects.values_list("item_code", "vat_code"))
    assert codes == [("DESIGN", "2"), ("", "")]


def test_h35_another_code_is_a_change_of_the_invoice(organization):
    take(organization, plain_invoice())
    before = stored(organization)

    [added] = take(organization, with_codes(**CODES))
    [removed] = take(organization, plain_invoice())

    assert (added.status, removed.status) == (IntakeStatus.UPDATED, IntakeStatus.UPDATED)
    assert events(organization)[-2:] == ["Changed by the REST API: Line 1."] * 2
    assert stored(organization).content_hash == before.content_hash


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    contact=st.none()
    | st.fixed_dictionaries(
        {
            "id": st.sampled_from(["a", "b"]),
            "email": st.sampled_from(["a@x.example", "b@x.example"]),
        }
    ),
    item_code=st.text(alphabet="AB ", max_size=4),
    vat_code=st.sampled_from(["", "2", " 2"]),
)
def test_whatever_the_contact_and_the_codes_the_same_again_changes_nothing(
    organization, contact, item_code, vat_code
):
    data = with_codes(item_code=item_code, vat_code=vat_code) | {"contact": contact}

    take(organization, data)
    [again] = take(organization, data)

    assert again.status is IntakeStatus.UNCHANGED


# --- In a file ---------------------------------------------------------------------------------------------------------

SANNE_IN_A_FILE: dict[str, Any] = {
    "contact_first_name": "Sanne",
    "contact_last_name": "Jansen",
    "contact_email": "Sanne@jansen.example",
}


@pytest.fixture
def importer():
    return Importer()


def test_h30_a_file_names_the_contact_and_h35_the_codes_of_a_line(importer):
    row = line("1", item_code=" DESIGN", vat_code="2 ", **SANNE_IN_A_FILE)

    run = importer.upload(as_file([row, line("1", 2)]))
    again = importer.upload(as_file([row, line("1", 2)], delimiter=","))

    assert (counts(run), run.problems) == ((1, 0, 0, 0), [])
    assert (counts(again), again.problems) == ((0, 1, 0, 0), [])
    with tenant_transaction(importer.organization.pk):
        invoice = Invoice.objects.select_related("contact").get()
        codes = list(invoice.lines.values_list("item_code", "vat_code"))
    assert codes == [("DESIGN", "2"), ("", "")]
    assert invoice.contact
    assert (str(invoice.contact), invoice.contact.source_id) == (
        "Sanne Jansen",
        "sanne@jansen.example (code:jansen)",
    )


def test_a_bookkeeper_of_two_clients_is_a_contact_of_each(importer):
    rows = [
        line("1", **SANNE_IN_A_FILE),
        line("2", customer_code="SMIT", customer_name="Slagerij Smit", **SANNE_IN_A_FILE),
    ]

    run = importer.upload(as_file(rows))

    assert (counts(run), run.problems) == ((2, 0, 0, 0), [])
    with tenant_transaction(importer.organization.pk):
        pairs = set(Invoice.objects.values_list("client__name", "contact__client__name"))
    assert pairs == {("Bakkerij Jansen",) * 2, ("Slagerij Smit",) * 2}


def test_a_contact_that_came_through_the_api_is_known_in_a_file_by_the_address(importer):
    first = plain_invoice()["lines"][0]
    take(
        importer.organization,
        plain_invoice(number="1", subsidiary=None, contact=SANNE, lines=[first]),
    )
    row = line(
        "1",
        invoice_date="2026-11-01",
        due_date="2026-12-01",
        description="Design",
        **SANNE_IN_A_FILE,
    )

    same = importer.upload(as_file([row]))
    other = importer.upload(as_file([row | {"contact_email": "office@jansen.example"}]))

    assert (counts(same), same.problems) == ((0, 1, 0, 0), [])
    assert counts(other) == (0, 0, 1, 0)
    assert "(Contact)" in other.problems[0]["sentence"]


def test_the_files_version_brings_its_contact_and_codes(importer):
    importer.upload(as_file([line("1")]))
    importer.upload(as_file([line("1", item_code="DESIGN", **SANNE_IN_A_FILE)]))

    with tenant_transaction(importer.organization.pk):
        conflict = IntakeConflict.objects.select_related("invoice").get()
        assert [change["label"] for change in conflict.differences] == [
            "Contact",
            "Line 1: item code",
        ]
        conflicts.use_theirs(conflict=conflict, user=importer.user, now=NOW)
        invoice = Invoice.objects.select_related("contact").get()
        assert (str(invoice.contact), invoice.lines.get().item_code) == ("Sanne Jansen", "DESIGN")

    again = importer.upload(as_file([line("1", item_code="DESIGN", **SANNE_IN_A_FILE)]), again=True)
    assert (counts(again), again.problems) == ((0, 1, 0, 0), [])


def test_h27_another_client_in_a_file_does_not_keep_the_contact_of_the_first(importer):
    take(importer.organization, plain_invoice(number="1", subsidiary=None, contact=SANNE))

    importer.upload(as_file([line("1", customer_code="SMIT", customer_name="Slagerij Smit")]))

    with tenant_transaction(importer.organization.pk):
        conflict = IntakeConflict.objects.select_related("invoice").get()
        conflicts.use_theirs(conflict=conflict, user=importer.user, now=NOW)
        invoice = Invoice.objects.select_related("client", "contact").get()
    assert (invoice.client.name, invoice.contact) == ("Slagerij Smit", None)


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ({"contact_email": "sanne at jansen"}, "contact_email", "is not an e-mail address"),
        ({"contact_phone": "030 123"}, "contact_email", "give a name or an e-mail address"),
        ({"item_code": "x" * 31}, "item_code", "longer than 30 characters"),
        ({"vat_code": "x" * 11}, "vat_code", "longer than 10 characters"),
    ],
)
def test_a_fault_in_the_new_columns_is_named_at_its_cell(importer, cells, column, sentence):
    run = importer.upload(as_file([line("1"), line("2", **cells)]))

    assert counts(run) == (1, 0, 0, 1)
    [problem] = run.problems
    assert (problem["row"], problem["column"]) == (3, column)
    assert sentence in problem["sentence"]


def test_a_contact_that_differs_within_an_invoice_of_a_file_is_named(importer):
    rows = [
        line("1", 1, **SANNE_IN_A_FILE),
        line("1", 2, **SANNE_IN_A_FILE | {"contact_email": "office@jansen.example"}),
    ]

    run = importer.upload(as_file(rows))

    assert counts(run) == (0, 0, 0, 1)
    assert [(problem["row"], problem["column"]) for problem in run.problems] == [
        (3, "contact_email")
    ]
