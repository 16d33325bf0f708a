"""What a client reads that does not ask for JSON: Atom, XML refusals, and a service's description."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from exact_sandbox.odata.atom import ATOM, DATA, METADATA, RELATED
from exact_sandbox.odata.metadata import APP, EDM
from tests.exact_sandbox.exact_client import NL

ENTRIES = "salesentry/SalesEntries"
NAMES = {"a": ATOM, "d": DATA, "m": METADATA, "app": APP, "edm": EDM}


def read(exact, path, accept="*/*", status=200, method="GET", **more):
    """Return an answer and its document."""
    answer = exact.http.request(method, exact.url(path), headers={"Accept": accept}, **more)
    assert answer.status_code == status, answer.text
    return answer, ET.fromstring(answer.content)  # noqa: S314 - written by our own sandbox


def values(entry):
    """Return the text of each property of an entry; None where it is said to be null."""
    found = {}
    for element in entry.find("a:content/m:properties", NAMES):
        is_null = element.get(f"{{{METADATA}}}null") == "true"
        found[element.tag.partition("}")[2]] = None if is_null else element.text or ""
    return found


@pytest.mark.parametrize(
    "accept", ["*/*", "application/atom+xml", "text/html,application/xml,*/*;q=0.8"]
)
def test_a_client_that_asks_for_no_json_reads_a_feed(exact, accept):
    answer, feed = read(exact, "financial/Journals", accept)
    rows = {row["ID"]: row for row in exact.rows("financial/Journals")}

    assert answer.headers["Content-Type"] == "application/atom+xml;type=feed;charset=utf-8"
    assert feed.tag == f"{{{ATOM}}}feed"
    assert feed.findtext("a:title", namespaces=NAMES) == "Journals"
    entries = feed.findall("a:entry", NAMES)
    assert len(entries) == len(rows)
    for entry in entries:
        read_values = values(entry)
        row = rows[read_values["ID"]]
        assert entry.findtext("a:id", namespaces=NAMES) == row["__metadata"]["uri"]
        assert entry.find("a:category", NAMES).get("term") == row["__metadata"]["type"]
        assert read_values["Code"] == row["Code"]
        assert read_values["IsBlocked"] == str(row["IsBlocked"]).lower()
        assert set(read_values) == set(row) - {"__metadata"}


def test_json_wins_where_a_client_takes_both(exact):
    for accept in ("application/json", "application/json;odata=verbose", "*/*, application/json"):
        answer = exact.http.get(exact.url("financial/Journals"), headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    options = "financial/Journals?$format=json"
    assert exact.http.get(exact.url(options), headers={"Accept": "*/*"}).json()["d"]
    read(exact, "financial/Journals?$format=atom", "application/json")
    assert exact.call("GET", "financial/Journals", format="yaml").status_code == 415


def test_a_client_that_takes_neither_is_refused(exact):
    _, error = read(exact, "financial/Journals", "text/csv", status=415)

    assert error.findtext("m:message", namespaces=NAMES) == "Unsupported media type requested."


def test_values_carry_their_types(exact):
    entry = exact.book({"AmountFC": 12.5}, EntryDate="2026-02-03")
    answer, document = read(exact, f"{ENTRIES}(guid'{entry['EntryID']}')")
    properties = document.find("a:content/m:properties", NAMES)
    types = {
        name: properties.find(f"d:{name}", NAMES).get(f"{{{METADATA}}}type")
        for name in ("EntryID", "EntryNumber", "EntryDate", "AmountFC", "YourRef", "Document")
    }

    assert answer.headers["Content-Type"] == "application/atom+xml;type=entry;charset=utf-8"
    assert types == {
        "EntryID": "Edm.Guid",
        "EntryNumber": "Edm.Int32",
        "EntryDate": "Edm.DateTime",
        "AmountFC": "Edm.Double",
        "YourRef": None,
        "Document": "Edm.Guid",
    }
    assert values(document)["EntryDate"] == "2026-02-03T00:00:00"
    assert values(document)["AmountFC"] == "15.125" or values(document)["AmountFC"] == "15.13"
    assert values(document)["Document"] is None


def test_nested_records_are_a_link_and_stand_inline_when_expanded(exact):
    entry = exact.book({"AmountFC": 1}, {"AmountFC": 2})
    address = f"{ENTRIES}(guid'{entry['EntryID']}')"
    link = f"a:link[@rel='{RELATED}SalesEntryLines']"

    _, plain = read(exact, address)
    _, expanded = read(exact, f"{address}?$expand=SalesEntryLines")

    assert (
        plain.find(link, NAMES).get("href")
        == f"SalesEntries(guid'{entry['EntryID']}')/SalesEntryLines"
    )
    assert plain.find(f"{link}/m:inline", NAMES) is None
    lines = expanded.findall(f"{link}/m:inline/a:feed/a:entry", NAMES)
    assert [values(line)["AmountFC"] for line in lines] == ["1", "2"]


def test_a_feed_has_its_count_and_the_next_page(exact):
    _, feed = read(exact, "crm/Accounts?$inlinecount=allpages&$select=ID")
    _, rest = read(exact, feed.find("a:link[@rel='next']", NAMES).get("href"))

    assert feed.findtext("m:count", namespaces=NAMES) == "78"
    assert len(feed.findall("a:entry", NAMES)) == 60
    assert len(rest.findall("a:entry", NAMES)) == 18
    assert rest.find("a:link[@rel='next']", NAMES) is None
    _, few = read(exact, "crm/Accounts?$top=2&$select=ID")
    assert len(few.findall("a:entry", NAMES)) == 2


def test_a_single_property_and_links_are_xml(exact):
    entry = exact.book()
    address = f"{ENTRIES}(guid'{entry['EntryID']}')"
    line = exact.get(entry["SalesEntryLines"]["__deferred"]["uri"])["results"][0]

    _, number = read(exact, f"{address}/EntryNumber")
    _, links = read(exact, f"{address}/$links/SalesEntryLines")

    assert (number.tag, number.text) == (f"{{{DATA}}}EntryNumber", str(entry["EntryNumber"]))
    assert links.findtext("d:uri", namespaces=NAMES) == line["__metadata"]["uri"]


def test_refusals_are_xml(exact):
    answer, error = read(exact, "crm/Accounts?$filter=Bogus eq 1", status=400)

    assert answer.headers["Content-Type"] == "application/xml;charset=utf-8"
    assert error.tag == f"{{{METADATA}}}error"
    assert "Bogus" in error.findtext("m:message", namespaces=NAMES)
    assert (
        answer.content.count(
            b'xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
        )
        == 1
    )
    _, refused = read(exact, "crm/Accounts", method="POST", json={"City": "Urk"}, status=500)
    assert refused.findtext("m:message", namespaces=NAMES) == "Mandatory: Name"


def test_a_post_in_json_may_be_answered_in_atom(exact):
    answer, entry = read(
        exact, "crm/Accounts", method="POST", json={"Name": "A & <B> \x01"}, status=201
    )

    assert values(entry)["Name"] == "A & <B> \ufffd"
    assert answer.headers["Location"] == entry.findtext("a:id", namespaces=NAMES)


def test_a_body_in_atom_is_refused(exact):
    answer = exact.http.post(
        exact.url("crm/Accounts"),
        data=b"<entry/>",
        headers={"Content-Type": "application/atom+xml"},
    )

    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]["message"]["value"]


def test_me_is_a_feed_too(exact):
    _, feed = read(exact, f"{exact.base_url}/api/v1/current/Me")

    (entry,) = feed.findall("a:entry", NAMES)
    assert values(entry)["CurrentDivision"] == str(NL)


def test_a_service_lists_its_endpoints(exact):
    assert {"Accounts", "Contacts"} <= set(exact.get("crm")["EntitySets"])
    assert exact.get("bulk/cashflow/") == {"EntitySets": ["Receivables"]}
    _, document = read(exact, "salesentry/")
    names = [
        collection.get("href")
        for collection in document.findall("app:workspace/app:collection", NAMES)
    ]
    assert names == ["SalesEntries", "SalesEntryLines"]
    assert exact.error("POST", "crm", {})[0] == 405
    assert exact.error("GET", "bogus")[0] == 404


def test_metadata_describes_the_properties_and_relations(exact):
    _, document = read(exact, "salesentry/$metadata", "application/json")
    entity = document.find(".//edm:EntityType[@Name='SalesEntry']", NAMES)

    assert entity.find("edm:Key/edm:PropertyRef", NAMES).get("Name") == "EntryID"
    amount = entity.find("edm:Property[@Name='AmountFC']", NAMES)
    assert amount.get("Type") == "Edm.Double"
    navigation = entity.find("edm:NavigationProperty", NAMES)
    relation = navigation.get("Relationship").rpartition(".")[2]
    ends = document.findall(f".//edm:Association[@Name='{relation}']/edm:End", NAMES)
    assert [end.get("Multiplicity") for end in ends] == ["1", "*"]
    sets = {item.get("Name") for item in document.findall(".//edm:EntitySet", NAMES)}
    assert sets == {"SalesEntries", "SalesEntryLines"}


@pytest.mark.parametrize("path", ["$batch", "crm/$batch"])
def test_batches_are_refused_plainly(exact, path):
    status, text = exact.error("POST", path, {})

    assert status == 501
    assert "Batch" in text
