"""What every foreign client does with Exact, asserted on what it read and on what the sandbox's books hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.exact_clients.exact import Exact
from tests.exact_clients.foreign_client import ClientRaised, ForeignClient

ACCOUNTS, ENTRIES, GL_ACCOUNTS = "crm/Accounts", "salesentry/SalesEntries", "financial/GLAccounts"
PAGE = 60


def customer(client: ForeignClient) -> Any:
    """The id of a customer that may be invoiced."""
    return client.do("customer_by_code", code="1")["ID"]


def entry(client: ForeignClient, your_ref: str, *nets: str, **more: Any) -> dict[str, Any]:
    """The body of a sales entry on the revenue account."""
    revenue = client.do("one", resource=GL_ACCOUNTS, filter="Code eq '8000'", select="ID")["ID"]
    lines = [{"GLAccount": revenue, "AmountFC": net, "VATCode": "2"} for net in nets]
    header = {"Customer": customer(client), "Journal": "70", "YourRef": your_ref}
    return {**header, "SalesEntryLines": lines, **more}


def book(client: ForeignClient, your_ref: str, *nets: str, **more: Any) -> Any:
    """A sales entry as the client read it back."""
    body = entry(client, your_ref, *nets, **more)
    return client.do("create", resource=ENTRIES, data=body)


@pytest.fixture(scope="module")
def three_pages(client: ForeignClient) -> list[str]:
    """The references of as many entries as fill two pages and begin a third."""
    body = entry(client, "", "10.00")
    references = [f"{client.name[:8]}-{number}" for number in range(2 * PAGE + 5)]
    for reference in references:
        client.do("create", resource=ENTRIES, data={**body, "YourRef": reference})
    return references


def test_it_reads_all_rows_over_three_pages(client, exact: Exact, three_pages):
    before = exact.last_call()

    rows = client.do(
        "rows",
        resource=ENTRIES,
        filter=f"startswith(YourRef, '{client.name[:8]}-')",
        select="EntryID,YourRef,AmountDC",
        orderby="EntryNumber",
    )

    assert [row["YourRef"] for row in rows] == three_pages
    assert len({row["EntryID"] for row in rows}) == len(three_pages)
    assert {row["AmountDC"] for row in rows} == {12.1}
    assert exact.calls_since(before) == [("GET", "SalesEntries", 200)] * 3


def test_a_customer_is_created_changed_and_deleted(client, exact: Exact):
    made = client.do(
        "create",
        resource=ACCOUNTS,
        data={"Name": "Bakkerij 't Hoekje", "Status": "C", "Country": "NL"},
    )
    client.do(
        "update", resource=ACCOUNTS, record=made["ID"], data={"Name": "Bakkerij & Zn. 'De Molen'"}
    )
    found = client.do(
        "one", resource=ACCOUNTS, filter="Name eq 'Bakkerij & Zn. ''De Molen'''", select="ID,Code"
    )

    assert made["Name"] == "Bakkerij 't Hoekje"
    assert found["ID"] == made["ID"]
    assert len(found["Code"]) == 18
    assert client.do("customer_by_code", code=found["Code"].strip())["ID"] == made["ID"]

    client.do("delete", resource=ACCOUNTS, record=made["ID"])
    with pytest.raises(ClientRaised) as absent:
        client.do("customer_by_code", code=found["Code"].strip())
    assert absent.value.kind in ("DoesNotExist", "ObjectDoesNotExist")


def test_an_entry_is_created_with_its_lines_changed_and_deleted(client, exact: Exact):
    reference = f"{client.name}: één"
    made = book(client, reference, "100.00", "50.00", EntryDate="2026-11-20T00:00:00")

    [booked] = exact.entries(reference)
    assert (booked["amount"], booked["vat_amount"], len(booked["lines"])) == ("181.5", "31.5", 2)
    assert (made["AmountFC"], made["VATAmountFC"], made["Type"]) == (181.5, 31.5, 20)
    assert made["EntryID"] == booked["entry_id"]
    assert made["EntryDate"] == "/Date(1795132800000)/"  # 20 November 2026, midnight UTC
    assert made["__metadata"]["type"] == "Exact.Web.Api.Models.SalesEntry"

    client.do(
        "update", resource=ENTRIES, record=made["EntryID"], data={"Description": "Ontwerp, 2e deel"}
    )
    assert exact.entries(reference)[0]["description"] == "Ontwerp, 2e deel"

    client.do("delete", resource=ENTRIES, record=made["EntryID"])
    assert exact.entries(reference) == []


def test_a_refusal_reaches_the_person_in_their_own_language(client, exact: Exact):
    body = entry(client, "refused", "10.00")
    del body["Customer"]

    with pytest.raises(ClientRaised) as refusal:
        client.do("create", resource=ENTRIES, data=body)

    said = {"exactonline": "Mandatory: Relationship", "django-exact": "Verplicht: Relatie"}
    assert refusal.value.status == 500
    assert refusal.value.says == said[client.name]
    assert exact.entries("refused") == []


def test_a_token_that_has_expired_is_refreshed_and_the_call_repeated(client, exact: Exact):
    old = client.do("tokens")
    exact.wait(601)
    before = exact.last_call()

    customer(client)

    new = client.do("tokens")
    assert exact.calls_since(before) == [
        ("GET", "Accounts", 401),
        ("POST", "token", 200),
        ("GET", "Accounts", 200),
    ]
    assert new["access"] != old["access"]
    assert new["refresh"] != old["refresh"]


def test_a_refresh_before_its_time_is_refused_and_the_old_tokens_stay_good(client, exact: Exact):
    exact.wait(601)
    customer(client)  # from here on the token is new
    fresh = client.do("tokens")
    exact.wait(560)

    with pytest.raises(ClientRaised) as refusal:
        client.do("refresh")

    assert refusal.value.status == 400
    assert refusal.value.says == "Rate limit exceeded: access_token not expired"
    assert client.do("tokens") == fresh
    assert Decimal(len(customer(client))) == 36

    exact.wait(15)
    client.do("refresh")
    assert client.do("tokens")["refresh"] != fresh["refresh"]
