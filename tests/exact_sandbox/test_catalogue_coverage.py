"""A walk through the catalogue: every endpoint, verb and property does what Exact's reference lists.

Run with `-s` to read the table of what is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from exact_sandbox.catalogue import Property, endpoints
from exact_sandbox.errors import GENERIC_500
from exact_sandbox.resources import by_path
from exact_sandbox.server import RunningSandbox
from tests.exact_sandbox.exact_client import ExactClient
from tests.exact_sandbox.walk_values import World, generic, shown

ENDPOINTS = [
    "current/Me",
    "system/Divisions",
    "hrm/Divisions",
    "crm/Accounts",
    "sync/CRM/Accounts",
    "crm/Contacts",
    "financial/Journals",
    "financial/GLAccounts",
    "vat/VATCodes",
    "cashflow/PaymentConditions",
    "logistics/Items",
    "logistics/Units",
    "salesentry/SalesEntries",
    "salesentry/SalesEntryLines",
    "salesinvoice/SalesInvoices",
    "salesinvoice/SalesInvoiceLines",
    "salesinvoice/PrintedSalesInvoices",
    "cashflow/Receivables",
    "read/financial/ReceivablesList",
    "sync/Cashflow/PaymentTerms",
    "sync/SalesInvoice/SalesInvoices",
    "sync/Deleted",
    "read/sync/Sync/SyncTimestamp",
    "bulk/Cashflow/Receivables",
    "bulk/SalesInvoice/SalesInvoices",
    "bulk/Financial/TransactionLines",
    "sync/Financial/TransactionLines",
    "financialtransaction/TransactionLines",
    "financialtransaction/BankEntries",
    "financialtransaction/BankEntryLines",
    "financialtransaction/CashEntries",
    "financialtransaction/CashEntryLines",
    "documents/Documents",
    "documents/DocumentAttachments",
    "documents/DocumentTypes",
    "hrm/Costcenters",
    "hrm/Costunits",
    "webhooks/WebhookSubscriptions",
    "financial/FinancialPeriods",
    "general/Currencies",
    "financial/ExchangeRates",
    "vat/VatPercentages",
    "users/Users",
    "system/Users",
]
NOBODY = "00000000-0000-0000-0000-000000000000"
COMPUTED = "read/sync/Sync/SyncTimestamp"

_PRINTED = "written by printing, not by the caller"
_FOLLOWS = "follows from the line's amount and VAT code"
_NO_VAT_CODE = "counts only beside a VATCode; without one there is no VAT"
# Settable by the reference, taken without a word, and yet shown otherwise: by endpoint, with why.
DERIVED: dict[str, dict[str, str]] = {
    "crm/Accounts": dict.fromkeys(
        ("PurchaseCurrency", "SalesCurrency"), "a currency that does not exist is left out"
    ),
    "salesentry/SalesEntryLines": {
        "VATBaseAmountDC": _FOLLOWS,
        "VATBaseAmountFC": _FOLLOWS,
        "EntryID": "a line stays in its entry",
    },
    "salesinvoice/SalesInvoiceLines": {"Discount": "follows from unit price and net price"},
    "salesinvoice/PrintedSalesInvoices": dict.fromkeys(
        (
            "Division",
            "Document",
            "DocumentCreationError",
            "DocumentCreationSuccess",
            "EmailCreationError",
            "EmailCreationSuccess",
            "PostboxMessageCreationError",
            "PostboxMessageCreationSuccess",
            "PeppolCreationError",
            "PeppolCreationSuccess",
        ),
        _PRINTED,
    ),
    "financialtransaction/BankEntryLines": dict.fromkeys(
        ("AmountVATFC", "VATCode", "VATPercentage"), _NO_VAT_CODE
    ),
    "financialtransaction/CashEntryLines": dict.fromkeys(
        ("AmountVATFC", "VATCode", "VATPercentage"), _NO_VAT_CODE
    ),
    "documents/DocumentAttachments": {
        "Attachment": "the file is read at its Url; switch attachment_on_get shows it"
    },
    "system/Users": {"Customer": "a user belongs to the customer of the division"},
}
READABLE = [path for path in ENDPOINTS if "GET" in endpoints()[path].methods]
WRITABLE = [path for path in ENDPOINTS if "POST" in endpoints()[path].methods]
VERBS = ("GET", "POST", "PUT", "DELETE")

_TABLE: dict[str, list[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print what was covered, an endpoint a line."""
    yield
    for path, notes in sorted(_TABLE.items()):
        print(f"{path:45} {', '.join(endpoints()[path].methods):24} {'; '.join(notes)}")  # noqa: T201


@pytest.fixture(scope="module")
def walker(one_sandbox: RunningSandbox) -> Iterator[ExactClient]:
    """Anna, who may make as many mistakes as she likes; what she makes stays for the whole walk."""
    one_sandbox.sandbox.reset()
    client = ExactClient(one_sandbox)
    client.switch(error_velocity=False)
    yield client
    client.close()


@pytest.fixture(scope="module")
def world(walker: ExactClient) -> World:
    return World(walker)


def values(path: str) -> list[Property]:
    return [prop for prop in endpoints()[path].properties.values() if not prop.nested]


def test_the_walk_knows_every_endpoint_of_the_catalogue():
    assert sorted(ENDPOINTS) == sorted(endpoints())
    assert {path for path in ENDPOINTS if path != "current/Me"} == {
        resource.path for resource in by_path().values()
    }
    for path, reasons in DERIVED.items():
        assert all(reasons.values())
        assert set(reasons) <= set(endpoints()[path].properties)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_verbs_that_are_not_listed_are_refused(walker, path):
    listed = endpoints()[path].methods
    key = by_path()[path.lower()].key if path != "current/Me" else ""
    for verb in VERBS:
        keyed = f"({key}=guid'{NOBODY}')" if verb in ("PUT", "DELETE") and key else ""
        status = walker.call(verb, f"{path}{keyed}", None if verb == "GET" else {}).status_code
        if verb in listed:
            assert status not in (404, 405) or keyed, (verb, status)
            assert status != 405, verb
        else:
            assert status == 405, (verb, status)


@pytest.mark.parametrize("path", READABLE)
def test_every_property_can_be_selected(walker, path):
    names = [prop.name for prop in values(path)]
    rows = walker.get(path, select=",".join(names), top="1")

    if isinstance(rows, dict):
        rows = rows["results"]
    for row in rows:
        assert set(row) - {"__metadata"} == set(names)
    _TABLE.setdefault(path, []).append(f"{len(names)} selected")


@pytest.mark.parametrize(
    "path", [path for path in READABLE if path not in (COMPUTED, "current/Me")]
)
def test_every_property_can_be_filtered_or_is_refused_as_exact_does(walker, path):
    resource = by_path()[path.lower()]
    taken = [prop for prop in values(path) if _is_filterable(path, prop.name)]
    select = resource.key
    conditions = [f"({prop.name} ne null or {prop.name} eq {_literal(prop)})" for prop in taken]

    for start in range(0, len(conditions), 40):
        part = " or ".join(conditions[start : start + 40])
        if resource.sync:
            break
        answer = walker.call("GET", path, filter=part, select=select, top="1")
        assert answer.status_code == 200, answer.text
    if not resource.sync:
        for prop in taken[:3]:
            answer = walker.call("GET", path, orderby=f"{prop.name} desc", select=select, top="1")
            assert answer.status_code == 200, answer.text
    refused = [prop for prop in values(path) if not _is_filterable(path, prop.name)]
    for prop in refused[:10]:
        status, _ = walker.error("GET", path, filter=f"{prop.name} ne null", select=select)
        assert status == 400, prop.name
    _TABLE.setdefault(path, []).append(f"{len(taken)} filtered, {len(refused)} refused to filter")


def _is_filterable(path: str, name: str) -> bool:
    resource = by_path()[path.lower()]
    if resource.sync:
        return name == "Timestamp" or (path == "sync/Deleted" and name == "EntityType")
    return resource.filterable is None or name in resource.filterable


def _literal(prop: Property) -> str:
    return {
        "Binary": "X'00'",
        "Boolean": "true",
        "DateTime": "datetime'2026-01-01'",
        "Double": "1.5",
        "Guid": f"guid'{NOBODY}'",
        "Int64": "1L",
        "String": "'x'",
    }.get(prop.type, "1")


def _compare(path: str, prop: Property, number: int, record: dict[str, Any]) -> bool:
    """Whether a sent value reads back; fails where it is neither kept nor explained."""
    got, wanted = record[prop.name], shown(prop, number)
    same = (got.strip() if isinstance(got, str) else got) == wanted
    assert same or prop.name in DERIVED.get(path, {}), (prop.name, wanted, got)
    return same


def _walk(
    path: str, settable: list[Property], number: int, send: Callable[[dict[str, Any]], Any]
) -> str:
    """Send each property in a record of its own; return how many were kept and refused."""
    kept = refused = 0
    for prop in settable:
        answer = send({prop.name: generic(prop, number)})
        if isinstance(answer, str):
            # A rule has its word: the value is no reference, code or amount that can be.
            assert answer, prop.name
            assert answer != GENERIC_500, prop.name
            refused += 1
        else:
            kept += _compare(path, prop, number, answer)
    return f"{kept} kept, {refused} under a rule"


@pytest.mark.parametrize("path", [path for path in WRITABLE if "webhooks" not in path])
def test_what_can_be_posted_reads_back(walker, world, path):
    def post(more: dict[str, Any]) -> Any:
        answer = walker.call("POST", path, {**world.body(path), **more})
        assert answer.status_code in (201, 500), (more, answer.text)
        body = answer.json()
        return body["d"] if answer.status_code == 201 else body["error"]["message"]["value"]

    settable = [prop for prop in values(path) if prop.post and not prop.key]
    note = _walk(path, settable, 1, post)
    _TABLE.setdefault(path, []).append(f"POST {note}")


@pytest.mark.parametrize(
    "path", [p for p in WRITABLE if "PUT" in endpoints()[p].methods and "webhooks" not in p]
)
def test_what_can_be_put_reads_back(walker, world, path):
    address = world.made(path)["__metadata"]["uri"]

    def put(changes: dict[str, Any]) -> Any:
        answer = walker.call("PUT", address, changes)
        assert answer.status_code in (204, 500), (changes, answer.text)
        if answer.status_code == 500:
            return answer.json()["error"]["message"]["value"]
        return walker.get(address)

    settable = [prop for prop in values(path) if prop.put and not prop.key]
    note = _walk(path, settable, 2, put)
    _TABLE.setdefault(path, []).append(f"PUT {note}")


@pytest.mark.parametrize("path", [path for path in WRITABLE if "webhooks" not in path])
def test_what_is_read_only_is_ignored(world, path):
    fixed = [prop for prop in values(path) if not prop.post and not prop.key]
    strange = {prop.name: generic(prop, 9) for prop in fixed}
    record = world.made(path, **strange)

    # Small numbers and flags may be the record's own by chance.
    telling = [prop for prop in fixed if prop.type in ("Guid", "String", "DateTime", "Double")]
    assert [prop.name for prop in telling if record[prop.name] == shown(prop, 9)] == []
    _TABLE.setdefault(path, []).append(f"{len(fixed)} read-only")


def test_a_subscription_keeps_what_it_was_given(world):
    path = "webhooks/WebhookSubscriptions"
    made = world.made(path, Description="walk")

    assert made["Topic"] == "Accounts"
    assert made["CallbackURL"].startswith("http://127.0.0.1")
    _TABLE.setdefault(path, []).append("POST as test_webhook_subscriptions.py has it")


@pytest.mark.parametrize("path", WRITABLE)
def test_a_property_that_does_not_exist_is_refused(walker, path):
    status, text = walker.error("POST", path, {"Bogus": 1})

    assert status == 400
    assert text == (
        "Error processing request stream. The property name 'Bogus' specified for type "
        f"'{by_path()[path.lower()].type_name}' is not valid."
    )
