"""Webhooks: subscriptions, the empty call, signed deliveries, retries, and trouble on demand.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_ID, Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.server import running_sandbox
from exact_sandbox.webhooks.events import summary
from exact_sandbox.webhooks.queue import spacing
from exact_sandbox.webhooks.sending import is_callback
from tests.exact_sandbox.exact_client import ANNA, BRAM, DE, NL, ExactClient
from tests.exact_sandbox.receiver import Receiver, receiving

SUBSCRIPTIONS = "webhooks/WebhookSubscriptions"
SECRET = Options().webhook_secret
RAW = re.compile(
    rb'\{"Content":(\{"Topic":"(\w+)","ClientId":"([0-9a-f-]{36})","Division":(\d+),'
    rb'"Action":"(Create|Update|Delete)","Key":"([0-9a-f-]{36})",'
    rb'"ExactOnlineEndpoint":"([^"]+)",'
    rb'"EventCreatedOn":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"\}),"HashCode":"([0-9A-F]{64})"\}'
)


@pytest.fixture(scope="module")
def one_receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def receiver(running, one_receiver) -> Receiver:
    with one_receiver.arrived:
        one_receiver.calls.clear()
        one_receiver.answers.clear()
    return one_receiver


@pytest.fixture
def manual(exact, receiver) -> ExactClient:
    """Anna, in a sandbox that sends webhooks only when told to."""
    exact.switch(webhook_delivery="manual")
    return exact


def subscribe(exact, receiver, topic, **values):
    body = {"CallbackURL": f"{receiver.url}/hook?a=1", "Topic": topic, **values}
    answer = exact.call("POST", SUBSCRIPTIONS, body)
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def deliver(exact):
    """Send what waits; return what was tried."""
    answer = exact.control("POST", "/_sandbox/webhooks/deliver")
    assert answer.status_code == 200, answer.text
    return answer.json()["deliveries"]


def deliveries(exact):
    return exact.control("GET", "/_sandbox/webhooks").json()["deliveries"]


def wait_until(done, seconds=10.0):
    ends = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.01)


def told(exact):
    """Send what waits; return topic and action of the events."""
    return [(each["topic"], each["action"]) for each in deliver(exact) if each["kind"] == "event"]


def uri(subscription):
    return f"{SUBSCRIPTIONS}(guid'{subscription['ID']}')"


def new_account(exact, **values):
    answer = exact.call("POST", "crm/Accounts", {"Name": "New", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


# Subscriptions.


def test_a_subscription_shows_whose_it_is(manual, receiver):
    subscription = subscribe(manual, receiver, "accounts")

    assert subscription["Topic"] == "Accounts"
    assert subscription["ClientID"] == DEFAULT_CLIENT_ID
    assert subscription["Description"] == "Sandbox application"
    assert subscription["Division"] == NL
    assert subscription["UserID"] == subscription["Creator"]
    assert subscription["IsInstant"] is False


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Topic": ""}, "Mandatory: Topic"),
        ({"CallbackURL": None}, "Mandatory: Callback URL"),
        ({"Topic": "PaymentTerms"}, "Invalid: Topic"),
        ({"CallbackURL": "ftp://a.example/"}, "Invalid: Callback URL"),
        ({"CallbackURL": "http://a.example/"}, "Invalid: Callback URL"),
        ({"IsInstant": True}, "Invalid: IsInstant"),
    ],
)
def test_subscriptions_that_are_refused(manual, values, text):
    body = {"CallbackURL": "https://a.example/", "Topic": "Accounts", **values}

    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, text)


def test_one_subscription_for_each_topic_and_division(manual, receiver, log_on):
    subscribe(manual, receiver, "Accounts")

    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, "Data already exists.")
    assert log_on(BRAM).error("POST", SUBSCRIPTIONS, body) == (500, "Gegeven bestaat reeds.")
    subscribe(manual, receiver, "Contacts")
    subscribe(log_on(division=DE), receiver, "Accounts")


def test_each_application_has_its_own_subscriptions_and_secret(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    other = {"client_id": "22222222-2222-2222-2222-222222222222", "webhook_secret": "other"}
    manual.control("POST", "/_sandbox/applications", {"name": "Other", **other})
    body = {"username": ANNA, "client_id": other["client_id"]}
    manual.use(manual.control("POST", "/_sandbox/tokens", body).json()["access_token"])

    assert manual.rows(SUBSCRIPTIONS) == []
    assert manual.call("GET", uri(subscription)).status_code == 404
    assert manual.call("DELETE", uri(subscription)).status_code == 404
    subscribe(manual, receiver, "Accounts")
    new_account(manual)

    deliver(manual)
    signed = {
        match[3].decode(): (match[1], match[8].decode())
        for match in map(RAW.fullmatch, receiver.bodies)
        if match
    }
    assert set(signed) == {DEFAULT_CLIENT_ID, other["client_id"]}
    raw, signature = signed[other["client_id"]]
    assert hmac.new(b"other", raw, hashlib.sha256).hexdigest().upper() == signature


def test_only_deliveries_of_goods_come_at_once(manual, receiver):
    subscription = subscribe(manual, receiver, "GoodsDeliveries", IsInstant=True)

    assert subscription["IsInstant"] is True


@pytest.mark.parametrize(
    ("url", "rule", "accepted"),
    [
        ("https://a.example/hook", "https", True),
        ("http://localhost:8000/hook", "https", False),
        ("http://localhost:8000/hook", "https_or_local", True),
        ("http://[::1]:8000/hook", "https_or_local", True),
        ("http://a.example/hook", "https_or_local", False),
        ("http://a.example/hook", "any", True),
        ("file:///etc/passwd", "any", False),
        ("https://", "any", False),
        ("https://a.example:port/", "any", False),
        ("https://a.example/a b", "any", False),
        ("https://[bad/", "any", False),
    ],
)
def test_which_addresses_may_be_subscribed(url, rule, accepted):
    assert is_callback(url, rule) is accepted


def test_the_switch_decides_about_callbacks(manual, receiver):
    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    manual.switch(webhook_callback="https")

    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, "Invalid: Callback URL")


def test_a_put_moves_a_subscription(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    deliver(manual)

    changes = {"CallbackURL": f"{receiver.url}/moved", "Topic": "Contacts"}
    assert manual.call("PUT", uri(subscription), changes).status_code == 204

    assert manual.get(uri(subscription))["Topic"] == "Contacts"
    deliver(manual)
    assert [(path, body) for path, _, body in receiver.calls] == [
        ("/hook?a=1", b""),
        ("/moved", b""),
    ]


def test_a_put_that_changes_nothing_is_fine(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")

    for body in ({}, {"Description": "mine"}):
        assert manual.call("PUT", uri(subscription), body).status_code == 204

    assert manual.get(uri(subscription))["CallbackURL"] == subscription["CallbackURL"]


def test_a_put_keeps_to_the_rules(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    subscribe(manual, receiver, "Contacts")

    assert (
        manual.error("PUT", uri(subscription), {"Topic": "Contacts"})[1] == "Data already exists."
    )
    assert manual.error("PUT", uri(subscription), {"Topic": None})[1] == "Mandatory: Topic"
    assert manual.error("PUT", uri(subscription), {"Topic": "x"})[1] == "Invalid: Topic"


def test_a_put_is_refused_where_the_switch_says_so(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    manual.switch(webhook_put="refused")

    assert manual.call("PUT", uri(subscription), {"Topic": "Contacts"}).status_code == 405
    assert manual.get(uri(subscription))["Topic"] == "Accounts"


def test_a_deleted_subscription_is_told_nothing_more(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    new_account(manual)
    assert manual.call("DELETE", uri(subscription)).status_code == 204
    new_account(manual)

    assert deliver(manual) == []
    assert receiver.calls == []
    assert manual.rows(SUBSCRIPTIONS) == []
    subscribe(manual, receiver, "Accounts")


# The empty call.


def test_a_new_callback_gets_an_empty_call_a_second_later(exact, receiver):
    exact.control("POST", "/_sandbox/clock", {"frozen": True})
    subscribe(exact, receiver, "Accounts")
    exact.advance(0.9)
    assert [each["status"] for each in deliveries(exact)] == ["waiting"]

    exact.advance(0.1)
    with receiver.arrived:
        assert receiver.arrived.wait_for(lambda: receiver.calls, timeout=5)

    path, headers, body = receiver.calls[0]
    assert (path, headers["Content-Length"], body) == ("/hook?a=1", "0", b"")


def test_an_empty_call_that_fails_leaves_the_subscription(manual, receiver):
    manual.switch(webhook_tries=1)
    receiver.answers = [500]
    subscription = subscribe(manual, receiver, "Accounts")

    assert [each["status"] for each in deliver(manual)] == ["failed"]

    assert manual.call("GET", uri(subscription)).status_code == 200


def test_an_empty_call_that_fails_removes_it_where_the_switch_says_so(manual, receiver):
    manual.switch(webhook_tries=1, webhook_failed_validation="removed")
    receiver.answers = [500]
    subscription = subscribe(manual, receiver, "Accounts")

    deliver(manual)

    assert manual.call("GET", uri(subscription)).status_code == 404


def test_a_callback_is_tried_before_the_answer_where_the_switch_says_so(manual, receiver):
    manual.switch(webhook_validation="synchronous")

    subscription = subscribe(manual, receiver, "Accounts")

    assert [body for _, _, body in receiver.calls] == [b""]
    assert deliver(manual) == []
    receiver.answers = [404]
    changes = {"CallbackURL": f"{receiver.url}/moved"}
    assert manual.error("PUT", uri(subscription), changes) == (
        500,
        "Invalid: Post to callback URL endpoint returns 404 Not Found",
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (500, "Invalid: Post to callback URL endpoint returns 500 Internal Server Error"),
        (302, "Invalid: Post to callback URL endpoint returns 302 Found"),
    ],
)
def test_a_callback_that_fails_at_once_refuses_the_subscription(manual, receiver, answer, text):
    manual.switch(webhook_validation="synchronous")
    receiver.answers = [answer]

    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, text)
    assert manual.rows(SUBSCRIPTIONS) == []
    assert len(receiver.calls) == 1


def test_a_callback_that_nobody_answers_refuses_the_subscription(manual, log_on):
    manual.switch(webhook_validation="synchronous")

    body = {"CallbackURL": "http://127.0.0.1:9/", "Topic": "Accounts"}
    text = "Post to callback URL endpoint returns 500 An error occurred while sending the request."
    assert log_on(BRAM).error("POST", SUBSCRIPTIONS, body) == (500, f"Ongeldig: {text}")


# Deliveries.


def test_a_delivery_has_exacts_raw_form_and_signature(exact, receiver):
    subscribe(exact, receiver, "Accounts")
    account = new_account(exact, Name="Ünïcode & Co")

    (body,) = receiver.wait_for(1)

    match = RAW.fullmatch(body)
    assert match, body
    raw, topic, client_id, division, action, key, endpoint, signature = match.groups()
    expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest().upper()
    assert signature.decode() == expected
    assert (topic, action) == (b"Accounts", b"Create")
    assert client_id.decode() == DEFAULT_CLIENT_ID
    assert int(division) == NL
    assert key.decode() == account["ID"]
    assert endpoint.decode() == account["__metadata"]["uri"]
    assert exact.get(endpoint.decode())["ID"] == account["ID"]
    _, headers, _ = receiver.calls[-1]
    assert headers["Content-Type"] == "application/json"


def test_what_happened_is_told_once_a_transaction(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    account = new_account(manual)
    address = f"crm/Accounts(guid'{account['ID']}')"
    manual.call("PUT", address, {"Name": "Other"})
    manual.call("DELETE", address)

    assert told(manual) == [("Accounts", "Create"), ("Accounts", "Update"), ("Accounts", "Delete")]


def test_what_was_refused_is_not_told(manual, receiver):
    for topic in ("Accounts", "FinancialTransactions"):
        subscribe(manual, receiver, topic)

    manual.call("POST", "crm/Accounts", {"Name": "New", "Code": "1"})
    manual.call("POST", "salesentry/SalesEntries", manual.entry(Journal="nothing"))

    assert told(manual) == []


def test_a_division_is_told_of_its_own_changes_only(manual, receiver, log_on):
    subscribe(log_on(division=DE), receiver, "Accounts")

    new_account(manual)

    assert told(manual) == []


def test_one_booking_is_told_under_several_topics(manual, receiver):
    for topic in ("FinancialTransactions", "TransactionLines", "Documents"):
        subscribe(manual, receiver, topic)
    body = {"Subject": "Invoice", "Type": 10}
    document = manual.call("POST", "documents/Documents", body).json()["d"]
    deliver(manual)

    entry = manual.book(Document=document["ID"])

    tried = deliver(manual)
    assert sorted((each["topic"], each["action"]) for each in tried) == [
        ("Documents", "Update"),
        ("FinancialTransactions", "Create"),
        *[("TransactionLines", "Create")] * 3,
    ]
    keys = {each["key"] for each in tried if each["topic"] == "FinancialTransactions"}
    assert keys == {entry["EntryID"]}


def test_a_changed_and_a_deleted_entry_are_told(manual, receiver):
    subscribe(manual, receiver, "FinancialTransactions")
    entry = manual.book()
    address = f"salesentry/SalesEntries(guid'{entry['EntryID']}')"
    manual.call("PUT", address, {"Description": "Other"})
    manual.call("DELETE", address)

    assert [action for _, action in told(manual)] == ["Create", "Update", "Delete"]


def test_a_payment_is_told_as_transactions_never_as_terms(manual, receiver):
    entry = manual.book()
    subscribe(manual, receiver, "FinancialTransactions")

    manual.pay((entry["EntryID"], "121.00"))

    actions = {each["key"]: each["action"] for each in deliver(manual) if each["kind"] == "event"}
    assert "Create" in actions.values()
    assert actions.get(entry["EntryID"], "Update") == "Update"


def test_a_sales_invoice_is_told_and_so_is_what_printing_makes(manual, receiver):
    for topic in ("SalesInvoices", "FinancialTransactions", "Documents", "DocumentAttachments"):
        subscribe(manual, receiver, topic)
    deliver(manual)

    invoice = manual.invoice()
    assert told(manual) == [("SalesInvoices", "Create")]
    body = {"InvoiceID": invoice["InvoiceID"], "Item": manual.item()}
    manual.call("POST", "salesinvoice/SalesInvoiceLines", body)
    assert told(manual) == [("SalesInvoices", "Update")]
    manual.print_invoice(invoice["InvoiceID"])
    assert sorted(told(manual)) == [
        ("DocumentAttachments", "Create"),
        ("Documents", "Create"),
        ("FinancialTransactions", "Create"),
        ("SalesInvoices", "Update"),
    ]


def test_documents_attachments_contacts_and_accounts_of_the_ledger_are_told(manual, receiver):
    for topic in ("Documents", "DocumentAttachments", "Contacts", "GLAccounts", "Items"):
        subscribe(manual, receiver, topic)
    deliver(manual)

    document = manual.call("POST", "documents/Documents", {"Subject": "S", "Type": 55}).json()["d"]
    file = {
        "Document": document["ID"],
        "FileName": "a.txt",
        "Attachment": base64.b64encode(b"a").decode(),
    }
    attachment = manual.call("POST", "documents/DocumentAttachments", file).json()["d"]
    manual.call("DELETE", f"documents/Documents(guid'{document['ID']}')")
    person = {"Account": manual.customer(50), "FirstName": "A", "LastName": "B"}
    manual.call("POST", "crm/Contacts", person)
    manual.call("POST", "financial/GLAccounts", {"Code": "8877", "Description": "x"})

    tried = deliver(manual)
    assert sorted((each["topic"], each["action"]) for each in tried) == [
        ("Contacts", "Create"),
        ("DocumentAttachments", "Create"),
        ("DocumentAttachments", "Delete"),
        ("Documents", "Create"),
        ("Documents", "Delete"),
        ("GLAccounts", "Create"),
    ]
    addresses = {each["content"]["ExactOnlineEndpoint"] for each in tried}
    assert (
        f"{manual.base_url}/api/v1/{NL}/documents/DocumentAttachments(guid'{attachment['ID']}')"
        in addresses
    )


@pytest.mark.parametrize(
    ("actions", "amounts_to"),
    [
        (["Create"], "Create"),
        (["Create", "Update"], "Create"),
        (["Create", "Delete"], None),
        (["Update", "Update"], "Update"),
        (["Update", "Delete"], "Delete"),
        (["Delete", "Create"], "Update"),
        (["Delete", "Delete"], "Delete"),
        (["Delete", "Create", "Delete"], "Delete"),
    ],
)
def test_changes_of_one_transaction_amount_to_one(actions, amounts_to):
    assert summary(actions) == amounts_to


# Retries.


def test_a_delivery_that_fails_is_tried_again_on_the_sandboxs_clock(exact, receiver):
    exact.switch(webhook_retry_seconds=3600)
    # Else the empty call after a second may come first and take the answer that is meant for the event.
    exact.control("POST", "/_sandbox/clock", {"frozen": True})
    subscribe(exact, receiver, "Accounts")
    receiver.answers = [503]
    new_account(exact)
    (first,) = receiver.wait_for(1)
    # The next try is counted from when the sandbox has noted this one, not from its arrival.
    wait_until(lambda: any(e["kind"] == "event" and e["tries"] for e in deliveries(exact)))

    exact.advance(3601)

    assert receiver.wait_for(2) == [first, first]


def test_the_log_tells_of_each_try(manual, receiver):
    manual.switch(webhook_tries=3, webhook_retry_seconds=10)
    subscribe(manual, receiver, "Accounts")
    deliver(manual)
    receiver.answers = [500, 302, 204]
    new_account(manual)

    statuses = [each["status"] for _ in range(3) for each in deliver(manual)]

    assert statuses == ["waiting", "waiting", "delivered"]
    delivery = deliveries(manual)[-1]
    assert [each["answer"] for each in delivery["tries"]] == [500, 302, 204]
    assert all(path == "/hook?a=1" for path, _, _ in receiver.calls)
    assert json.loads(delivery["body"])["Content"] == delivery["content"]
    assert deliver(manual) == []


def test_a_delivery_is_given_up_after_its_tries(manual, receiver):
    manual.switch(webhook_tries=2)
    subscribe(manual, receiver, "Accounts")
    deliver(manual)
    receiver.answers = [500, 500]
    new_account(manual)

    statuses = [each["status"] for _ in range(3) for each in deliver(manual)]

    assert statuses == ["waiting", "failed"]


def test_a_callback_that_nobody_answers_is_an_error_in_the_log(manual, receiver):
    subscribe(manual, receiver, "Accounts", CallbackURL="http://127.0.0.1:9/")

    (delivery,) = deliver(manual)

    assert delivery["tries"][0]["answer"] is None
    assert "refused" in delivery["tries"][0]["error"]


def test_the_spacing_of_tries_doubles_up_to_a_day():
    assert [spacing(60, tries) for tries in (1, 2, 3)] == [60, 120, 240]
    assert spacing(60, 100) == 24 * 3600


def test_a_subscription_that_keeps_failing_is_disabled_where_the_switch_says_so(manual, receiver):
    manual.switch(webhook_tries=1, webhook_disable_after=2)
    subscription = subscribe(manual, receiver, "Accounts")
    deliver(manual)
    receiver.answers = [500, 500]
    for _ in range(3):
        new_account(manual)
        deliver(manual)

    assert len(receiver.bodies) == 2
    state = manual.control("GET", "/_sandbox/webhooks").json()["subscriptions"]
    assert [(each["failures"], each["disabled"]) for each in state] == [(2, True)]

    manual.call("PUT", uri(subscription), {"CallbackURL": f"{receiver.url}/new"})
    new_account(manual)
    assert ("Accounts", "Create") in told(manual)


def test_by_default_a_failing_subscription_goes_on(manual, receiver):
    manual.switch(webhook_tries=1)
    subscribe(manual, receiver, "Accounts")
    deliver(manual)
    receiver.answers = [500] * 5
    for _ in range(6):
        new_account(manual)
        deliver(manual)

    assert len(receiver.bodies) == 6


# Trouble on demand.


def test_webhooks_are_dropped_on_demand(manual, receiver):
    manual.switch(webhook_drop_percent=100)
    subscribe(manual, receiver, "Accounts")
    new_account(manual)

    assert told(manual) == []
    assert [each["status"] for each in deliveries(manual)] == ["delivered", "dropped"]


def test_webhooks_come_twice_on_demand(manual, receiver):
    manual.switch(webhook_duplicate_percent=100)
    subscribe(manual, receiver, "Accounts")
    new_account(manual)

    assert told(manual) == [("Accounts", "Create")] * 2
    assert receiver.bodies[0] == receiver.bodies[1]


def test_chance_follows_the_seed(manual, receiver):
    def story(seed):
        manual.control("POST", "/_sandbox/reset")
        exact = ExactClient(manual.running)
        exact.switch(webhook_delivery="manual", webhook_drop_percent=50, webhook_seed=seed)
        subscribe(exact, receiver, "Accounts")
        for _ in range(12):
            new_account(exact)
        fates = [each["status"] for each in deliveries(exact) if each["kind"] == "event"]
        exact.close()
        return fates

    first = story(1)
    assert {"dropped", "waiting"} == set(first)
    assert story(1) == first
    assert story(2) != first


def test_webhooks_come_out_of_order_on_demand(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    deliver(manual)
    manual.switch(webhook_reorder_percent=100)
    held = new_account(manual)
    manual.switch(webhook_reorder_percent=0)
    later = new_account(manual)

    deliver(manual)

    keys = [json.loads(body)["Content"]["Key"] for body in receiver.bodies]
    assert keys == [later["ID"], held["ID"]]


def test_webhooks_are_late_on_demand(exact, receiver):
    subscribe(exact, receiver, "Accounts")
    exact.switch(webhook_delay_seconds=600)
    new_account(exact)
    due = deliveries(exact)[-1]
    assert (due["status"], receiver.bodies) == ("waiting", [])

    exact.advance(601)

    receiver.wait_for(1)


def test_a_delivery_is_sent_again_byte_for_byte(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    new_account(manual)
    deliver(manual)
    number = deliveries(manual)[-1]["id"]

    answer = manual.control("POST", f"/_sandbox/webhooks/deliveries/{number}/again")

    assert answer.status_code == 201
    deliver(manual)
    assert receiver.bodies[0] == receiver.bodies[1]
    assert manual.control("POST", "/_sandbox/webhooks/deliveries/0/again").status_code == 404
    assert manual.control("POST", "/_sandbox/webhooks/deliveries/x/again").status_code == 404


# The machinery.


def test_a_callback_may_call_the_sandbox_while_it_is_called(manual, receiver):
    """The store is not held during a call: a client may read back before it answers."""
    subscribe(manual, receiver, "Accounts")
    new_account(manual)
    answers = []
    wait_for = threading.Event()

    class Reading(list[Any]):
        def append(self, call: Any) -> None:
            super().append(call)
            answers.append(manual.control("GET", "/_sandbox/clock").status_code)
            wait_for.set()

    receiver.calls = Reading()
    deliver(manual)

    assert wait_for.is_set()
    assert answers == [200, 200]
    receiver.calls = []


def test_what_was_held_goes_once_the_switch_lets_it(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    new_account(manual)
    assert receiver.calls == []

    manual.switch(webhook_delivery="automatic")

    receiver.wait_for(1)


def test_what_was_held_goes_whichever_process_is_told(tmp_path, receiver):
    data = tmp_path / "books.sqlite"
    with running_sandbox(data=data) as one, running_sandbox(data=data) as other:
        first, second = ExactClient(one), ExactClient(other)
        first.switch(webhook_delivery="manual")
        subscribe(first, receiver, "Accounts")
        new_account(first)
        assert deliveries(second)
        assert receiver.calls == []

        second.switch(webhook_delivery="automatic")

        receiver.wait_for(1)
        first.close()
        second.close()


def test_the_log_of_deliveries_keeps_the_newest(manual, receiver, monkeypatch):
    monkeypatch.setattr("exact_sandbox.webhooks.queue.KEPT", 2)
    monkeypatch.setattr("exact_sandbox.webhooks.queue.PRUNED_EVERY", 1)
    subscribe(manual, receiver, "Accounts")
    for _ in range(5):
        new_account(manual)
        deliver(manual)

    assert [each["status"] for each in deliveries(manual)] == ["delivered", "delivered"]
    new_account(manual)
    new_account(manual)
    new_account(manual)
    assert [each["status"] for each in deliveries(manual)].count("waiting") == 3


def sending() -> bool:
    return "webhooks" in [thread.name for thread in threading.enumerate()]


def test_no_thread_lives_without_webhooks(exact, receiver):
    wait_until(lambda: not sending())  # that of an earlier test
    exact.book()
    assert not sending()

    subscribe(exact, receiver, "Accounts")
    assert sending()
    exact.advance(2)
    new_account(exact)
    receiver.wait_for(1)

    wait_until(lambda: not sending())


def test_a_reset_forgets_subscriptions_and_what_was_to_be_sent(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    new_account(manual)

    manual.control("POST", "/_sandbox/reset")

    assert manual.control("GET", "/_sandbox/webhooks").json() == {
        "subscriptions": [],
        "deliveries": [],
    }
    assert deliver(manual) == []


def test_a_restart_goes_on_with_what_was_to_be_sent(tmp_path, receiver):
    data = tmp_path / "books.sqlite"
    with running_sandbox(data=data) as running:
        exact = ExactClient(running)
        exact.switch(webhook_delivery="manual")
        subscribe(exact, receiver, "Accounts")
        new_account(exact)
        exact.close()

    sandbox = Sandbox(Options(data=data))  # as the parent of workers opens it: it sends nothing
    sandbox.switches.set("webhook_delivery", "automatic")
    sandbox.close()
    assert receiver.calls == []

    with running_sandbox(data=data):
        receiver.wait_for(1)


def test_the_address_in_a_delivery_is_the_public_one(receiver):
    with running_sandbox(public_url="https://exact.example") as running:
        running.base_url = f"http://127.0.0.1:{running.port}"
        exact = ExactClient(running)
        exact.switch(webhook_delivery="manual")
        subscribe(exact, receiver, "Accounts")
        account = new_account(exact)
        event = next(each for each in deliver(exact) if each["kind"] == "event")
        exact.close()

    assert event["content"]["ExactOnlineEndpoint"] == (
        f"https://exact.example/api/v1/{NL}/crm/Accounts(guid'{account['ID']}')"
    )
