"""Reading over HTTP: envelopes, options, pages, keys and refusals as Exact gives them."""

from __future__ import annotations

import re

import pytest
import requests
from hypothesis import HealthCheck, given, settings, strategies as st

from exact_sandbox.catalogue import endpoints
from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import ARCHIVED, BE, BRAM, NL, VIEWER, ExactClient

OPEN_QUERY = "Please add a $select or a $top=1 statement to the query string."
CUSTOMERS = "crm/Accounts"


def test_me_is_a_list_of_one(exact):
    answer = exact.http.get(f"{exact.base_url}/api/v1/current/Me?$select=CurrentDivision,Email")

    (me,) = answer.json()["d"]["results"]
    assert me["CurrentDivision"] == NL
    assert me["Email"] == "anna@studio-noord.example"
    assert "FullName" not in me


def test_the_division_last_used_is_the_current_one(exact):
    exact.division = BE
    exact.get("financial/Journals", top="1")

    me = exact.http.get(f"{exact.base_url}/api/v1/current/Me").json()["d"]["results"][0]

    assert me["CurrentDivision"] == BE


def test_divisions_have_different_state_codes_in_hrm_and_system(exact):
    system = {row["Code"]: row["Status"] for row in exact.rows("system/Divisions")}
    hrm = {row["Code"]: row["Status"] for row in exact.rows("hrm/Divisions")}

    assert (system[NL], system[ARCHIVED]) == (1, 2)
    assert (hrm[NL], hrm[ARCHIVED]) == (0, 1)


def test_a_collection_comes_in_pages_of_sixty(exact):
    page = exact.get(CUSTOMERS, select="Name")

    assert len(page["results"]) == 60
    assert page["__next"].startswith(exact.base_url)
    assert re.search(r"\$skiptoken=guid'[0-9a-f-]{36}'", page["__next"])


def test_following_next_gives_every_row_once(exact):
    rows = exact.rows(CUSTOMERS, select="ID")
    counted = exact.call("GET", f"{CUSTOMERS}/$count")

    assert len({row["ID"] for row in rows}) == len(rows) == int(counted.text)
    assert counted.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("order", ["City desc,Name", "CustomerSince", "Code", "ID desc", "Phone"])
def test_following_next_keeps_the_order(exact, order):
    rows = exact.rows(CUSTOMERS, select="ID,City,Name,Code,CustomerSince,Phone", orderby=order)
    name, _, direction = order.split(",")[0].partition(" ")
    values = [row[name] or "" for row in rows]

    assert len({row["ID"] for row in rows}) == 78
    assert values == sorted(values, reverse=direction == "desc")


def test_top_within_a_page_gives_a_bare_list(exact):
    assert len(exact.get(CUSTOMERS, top="3", select="ID")) == 3


def test_top_beyond_a_page_is_read_on(exact):
    assert len(exact.rows(CUSTOMERS, top="70", select="ID")) == 70


def test_inlinecount_counts_all_rows_as_text(exact):
    page = exact.get(CUSTOMERS, inlinecount="allpages", select="ID")

    assert (page["__count"], len(page["results"])) == ("78", 60)


def test_skip_leaves_rows_out_but_not_on_bulk(exact):
    assert len(exact.get(CUSTOMERS, skip="70", select="ID")["results"]) == 8
    exact.book()
    assert len(exact.get("bulk/Cashflow/Receivables", skip="1", select="ID")["results"]) == 1


def test_a_row_has_metadata_and_deferred_rows(exact):
    entry = exact.book()
    uri = entry["__metadata"]["uri"]

    assert uri == exact.url(f"salesentry/SalesEntries(guid'{entry['EntryID']}')")
    assert entry["__metadata"]["type"].startswith("Exact.Web.Api.Models.")
    assert entry["SalesEntryLines"]["__deferred"]["uri"] == f"{uri}/SalesEntryLines"
    assert len(exact.get(entry["SalesEntryLines"]["__deferred"]["uri"])["results"]) == 1


def test_expand_puts_the_lines_into_their_entry(exact):
    entry = exact.book({"AmountFC": 1}, {"AmountFC": 2})
    chosen = "AmountFC,SalesEntryLines/AmountFC"

    row = exact.get(entry["__metadata"]["uri"], expand="SalesEntryLines", select=chosen)

    assert [line["AmountFC"] for line in row["SalesEntryLines"]["results"]] == [1, 2]
    assert "GLAccount" not in row["SalesEntryLines"]["results"][0]


def test_values_are_written_as_exact_writes_them(exact):
    account = exact.rows(
        "sync/CRM/Accounts", filter="Timestamp gt 1L", select="Timestamp,Created,Blocked"
    )[0]

    assert isinstance(account["Timestamp"], str)
    assert re.fullmatch(r"/Date\(\d+\)/", account["Created"])
    assert account["Blocked"] is False
    percentage = exact.row("vat/VATCodes", "trim(Code) eq '2'")["Percentage"]
    assert percentage == 0.21


def test_codes_are_padded_and_compare_padded(exact):
    assert exact.row("vat/VATCodes", "trim(Code) eq '2'")["Code"] == "2  "
    assert exact.row(CUSTOMERS, "trim(Code) eq '7'")["Code"] == "7".rjust(18)
    assert exact.get(CUSTOMERS, filter="Code eq '7'")["results"] == []
    assert len(exact.get(CUSTOMERS, filter=f"Code eq '{'7'.rjust(18)}'")["results"]) == 1
    assert exact.row("financial/GLAccounts", "Code eq '8000'")["VATCode"] == "2  "


def test_keyed_reads(exact):
    customer = exact.customer()

    assert exact.get(f"crm/Accounts(guid'{customer}')")["ID"] == customer
    assert exact.get(f"system/Divisions({NL})")["Code"] == NL
    assert exact.error("GET", "crm/Accounts(guid'00000000-0000-0000-0000-000000000000')")[0] == 404
    assert exact.error("GET", "crm/Accounts('x')")[0] == 400


def test_addresses_ignore_case(exact):
    assert exact.get("FINANCIAL/journals", top="1")


@pytest.mark.parametrize(
    "path",
    ["sync/Cashflow/PaymentTerms", "sync/CRM/Accounts", "bulk/Cashflow/Receivables"],
)
def test_open_queries_are_refused_where_exact_refuses_them(exact, path):
    assert exact.error("GET", path) == (400, OPEN_QUERY)
    assert exact.error("GET", path, select="*")[0] == 400
    assert exact.call("GET", path, top="1").status_code == 200
    assert exact.call("GET", path, select="ID").status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("Timestamp gt 1L", 200),
        ("Timestamp gt 1", 200),
        ("Timestamp ge 1L", 400),
        ("Timestamp gt 1L and Name eq 'x'", 400),
        ("Name eq 'x'", 400),
        ("Timestamp gt 1L or Timestamp gt 2L", 400),
    ],
)
def test_sync_takes_only_timestamp_gt(exact, condition, status):
    answer = exact.call("GET", "sync/CRM/Accounts", filter=condition, select="ID")

    assert answer.status_code == status


def test_sync_deleted_takes_the_entity_type_too(exact):
    condition = "Timestamp gt 1L and EntityType eq 10"

    assert exact.get("sync/Deleted", filter=condition)["results"] == []


def test_bulk_receivables_filter_only_on_exacts_list(exact):
    path = "bulk/Cashflow/Receivables"

    assert exact.call("GET", path, select="ID", filter="Status eq 20").status_code == 200
    assert exact.error("GET", path, select="ID", filter="YourRef eq 'x'")[0] == 400


def test_sync_shows_a_changed_row_once_at_its_newest_timestamp(exact):
    customer = exact.customer()
    before = exact.rows("sync/CRM/Accounts", filter="Timestamp gt 1L", select="ID,Timestamp")
    newest = before[-1]["Timestamp"]
    exact.call("PUT", f"crm/Accounts(guid'{customer}')", {"City": "Zwolle"})

    changed = exact.rows(
        "sync/CRM/Accounts", filter=f"Timestamp gt {newest}L", select="ID,City,Timestamp"
    )

    assert [(row["ID"], row["City"]) for row in changed] == [(customer, "Zwolle")]
    assert len(exact.rows("sync/CRM/Accounts", filter="Timestamp gt 1L", select="ID")) == 78


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"filter": "Bogus eq 1"}, "Bogus"),
        ({"select": "Bogus"}, "Bogus"),
        ({"filter": "Name eq"}, "Expression expected"),
        ({"expand": "Bogus"}, "Bogus"),
        ({"expand": "Name"}, "Name"),
        ({"expand": "BankAccounts/Bogus"}, "Bogus"),
        ({"select": "Name/Bogus"}, "Bogus"),
        ({"orderby": "Name sideways"}, "position 5"),
        ({"orderby": "Name add 1"}, "position"),
        ({"orderby": "BankAccounts"}, "BankAccounts"),
        ({"skiptoken": "'x'"}, "syntax"),
        ({"skiptoken": "1,2"}, "syntax"),
        ({"filter": "BankAccounts/Name eq 'x'"}, "single value"),
        ({"top": "x"}, "$top"),
        ({"top": "-1"}, "$top"),
        ({"orderby": "Bogus"}, "Bogus"),
        ({"inlinecount": "some"}, "$inlinecount"),
        ({"skiptoken": "x"}, "syntax"),
        ({"bogus": "1"}, "$bogus"),
    ],
)
def test_bad_options_are_400_with_a_text(exact, options, part):
    status, text = exact.error("GET", CUSTOMERS, **options)

    assert status == 400
    assert part in text


@pytest.mark.parametrize("option", ["filter", "select", "orderby", "expand", "top", "skip"])
def test_an_option_without_a_value_is_none(exact, option):
    answer = exact.call("GET", "crm/Accounts", **{option: ""})

    assert answer.status_code == 200
    assert len(answer.json()["d"]["results"]) == 60


def test_unknown_addresses_are_404(exact):
    assert exact.error("GET", "crm/Bogus")[0] == 404
    assert exact.error("GET", "crm/Accounts/Bogus")[0] == 404
    exact.division = 123
    assert exact.error("GET", "crm/Accounts")[0] == 404


def test_verbs_not_listed_are_refused(exact):
    assert exact.error("POST", "sync/Deleted", {})[0] == 405
    assert exact.error("DELETE", "cashflow/PaymentConditions", {})[0] == 405
    keyed = "crm/Accounts(guid'00000000-0000-0000-0000-000000000000')"
    assert exact.error("POST", keyed, {"Name": "x"})[0] == 405


def test_no_token_is_401_with_an_empty_body(running):
    answer = requests.get(f"{running.base_url}/api/v1/{NL}/crm/Accounts", timeout=10)

    assert (answer.status_code, answer.content) == (401, b"")


def test_rights_are_403(log_on):
    bram, viewer = log_on(BRAM), log_on(VIEWER)

    assert bram.call("GET", "financial/Journals").status_code == 200
    bram.division = BE
    assert bram.error("GET", "financial/Journals") == (403, "Forbidden")
    assert viewer.call("GET", "financial/Journals").status_code == 200
    assert viewer.error("POST", "crm/Accounts", {"Name": "x"}) == (403, "Forbidden")


def test_an_archived_division_is_403(exact):
    exact.division = ARCHIVED

    assert exact.error("GET", "financial/Journals") == (403, "Forbidden")


def test_a_missing_scope_is_403_with_exacts_text(exact):
    exact.scopes(**{"Organization administration": "none"})

    assert exact.error("GET", "system/Divisions") == (
        403,
        "Forbidden - Application Scope Violated. Cannot read 'organization.administration' scope.",
    )
    assert exact.call("GET", "financial/Journals").status_code == 200


def test_links_follow_the_public_url():
    with running_sandbox(public_url="https://exact.example:8443") as running:
        running.base_url = f"http://127.0.0.1:{running.port}"
        client = ExactClient(running)
        page = client.get(CUSTOMERS, select="ID")
        client.close()

    assert page["__next"].startswith("https://exact.example:8443/api/v1/")
    assert page["results"][0]["__metadata"]["uri"].startswith("https://exact.example:8443/")


READABLE = sorted(
    path
    for path, endpoint in endpoints().items()
    if "GET" in endpoint.methods and path != "current/Me"
)


@pytest.mark.parametrize("path", READABLE)
def test_every_endpoint_of_the_catalogue_answers(exact, path):
    exact.pay((exact.book()["EntryID"], 50))
    first = exact.get(path, top="1")

    assert isinstance(first, list)
    nested = {name for name, prop in endpoints()[path].properties.items() if prop.nested}
    for row in first:
        assert set(row) - nested - {"__metadata"} == set(endpoints()[path].properties) - nested


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(READABLE),
    st.dictionaries(
        st.sampled_from(["filter", "select", "orderby", "top", "skip", "skiptoken", "expand"]),
        st.text("aIDeqCo'() 1,-/*gud\x00é", max_size=20),
        max_size=3,
    ),
)
def test_no_query_brings_a_traceback(exact, path, options):
    exact.switch(error_velocity=False)
    answer = exact.call("GET", path, **options)

    assert answer.status_code in (200, 400)
    assert set(answer.json()) in ({"d"}, {"error"})
