"""The REST API: invoices in under the caller's own id, their state out, one error shape."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from connector.tenancy.api_keys import create_api_key
from connector.tenancy.models import Plan
from connector.tenancy.scope import tenant_transaction
from invoices import paid_by_hand
from invoices.models import CopyState, Invoice, InvoiceEvent, InvoiceLine
from tests.factories import (
    make_connection,
    make_copy_request,
    make_organization,
    make_posted_document,
    make_user,
)
from tests.invoices.test_intake import plain_invoice

pytestmark = pytest.mark.django_db


class Program:
    """A program that speaks to the API with an organization's key."""

    def __init__(self, organization: Any) -> None:
        self.organization = organization
        with tenant_transaction(organization.pk):
            _, self.key = create_api_key(
                name="PSA", created_by=None, organization_id=organization.pk
            )

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        options.setdefault("content_type", "application/json")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Browser().generic(
            method,
            f"/api/v1/{path}",
            data if body is not None else b"",
            headers={"Authorization": f"Bearer {self.key}"},
            **options,
        )


@pytest.fixture
def program():
    return Program(make_organization())


def test_an_invoice_sent_twice_is_stored_once(program):
    first = program.send("POST", "invoices/", plain_invoice())
    second = program.send("PUT", "invoices/inv-1/", plain_invoice())

    assert (first.status_code, first.json()["result"]) == (201, "created")
    assert (second.status_code, second.json()["result"]) == (200, "unchanged")
    assert first.json()["invoice"] == second.json()["invoice"]
    assert first.json()["invoice"] | {"updated_at": "", "url": ""} == {
        "id": "inv-1",
        "kind": "invoice",
        "state": "draft",
        "number": "2026-001",
        "invoice_date": "2026-11-01",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "net_amount": "1010.50",
        "vat_amount": "210.95",
        "gross_amount": "1221.45",
        "paid_on": None,
        "client": {"id": "c-1", "name": "Bakkerij Jansen"},
        "contact": None,
        "subsidiary": {"id": "nl", "name": "Studio Noord B.V."},
        "files": [],
        "copy": {
            "state": "not_copied",
            "problem": "",
            "exact_id": None,
            "exact_number": "",
            "entry_number": None,
            "journal": "",
            "copied_at": None,
            "delivery": "",
        },
        "payment": {
            "status": "open",
            "paid_amount": "0.00",
            "open_amount": "1221.45",
            "paid_date": None,
            "read_at": None,
            "paid_by_hand": None,
        },
        "url": "",
        "updated_at": "",
    }


# --- Many at once ---------------------------------------------------------------------------------------------------


def generated(index: int) -> dict[str, Any]:
    """One of many different invoices: three lines, some credit notes, some without a number."""
    lines = [
        {
            "id": f"{index}-{position}",
            "description": f"Work package {position} of project {index % 50}",
            "quantity": "12.5",
            "unit_price": "100.00",
            "net_amount": f"{(index * 37 + position * 11) % 5000}.{index % 100:02}",
            "tax_rate": {"id": f"r{rate}", "percentage": str(rate)},
            "service_type": {"id": f"st{position}", "name": f"Service {position}"},
        }
        for position, rate in enumerate((21, 9, 0))
    ]
    return {
        "id": f"bulk/{index}",
        "number": f"B{index:06}" if index % 11 else "",
        "kind": "credit_note" if index % 20 == 0 else "invoice",
        "invoice_date": f"2026-{index % 12 + 1:02}-15",
        "currency": ("EUR", "USD", "GBP")[index % 3],
        "subsidiary": {"id": f"s{index % 3}", "name": f"Company {index % 3}"},
        "client": {"id": f"c{index % 200}", "name": f"Client {index % 200}"},
        "lines": lines,
    }


def test_five_thousand_invoices_go_in_by_batches_and_the_same_again_changes_nothing(program):
    """The acceptance list: 5,000 invoices in batches, well under a minute, and a second time without a change."""
    invoices = [generated(index) for index in range(5_000)]
    batches = [invoices[start : start + 500] for start in range(0, 5_000, 500)]

    started = time.monotonic()
    first = [
        program.send("POST", "invoices/batch/", {"invoices": batch}).json() for batch in batches
    ]
    seconds = time.monotonic() - started
    with tenant_transaction(program.organization.pk):
        before = (
            list(Invoice.objects.order_by("id").values()),
            list(InvoiceLine.objects.order_by("id").values()),
            InvoiceEvent.objects.count(),
        )
    second = [
        program.send("POST", "invoices/batch/", {"invoices": batch}).json() for batch in batches
    ]

    assert sum(answer["counts"]["created"] for answer in first) == 5_000
    assert sum(answer["counts"]["unchanged"] for answer in second) == 5_000
    with tenant_transaction(program.organization.pk):
        after = (
            list(Invoice.objects.order_by("id").values()),
            list(InvoiceLine.objects.order_by("id").values()),
            InvoiceEvent.objects.count(),
        )
    assert after == before
    assert seconds < 60


def test_a_batch_says_of_each_invoice_what_became_of_it(program):
    program.send("POST", "invoices/", plain_invoice(id="known", number="K1"))
    body = {
        "invoices": [
            plain_invoice(id="new", number="N1"),
            plain_invoice(id="known", number="K1"),
            plain_invoice(id="known-2", number="K1"),
            plain_invoice(id="bad", number="X", currency="EURO"),
            "not an object",
            plain_invoice(id="new", number="N1"),
            plain_invoice(id="new", number="N2"),
        ]
    }

    answer = program.send("POST", "invoices/batch/", body)

    assert answer.status_code == 200
    assert [(item["id"], item["result"]) for item in answer.json()["results"]] == [
        ("new", "created"),
        ("known", "unchanged"),
        ("known-2", "conflict"),
        ("bad", "refused"),
        (None, "refused"),
        ("new", "unchanged"),
        ("new", "refused"),
    ]
    assert answer.json()["counts"] == {
        "created": 1,
        "updated": 0,
        "unchanged": 2,
        "conflict": 1,
        "refused": 3,
    }
    problems = [item["problems"] for item in answer.json()["results"]]
    assert problems[2]["number"] == [
        "Number K1 already belongs to your invoice “known” in this subsidiary."
    ]
    assert "ISO 4217" in problems[3]["currency"][0]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"invoices": []}, "A batch holds 1 to 500 invoices; this one has 0."),
        ({"invoices": [{}] * 501}, "this one has 501. Send several batches."),
        ([plain_invoice()], 'one field, "invoices"'),
        ({"invoices": [], "dry_run": True}, 'one field, "invoices"'),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(program, body, sentence):
    answer = program.send("POST", "invoices/batch/", body)

    assert answer.status_code == 422
    assert sentence in answer.json()["error"]["message"]


# --- Reading back -----------------------------------------------------------------------------------------------------


def test_the_list_pages_without_leaving_out_or_repeating(program):
    program.send(
        "POST", "invoices/batch/", {"invoices": [generated(index) for index in range(120)]}
    )
    seen: list[str] = []
    address = "invoices/?limit=50"
    pages = 0

    while address:
        page = program.send("GET", address).json()
        seen += [invoice["id"] for invoice in page["results"]]
        address = page["next"].split("/api/v1/")[1] if page["next"] else ""
        pages += 1

    assert (pages, len(seen), len(set(seen))) == (3, 120, 120)


def test_the_list_gives_what_changed_since(program):
    program.send("POST", "invoices/", plain_invoice(id="a", number="A"))
    program.send("POST", "invoices/", plain_invoice(id="b", number="B"))
    updated_at = program.send("GET", "invoices/b/").json()["updated_at"]

    program.send("PUT", "invoices/a/", plain_invoice(id="a", number="A", subject="Changed"))
    # The + of a time zone that was not escaped arrives as a space.
    changed = program.send(
        "GET", f"invoices/?updated_since={updated_at.replace('Z', '+00:00')}"
    ).json()

    assert [invoice["id"] for invoice in changed["results"]] == ["b", "a"]
    assert (
        program.send("GET", "invoices/?updated_since=2100-01-01T00:00:00Z").json()["results"] == []
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-01-01T00:00:00", "updated_since"),
        ("updated_since=2026-13-45T00:00:00Z", "updated_since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=bm9uc2Vuc2U=", "cursor"),
    ],
)
def test_a_query_that_cannot_be_read_is_named(program, query, field):
    answer = program.send("GET", f"invoices/?{query}")

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]


def test_an_id_may_hold_a_slash(program):
    assert (
        program.send("PUT", "invoices/2026%2F01/", plain_invoice(id="2026/01")).status_code == 201
    )
    assert program.send("GET", "invoices/2026%2F01/").json()["id"] == "2026/01"


@pytest.mark.parametrize(
    "path",
    ["invoices/a%00b/", "clients/a%00b/", "invoices/" + "x" * 500 + "/", "invoices/?number=%00"],
)
def test_an_id_that_cannot_exist_is_not_found(program, path):
    assert program.send("GET", path).status_code in {200, 404}
    assert program.send("GET", path).json().get("results", []) == []


def test_an_invoice_that_was_copied_and_paid_says_so(program):
    program.send("POST", "invoices/", plain_invoice())
    exact = make_connection(organization=program.organization)
    with tenant_transaction(program.organization.pk):
        row = Invoice.objects.get()
    document = make_posted_document(invoice=row, connection=exact)
    with tenant_transaction(program.organization.pk):
        Invoice.objects.update(payment_status="partly_paid", paid_amount=Decimal("221.45"))

    answer = program.send("GET", "invoices/inv-1/").json()

    assert (answer["copy"]["state"], answer["copy"]["exact_number"], answer["copy"]["journal"]) == (
        "copied",
        str(document.invoice_number),
        "70",
    )
    assert (
        answer["payment"]["status"],
        answer["payment"]["paid_amount"],
        answer["payment"]["open_amount"],
    ) == (
        "partly_paid",
        "221.45",
        "1000.00",
    )


def test_d12_a_mark_by_hand_is_told_and_cannot_be_sent(program):
    femke = make_user(organization=program.organization, name="Femke Smit")
    program.send("POST", "invoices/", plain_invoice(state="finalized"))
    with tenant_transaction(program.organization.pk):
        invoice = Invoice.objects.get()
        now = timezone.now()
        today = timezone.localdate(now)
        mark = paid_by_hand.mark_paid(
            invoice=invoice, paid_date=today, note="Cash", user=femke, now=now
        )

    payment = program.send("GET", "invoices/inv-1/").json()["payment"]

    assert payment == {
        "status": "paid",
        "paid_amount": "1221.45",
        "open_amount": "0.00",
        "paid_date": today.isoformat(),
        "read_at": None,
        "paid_by_hand": {"date": today.isoformat(), "by": "Femke Smit", "note": "Cash"},
    }
    with tenant_transaction(program.organization.pk):
        paid_by_hand.undo(mark=mark, user=femke, now=now)
    assert program.send("GET", "invoices/inv-1/").json()["payment"]["paid_by_hand"] is None
    sent = program.send("POST", "invoices/", plain_invoice(paid_by_hand={"note": "x"}))
    assert (sent.status_code, "paid_by_hand" in sent.json()["error"]["fields"]) == (422, True)


def test_an_invoice_that_needs_a_person_says_why(program):
    program.send("POST", "invoices/", plain_invoice())
    exact = make_connection(organization=program.organization)
    with tenant_transaction(program.organization.pk):
        row = Invoice.objects.get()
    sentence = "Journal 70 is blocked in Exact."
    make_copy_request(
        invoice=row, connection=exact, state=CopyState.NEEDS_CHOICE, problem_sentence=sentence
    )

    copy = program.send("GET", "invoices/inv-1/").json()["copy"]

    assert (copy["state"], copy["problem"]) == ("needs_attention", sentence)


def test_a_change_during_a_copy_is_a_conflict(program):
    program.send("POST", "invoices/", plain_invoice())
    exact = make_connection(organization=program.organization)
    with tenant_transaction(program.organization.pk):
        row = Invoice.objects.get()
    make_copy_request(invoice=row, connection=exact, state=CopyState.UNKNOWN)

    answer = program.send("PUT", "invoices/inv-1/", plain_invoice(subject="Changed"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "A copy to Exact is under way" in answer.json()["error"]["message"]


# --- What is refused --------------------------------------------------------------------------------------------------


def changed_line(**fields: Any) -> dict[str, Any]:
    invoice = plain_invoice()
    return invoice | {"lines": [invoice["lines"][0] | fields, invoice["lines"][1]]}


BAD_INVOICES = [
    (plain_invoice(currency="EURO"), "currency", "not an ISO 4217 currency code"),
    (plain_invoice(currency="XXX"), "currency", "not an ISO 4217 currency code"),
    (plain_invoice(client={"id": "unknown"}), "client.name", "its name is missing"),
    (plain_invoice(client={"name": "No id"}), "client.id", "your own id"),
    (
        plain_invoice(client={"id": "x", "name": " \u0000\t "}),
        "client.name",
        "its name is missing",
    ),
    (plain_invoice(id=1042), "id", "Send this as text"),
    (plain_invoice(id="x" * 121), "id", "longer than 120 characters"),
    (plain_invoice(invoice_date="31-03-2026"), "invoice_date", "YYYY-MM-DD"),
    (plain_invoice(invoice_date="2026-02-30"), "invoice_date", "not a day of the calendar"),
    (plain_invoice(invoice_date=1767225600), "invoice_date", "YYYY-MM-DD"),
    (plain_invoice(due_date="0001-01-01"), "due_date", "between 1990 and 2100"),
    (plain_invoice(kind="proforma"), "kind", "'invoice' or 'credit_note'"),
    (plain_invoice(colour="red"), "colour", "no field with this name"),
    (plain_invoice(payment_status="paid"), "payment_status", "no field with this name"),
    (plain_invoice(organization_id=1), "organization_id", "no field with this name"),
    (plain_invoice(source_url="javascript:alert(1)"), "source_url", "https://"),
    (plain_invoice(lines=[]), "lines", "at least one line"),
    (plain_invoice(lines=[plain_invoice()["lines"][1]] * 1001), "lines", "at most 1,000"),
    (plain_invoice(net_amount="1.00"), "net_amount", "the lines add up to 1,010.50 EUR"),
    (plain_invoice(vat_amount="200.00"), "vat_amount", "the lines give 210.95 EUR"),
    (plain_invoice(vat_amount="210.95", gross_amount="1.00"), "gross_amount", "is 1,221.45 EUR"),
    (plain_invoice(subsidiary={"id": "unknown"}), "subsidiary.name", "not known yet"),
    (changed_line(net_amount="1.005"), "lines.0.net_amount", "more decimals than EUR allows"),
    (changed_line(net_amount="1e400"), "lines.0.net_amount", "not a number we can read"),
    (changed_line(net_amount="NaN"), "lines.0.net_amount", "not a number we can read"),
    (changed_line(net_amount="1000000000000"), "lines.0.net_amount", "too large"),
    (changed_line(net_amount=True), "lines.0.net_amount", "with a point"),
    (changed_line(net_amount=None), "lines.0.net_amount", "with a point"),
    (changed_line(net_amount="1.000,50"), "lines.0.net_amount", "not a number we can read"),
    (changed_line(vat_amount="1.00"), "lines.0.vat_amount", "is 210.00 EUR"),
    (changed_line(service_type="alchemy"), "lines.0.service_type", "“alchemy” is not known"),
    (changed_line(service_type={"name": "x"}), "lines.0.service_type.id", "required"),
    (changed_line(tax_rate="unknown"), "lines.0.tax_rate", "“unknown” is not known"),
    (
        changed_line(tax_rate={"id": "x", "percentage": "101"}),
        "lines.0.tax_rate.percentage",
        "between 0 and 100",
    ),
    (changed_line(tax_rate=None), "lines.0.tax_rate", "Without a tax rate"),
    (changed_line(item_code="x" * 31), "lines.0.item_code", "longer than 30 characters"),
    (changed_line(vat_code="x" * 11), "lines.0.vat_code", "longer than 10 characters"),
    (changed_line(vat_code=2), "lines.0.vat_code", "Send this as text"),
    (plain_invoice(contact={"id": "p"}), "contact", "“p” is not known"),
    (plain_invoice(contact={"email": "a@b.example"}), "contact.id", "required"),
    (plain_invoice(contact={"id": "p", "email": "a@b"}), "contact.email", "not an e-mail address"),
    (plain_invoice(contact=[]), "contact", "named fields"),
    (changed_line(description="x" * 20_001), "lines.0.description", "longer than 20000 characters"),
    (
        changed_line(period_from="2026-02-01", period_to="2026-01-01"),
        "lines.0.period_to",
        "ends before",
    ),
]


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [pytest.param(*case, id=f"{number}-{case[1]}") for number, case in enumerate(BAD_INVOICES)],
)
def test_bad_input_is_refused_with_a_sentence_and_stores_nothing(program, body, field, sentence):
    answer = program.send("POST", "invoices/", body)

    assert answer.status_code == 422, answer.content
    assert any(sentence in text for text in answer.json()["error"]["fields"][field]), answer.json()
    with tenant_transaction(program.organization.pk):
        assert (Invoice.objects.count(), InvoiceLine.objects.count()) == (0, 0)


def test_everything_wrong_with_an_invoice_is_named_at_once(program):
    answer = program.send(
        "POST",
        "invoices/",
        plain_invoice(currency="EURO", invoice_date="soon", number="x" * 61, client={"id": "c"}),
    )

    assert set(answer.json()["error"]["fields"]) == {"currency", "invoice_date", "number"}


@pytest.mark.parametrize(
    ("body", "options", "status", "code"),
    [
        (b"{", {}, 400, "parse_error"),
        (b'{"id": NaN}', {}, 400, "parse_error"),
        (b"\xff\xfe", {}, 400, "parse_error"),
        (b"[" * 100_000, {}, 400, "parse_error"),
        (
            b"id=1",
            {"content_type": "application/x-www-form-urlencoded"},
            415,
            "unsupported_media_type",
        ),
        (b" " * (24 * 2**20 + 1), {}, 413, "too_large"),
        (b"null", {}, 422, "invalid"),
        (b"[]", {}, 422, "invalid"),
    ],
    ids=["broken", "NaN", "not UTF-8", "nested", "form", "large", "null", "list"],
)
def test_a_body_that_is_no_invoice_is_refused_in_the_one_error_shape(
    program, body, options, status, code
):
    answer = program.send("POST", "invoices/", body, **options)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_a_long_description_with_control_characters_is_kept_clean_and_whole(program):
    text = "Ré\u0000sumé\u202e\x07 \ud83d\ude00\n" + "x" * 10_000

    program.send("POST", "invoices/", changed_line(description=text))

    with tenant_transaction(program.organization.pk):
        stored = InvoiceLine.objects.get(position=1).description
    assert stored == "Résumé 😀\n" + "x" * 10_000


def test_a_number_with_a_point_is_read_exactly(program):
    body = json.dumps(changed_line()).replace('"1000.00"', "1000.10").encode()

    program.send("POST", "invoices/", body)

    with tenant_transaction(program.organization.pk):
        assert InvoiceLine.objects.get(position=1).net_amount == Decimal("1000.10")


def test_the_address_and_the_body_must_agree_on_the_id(program):
    answer = program.send("PUT", "invoices/inv-2/", plain_invoice())

    assert answer.status_code == 422
    assert "differs from the one in the address" in answer.json()["error"]["message"]


# --- Who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["invoices/", "invoices/inv-1/", "clients/", "subsidiaries/", "service-types/", "tax-rates/"],
)
@pytest.mark.parametrize(
    "key", ["", "Bearer nonsense", "Bearer exc_1_wrong", "Bearer exc_99999999999999999999_x"]
)
def test_without_a_live_key_nothing_is_answered(path, key):
    answer = Browser().get(f"/api/v1/{path}", headers={"Authorization": key} if key else {})

    assert answer.status_code == 401
    assert "Settings > API keys" in answer.json()["error"]["message"]


def test_another_organization_neither_sees_nor_changes_an_invoice(program):
    program.send("POST", "invoices/", plain_invoice())
    stranger = Program(make_organization())

    assert stranger.send("GET", "invoices/inv-1/").status_code == 404
    assert stranger.send("GET", "invoices/").json()["results"] == []
    assert stranger.send("GET", "clients/c-1/").status_code == 404
    # The same ids are the stranger's own: a new invoice of theirs, and ours stays.
    assert (
        stranger.send("PUT", "invoices/inv-1/", plain_invoice(subject="Theirs")).status_code == 201
    )
    assert program.send("POST", "invoices/", plain_invoice()).json()["result"] == "unchanged"


# --- Master data ----------------------------------------------------------------------------------------------------------


def test_master_data_is_kept_up_to_date_by_id(program):
    made = program.send("PUT", "service-types/design/", {"name": "Design"})
    renamed = program.send(
        "PUT", "service-types/design/", {"name": "Design work", "archived": True}
    )

    assert (made.status_code, made.json()) == (
        201,
        {"id": "design", "name": "Design", "archived": False},
    )
    assert (renamed.status_code, renamed.json()) == (
        200,
        {"id": "design", "name": "Design work", "archived": True},
    )
    assert program.send("GET", "service-types/").json()["results"] == [renamed.json()]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("clients/c1/", {}, "name"),
        ("clients/c1/", {"name": "x", "balance": 3}, "balance"),
        ("subsidiaries/s1/", {"name": "x", "country": "Holland"}, "country"),
        ("tax-rates/t1/", {"name": "x"}, "percentage"),
        ("tax-rates/t1/", {"name": "x", "percentage": "-1"}, "percentage"),
    ],
)
def test_master_data_that_is_not_right_is_named(program, path, body, field):
    answer = program.send("PUT", path, body)

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]


def test_a_percentage_that_invoices_carry_stays(program):
    program.send("POST", "invoices/", plain_invoice())

    answer = program.send("PUT", "tax-rates/nl21/", {"percentage": "22"})

    assert answer.status_code == 422
    assert "new tax rate" in answer.json()["error"]["message"]
    assert (
        program.send("PUT", "tax-rates/nl21/", {"name": "High rate"}).json()["percentage"] == "21"
    )


def test_fields_of_a_client_that_are_left_out_stay(program):
    program.send(
        "PUT",
        "clients/c-1/",
        {"name": "Bakkerij Jansen", "vat_number": "NL1", "email": "a@b.example"},
    )
    program.send("POST", "invoices/", plain_invoice(client={"id": "c-1", "city": "Utrecht"}))

    client = program.send("GET", "clients/c-1/").json()

    assert (client["name"], client["vat_number"], client["email"], client["city"]) == (
        "Bakkerij Jansen",
        "NL1",
        "a@b.example",
        "Utrecht",
    )


# --- The description --------------------------------------------------------------------------------------------------------


def test_the_description_is_openapi_31_and_every_example_in_it_works(program):
    document = Browser().get("/api/v1/schema/?format=json").json()

    assert document["openapi"].startswith("3.1")
    examples = [
        (method, path, example["value"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for example in operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("examples", {})
        .values()
    ]
    assert len(examples) == 7
    for method, path, value in examples:
        address = path.removeprefix("/api/v1/").replace("{source_id}", str(value.get("id")))
        assert program.send(method.upper(), address, value).status_code in {200, 201}


def test_every_reference_in_the_description_leads_somewhere():
    text = Browser().get("/api/v1/schema/?format=json").content.decode()

    schemas = json.loads(text)["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= schemas.keys()


def test_the_description_can_be_read_as_a_page():
    page = Browser().get("/api/").content.decode()

    assert "Send up to 500 invoices" in page
    assert 'id="model-SourceInvoice"' in page
    assert "<script>" not in page


def test_invoices_may_be_sent_on_every_plan():
    """Connecting Exact is what a plan allows; keeping invoices here is not."""
    small = Program(make_organization(plan=Plan.ESSENTIAL))

    assert small.send("POST", "invoices/", plain_invoice()).status_code == 201
