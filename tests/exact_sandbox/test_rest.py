"""Addresses, verbs and headers of the REST API as WCF Data Services, which Exact runs on, has them."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.exact_sandbox.exact_client import NL

JOURNAL = "financial/Journals"
ENTRIES = "salesentry/SalesEntries"


def test_a_key_may_be_named(exact):
    customer = exact.customer()

    assert exact.get(f"crm/Accounts(ID=guid'{customer}')")["ID"] == customer
    assert exact.get(f"system/Divisions(Code={NL})")["Code"] == NL
    assert exact.error("GET", f"crm/Accounts(Code=guid'{customer}')")[0] == 400
    assert exact.get("general/Currencies('EUR')")["Code"] == "EUR"
    assert exact.get("crm/Accounts()", top="1")


def test_a_property_is_read_alone(exact):
    customer = exact.customer()
    address = f"crm/Accounts(guid'{customer}')"
    name = exact.get(address)["Name"]

    assert exact.get(f"{address}/Name") == {"Name": name}
    answer = exact.call("GET", f"{address}/Name/$value")
    assert (answer.text, answer.headers["Content-Type"]) == (name, "text/plain; charset=utf-8")
    assert exact.call("GET", f"{address}/Blocked/$value").text == "false"
    assert exact.error("GET", f"{address}/Bogus")[0] == 404
    assert exact.error("GET", f"{address}/Name/Bogus")[0] == 404
    assert exact.error("GET", f"{address}/Name", top="1")[0] == 400
    missing = "crm/Accounts(guid'00000000-0000-0000-0000-000000000000')/Name"
    assert exact.error("GET", missing)[0] == 404


def test_nested_records_take_options_keys_and_counts(exact):
    entry = exact.book(*({"AmountFC": amount, "Description": "x"} for amount in range(1, 6)))
    address = f"{ENTRIES}(guid'{entry['EntryID']}')/SalesEntryLines"
    line = exact.get(address, filter="AmountFC eq 3", select="ID,AmountFC")["results"][0]

    assert line["AmountFC"] == 3
    assert exact.call("GET", f"{address}/$count").text == "5"
    assert exact.call("GET", f"{address}/$count", filter="AmountFC gt 3").text == "2"
    assert exact.get(f"{address}(guid'{line['ID']}')")["AmountFC"] == 3
    assert exact.get(f"{address}(guid'{line['ID']}')/AmountFC") == {"AmountFC": 3}
    assert [row["AmountFC"] for row in exact.get(address, top="2", orderby="AmountFC desc")] == [
        5,
        4,
    ]
    other = exact.book()
    strange = f"{ENTRIES}(guid'{other['EntryID']}')/SalesEntryLines(guid'{line['ID']}')"
    assert exact.error("GET", strange)[0] == 404


def test_links_are_the_addresses_of_nested_records(exact):
    entry = exact.book()
    address = f"{ENTRIES}(guid'{entry['EntryID']}')/$links/SalesEntryLines"
    line = exact.get(entry["SalesEntryLines"]["__deferred"]["uri"])["results"][0]

    assert exact.get(address) == {"results": [{"uri": line["__metadata"]["uri"]}]}
    assert exact.error("GET", address.replace("SalesEntryLines", "Bogus"))[0] == 400
    assert exact.error("POST", address, {})[0] == 405


def test_a_long_nested_list_is_read_on_under_its_parent(exact):
    entry = exact.book(*({"AmountFC": 1} for _ in range(65)), {"AmountFC": 2})
    address = f"{ENTRIES}(guid'{entry['EntryID']}')/SalesEntryLines"

    page = exact.get(address, filter="AmountFC lt 2", select="ID,LineNumber")
    rest = exact.get(page["__next"])

    assert f"(guid'{entry['EntryID']}')/SalesEntryLines?" in page["__next"]
    assert len(page["results"]) == 60
    assert [row["LineNumber"] for row in rest["results"]] == list(range(61, 66))


def test_next_keeps_the_options_of_the_client(exact):
    page = exact.get(
        "crm/Accounts", filter="Name ne 'a''b & c'", select="ID,Name", orderby="Name desc"
    )
    link = page["__next"]

    assert "$filter=Name ne 'a''b & c'" in unquote(link)
    assert "$select=ID,Name" in unquote(link)
    assert "$orderby=Name desc" in unquote(link)
    (first,) = exact.get(link)["results"][:1]
    assert first["Name"].lower() <= page["results"][-1]["Name"].lower()


@pytest.mark.parametrize(
    "path",
    [
        "crm/Accounts/Name",
        "crm/Accounts/$links",
        "crm/Accounts(guid'zz')",
        "crm/Accounts(1)",
        "crm/Accounts(null)",
        "crm/Accounts(guid'{id}',guid'{id}')",
        "crm/Accounts(guid'{id}')?$top=1",
        "crm/Accounts(guid'{id}')?$filter=Name eq 'x'",
        "crm/Accounts(guid'{id}')?$skiptoken=1",
        "crm/Accounts/$count?$inlinecount=allpages",
        "crm/Accounts?$select=ID&$select=Name",
    ],
)
def test_what_the_address_cannot_mean_is_a_bad_request(exact, path):
    assert exact.error("GET", path.format(id=exact.customer()))[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "bogus",
        "crm/Bogus",
        "crm/Accounts(guid'{id}')/$bogus",
        "crm//Accounts",
        "x" * 3000,
        "(",
        "'",
    ],
)
def test_what_does_not_exist_is_not_found(exact, path):
    assert exact.call("GET", path.format(id=exact.customer())).status_code == 404


def test_head_is_a_read_without_a_body(exact):
    answer = exact.call("HEAD", JOURNAL)

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 100


def test_options_lists_the_verbs(exact):
    answer = exact.call("OPTIONS", "financialtransaction/BankEntries")

    assert answer.status_code == 200
    assert answer.headers["Allow"] == "GET, POST, DELETE"


def test_answers_name_the_version_of_the_protocol(exact):
    assert exact.call("GET", JOURNAL).headers["DataServiceVersion"] == "2.0;"
    headers = {"DataServiceVersion": "1.0;NetFx", "MaxDataServiceVersion": "2.0;NetFx"}
    assert exact.http.get(exact.url(JOURNAL), headers=headers).status_code == 200
    for bad in ({"DataServiceVersion": "4.0"}, {"MaxDataServiceVersion": "new"}):
        assert exact.http.get(exact.url(JOURNAL), headers=bad).status_code == 400


def test_a_verb_may_be_sent_in_a_header(exact):
    address = exact.url(f"crm/Accounts(guid'{exact.customer()}')")

    changed = exact.http.post(address, json={"City": "Urk"}, headers={"X-HTTP-Method": "PUT"})
    assert changed.status_code == 204
    assert exact.get(address)["City"] == "Urk"
    assert exact.http.post(address, headers={"X-HTTP-Method": "GET"}).status_code == 400
    assert exact.http.get(address, headers={"X-HTTP-Method": "PUT"}).status_code == 400
    deleted = exact.book()["__metadata"]["uri"]
    assert exact.http.post(deleted, headers={"X-HTTP-Method": "DELETE"}).status_code == 204
    assert exact.error("GET", deleted)[0] == 404


@pytest.mark.parametrize("verb", ["MERGE", "PATCH"])
def test_merge_is_refused_unless_the_switch_says_otherwise(exact, verb):
    address = f"crm/Accounts(guid'{exact.customer()}')"
    refused = exact.call(verb, address, {"City": "Urk"})
    exact.switch(merge="accepted")

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST, PUT, DELETE")
    assert exact.call(verb, address, {"City": "Urk"}).status_code == 204
    assert exact.get(address)["City"] == "Urk"


def test_put_answers_with_the_record_only_where_the_switch_says_so(exact):
    address = exact.url(f"crm/Accounts(guid'{exact.customer()}')")
    wish = {"Prefer": "return=representation"}
    first = exact.http.put(address, json={"City": "Urk"}, headers=wish)
    exact.switch(put_returns_record=True)
    second = exact.http.put(address, json={"City": "Epe"}, headers=wish)

    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["d"]["City"]) == (200, "Epe")
    assert exact.call("PUT", address, {"City": "Urk"}).status_code == 204


def test_a_post_may_expand_the_lines_it_made(exact):
    answer = exact.call("POST", ENTRIES, exact.entry(), expand="SalesEntryLines")

    assert len(answer.json()["d"]["SalesEntryLines"]["results"]) == 1
    before = len(exact.truth())
    assert exact.error("POST", ENTRIES, exact.entry(), expand="Bogus")[0] == 400
    assert len(exact.truth()) == before


def test_a_space_in_a_guid_is_refused_unless_the_switch_says_otherwise(exact):
    condition = f"ID eq guid '{exact.customer()}'"
    refused = exact.error("GET", "crm/Accounts", filter=condition)
    exact.switch(guid_literal_space="accepted")

    assert refused == (400, "Syntax error at position 11.")
    assert len(exact.get("crm/Accounts", filter=condition)["results"]) == 1


def test_open_queries_are_refused_more_widely_by_a_switch(exact):
    exact.book()
    assert exact.call("GET", ENTRIES).status_code == 200
    exact.switch(open_query_refused="many")

    status, text = exact.error("GET", ENTRIES)
    assert (status, text[:24]) == (400, "Please add a $select or ")
    assert exact.error("GET", ENTRIES, filter="EntryNumber eq 1")[0] == 400
    assert len(exact.get(ENTRIES, top="1")) == 1
    assert exact.call("GET", ENTRIES, select="EntryID").status_code == 200
    assert exact.call("GET", JOURNAL).status_code == 200


def test_a_filter_is_asked_for_by_a_switch(exact):
    assert exact.call("GET", "crm/Accounts", select="ID").status_code == 200
    exact.switch(filter_required="twins")

    status, text = exact.error("GET", "crm/Accounts", select="ID")
    assert (status, "$filter" in text) == (400, True)
    rows = exact.rows("crm/Accounts", select="ID", filter="Name ne 'x'")
    assert len(rows) == 78
    assert exact.call("GET", JOURNAL).status_code == 200


def test_expand_of_many_parents_gives_each_its_own(exact):
    for amount in range(1, 5):
        exact.book({"AmountFC": amount}, {"AmountFC": amount}, YourRef=f"R{amount}")

    rows = exact.rows(ENTRIES, expand="SalesEntryLines", select="EntryID,SalesEntryLines")

    for row in rows:
        lines = row["SalesEntryLines"]["results"]
        assert [line["EntryID"] for line in lines] == [row["EntryID"]] * 2
    assert len(rows) == 4
