"""Many invoices copied in one go, from the list to the result (B-4, UI.md behavior 11)."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from invoices.bulk import runs
from invoices.bulk.reading import read_progress
from invoices.causes.parts import About, Cause
from invoices.models import BulkCopy, CopyKind, CopyRequest, CopyState, Invoice, InvoiceKind
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
RATE = Cause("vat_missing", About.TAX_RATE, 9, "NL 9 %", "tax_categories")
CLIENT = Cause("customer_ambiguous", About.CLIENT, 3, "De Boer")


class Office:
    """An organization with a working connection and a finance user."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization, default_vat_code="2"
        )
        with self.rows():
            lanes.seat(self.connection)
        self.finance = factories.make_user(organization=self.organization, role=Role.FINANCE)
        self.browser = factories.sign_in(self.finance)

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def invoices(self, count):
        return [
            factories.make_invoice(
                organization=self.organization, subsidiary=self.connection.subsidiary
            )
            for _ in range(count)
        ]

    def choose(self, invoices, **fields):
        """Tick them on the list and press Copy to Exact."""
        data = {"invoice": [one.pk for one in invoices], "action": "copy", **fields}
        answer = self.browser.post("/invoices/bulk/", data)
        with self.rows():
            return answer, BulkCopy.objects.first()

    def sum_of(self, ticked):
        """What the list's bar says that the ticked invoices add up to."""
        answer = self.browser.post("/invoices/bulk/selection/", ticked)
        return re.sub(r"(<[^>]+>|\s)+", " ", answer.content.decode()).strip()

    def start(self, bulk):
        self.browser.post(f"/invoices/bulk/{bulk.pk}/start/")
        with self.rows():
            bulk.refresh_from_db()
        return bulk

    def set(self, invoice, state, causes=()):
        """Say what became of an invoice's copy, in the steps that the database allows."""
        with self.rows():
            rows = CopyRequest.objects.filter(invoice=invoice, state=CopyState.QUEUED)
            if state == CopyState.COPIED:
                asked_at = rows.get().requested_at
                rows.update(state=CopyState.CANCELLED)
                made = factories.make_copy_request(
                    invoice=invoice,
                    connection=self.connection,
                    state=state,
                    requested_at=asked_at,
                )
                factories.make_posted_document(
                    invoice=invoice, connection=self.connection, copy_request=made
                )
                return
            rows.update(
                state=state,
                problem_code=causes[0].code if causes else "",
                problem_causes=[cause.to_json() for cause in causes],
            )

    def words(self, bulk):
        with self.rows():
            return read_progress(bulk).words

    def text(self, path, browser=None):
        page = (browser or self.browser).get(path)
        content = page.getvalue() if page.streaming else page.content
        return " ".join(unescape(content.decode()).split())


@pytest.fixture
def office():
    return Office()


def test_b4_credit_notes_are_taken_off_the_totals_before_the_start(office):
    chosen = office.invoices(2)
    chosen.append(
        factories.make_invoice(
            organization=office.organization,
            subsidiary=office.connection.subsidiary,
            kind=InvoiceKind.CREDIT_NOTE,
        )
    )
    _answer, bulk = office.choose(chosen)

    said = "121.00 EUR 1 credit note subtracted"
    words = re.sub(r"(<[^>]+>|\s)+", " ", office.text(f"/invoices/bulk/{bulk.pk}/"))
    assert said in words
    # While they are still being ticked in the list, on this page and on others, and for all that match its filter.
    ids = [one.pk for one in chosen]
    for ticked in (
        {"invoice": ids[:1], "elsewhere": ",".join(map(str, ids[1:]))},
        {"all": "on", "filter": "currency=EUR", "invoice": ids[:1]},
    ):
        assert said in office.sum_of(ticked)
    assert office.sum_of({"all": "on", "filter": "kind=invoice"}) == "242.00 EUR"
    assert office.sum_of({"all": "on", "filter": "copy=copied"}) == ""
    assert office.sum_of({"invoice": ids[:2]}) == "242.00 EUR"


def test_b4_a_month_end_ends_in_numbers_and_causes_and_can_be_tried_again(office):
    invoices = office.invoices(5)
    answer, bulk = office.choose(invoices)
    assert answer["Location"] == f"/invoices/bulk/{bulk.pk}/"
    assert "Copy 5 invoices to Exact" in office.text(answer["Location"])

    office.start(bulk)
    assert office.words(bulk) == "0 copied, 5 under way"
    for one in invoices[:2]:
        office.set(one, CopyState.COPIED)
    for one in invoices[2:4]:
        office.set(one, CopyState.NEEDS_CHOICE, [RATE])
    office.set(invoices[4], CopyState.NEEDS_CHOICE, [RATE, CLIENT])

    assert office.words(bulk) == "2 copied, 3 need you, 2 causes"
    page = office.text(f"/invoices/bulk/{bulk.pk}/?outcome=needs_you")
    assert "Tax rate NL 9 % has no VAT code." in page
    assert invoices[4].number in page
    assert f">{invoices[0].number}<" not in page
    table = office.text(f"/invoices/bulk/{bulk.pk}/result.csv?outcome=copied")
    assert (table.count("Copied"), table.count("Needs you")) == (2, 0)
    # The page offers that file with either decimal mark.
    for decimals, amount in (("comma", "121,00"), ("point", "121.00")):
        file = f"/invoices/bulk/{bulk.pk}/result.csv?outcome=needs_you&decimals={decimals}"
        assert f'href="{file}"' in page
        assert office.text(file).count(amount) == 3

    office.browser.post(f"/invoices/bulk/{bulk.pk}/retry/")
    assert office.words(bulk) == "2 copied, 3 under way"
    office.browser.post(f"/invoices/bulk/{bulk.pk}/stop/")
    assert office.words(bulk) == "2 copied, 3 given up"


def test_b10_retry_takes_what_is_mended_and_says_why_the_others_stay(office):
    mended, lacking = (
        office.invoices(1)[0],
        factories.make_invoice(
            organization=office.organization,
            subsidiary=office.connection.subsidiary,
            lines=[{"net_amount": "100.00", "rate": "9"}],
        ),
    )
    _, bulk = office.choose([mended, lacking])
    office.start(bulk)
    for one in (mended, lacking):
        office.set(one, CopyState.NEEDS_CHOICE, [RATE])

    answer = office.browser.post(f"/invoices/bulk/{bulk.pk}/retry/", follow=True)

    said = " ".join(unescape(answer.content.decode()).split())
    why = "Exact would book another VAT amount than the invoice says."
    assert "1 invoice is tried again." in said
    assert f"1 invoice still needs you and was left as it is: {why} (1)" in said
    assert office.words(bulk) == "0 copied, 1 under way, 1 needs you, 1 cause"
    with office.rows():
        held = CopyRequest.objects.get(state=CopyState.NEEDS_CHOICE)
    assert (held.invoice_id, held.problem_code) == (lacking.pk, "vat_differs")
    page = office.text(f"/invoices/bulk/{bulk.pk}/")
    assert "NL 9 % has no VAT code" not in page


def test_b4_all_that_match_reaches_over_pages_and_starting_twice_asks_once(office):
    office.invoices(3)
    other = factories.make_invoice(
        organization=office.organization, subsidiary=office.connection.subsidiary, currency="USD"
    )

    _, bulk = office.choose([], all="on", filter="currency=EUR")
    office.start(office.start(bulk))

    with office.rows():
        assert CopyRequest.objects.filter(kind=CopyKind.CREATE).count() == 3
        assert not CopyRequest.objects.filter(invoice=other).exists()


def test_b4_what_cannot_be_copied_is_left_out_with_its_reason(office):
    plain, copied = office.invoices(2)
    factories.make_posted_document(invoice=copied, connection=office.connection)
    elsewhere = factories.make_invoice(organization=office.organization)

    _, bulk = office.choose([plain, copied, elsewhere])
    office.start(bulk)

    assert office.words(bulk) == "0 copied, 1 under way, 2 left out"
    page = office.text(f"/invoices/bulk/{bulk.pk}/?outcome=left_out")
    assert "It is in Exact already." in page
    assert "no working connection" in page


def test_b4_ids_of_others_and_of_nobody_are_not_chosen(office):
    theirs = Office()
    (foreign,) = theirs.invoices(1)

    answer, bulk = office.choose([foreign])

    assert bulk is None
    assert answer["Location"].startswith("/invoices/")
    _, own = theirs.choose([foreign])
    assert office.browser.get(f"/invoices/bulk/{own.pk}/").status_code == 404
    assert office.browser.post(f"/invoices/bulk/{own.pk}/start/").status_code == 404


def test_b4_viewers_see_no_boxes_and_no_buttons(office):
    office.invoices(1)
    viewer = factories.make_user(organization=office.organization, role=Role.VIEWER)

    assert "bulk-all" in office.text("/invoices/")
    assert "bulk-all" not in office.text("/invoices/", factories.sign_in(viewer))


def test_b4_waiting_copies_are_cancelled_from_the_list(office):
    invoices = office.invoices(2)
    _, bulk = office.choose(invoices)
    office.start(bulk)

    office.choose(invoices, action="cancel")

    assert office.words(bulk) == "0 copied, 2 given up"


def test_b4_progress_says_nothing_while_nothing_changes_and_stops_asking_at_the_end(office):
    (invoice,) = office.invoices(1)
    _, bulk = office.choose([invoice])
    office.start(bulk)
    path = f"/invoices/bulk/{bulk.pk}/progress/"
    with office.rows():
        token = read_progress(bulk).token

    assert office.browser.get(path, {"seen": token}).status_code == 204
    assert "hx-trigger" in office.text(path)
    office.set(invoice, CopyState.COPIED)
    assert "hx-trigger" not in office.text(path)


def test_reliability_a18_5000_are_accepted_in_few_statements_and_little_computing(office):
    (like,) = office.invoices(1)
    with office.rows():
        rows = [
            Invoice(
                **{
                    field.attname: getattr(like, field.attname)
                    for field in Invoice._meta.concrete_fields
                    if field.attname not in {"id", "source_id"}
                },
                source_id=f"bulk-{number}",
            )
            for number in range(4_999)
        ]
        Invoice.objects.bulk_create(rows)
        bulk = runs.choose(
            organization=office.organization,
            user=office.finance,
            now=NOW,
            ids=list(Invoice.objects.values_list("pk", flat=True)),
        )
        assert bulk is not None
        began = time.process_time()
        with CaptureQueriesContext(database) as statements:
            count = runs.start(bulk, user=office.finance, now=NOW)
        seconds = time.process_time() - began
        with CaptureQueriesContext(database) as asked:
            words = read_progress(bulk).words

    assert (count, words) == (5_000, "0 copied, 5000 under way")
    assert len(statements) < 45
    assert len(asked) < 15
    # The program's own, without PostgreSQL's and without waiting for others on the machine: how long a person waits is measured
    # by `python -m benchmarks.invoices`.
    assert seconds < 5, f"accepted with {seconds:.2f} s of the CPU"
