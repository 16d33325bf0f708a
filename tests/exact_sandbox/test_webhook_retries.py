"""Webhooks that fail are tried again; trouble on demand; what holds over processes and restarts.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

from exact_sandbox.options import Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.server import running_sandbox
from exact_sandbox.webhooks.queue import spacing
from tests.exact_sandbox.exact_client import NL, ExactClient
from tests.exact_sandbox.webhook_steps import (
    deliver,
    deliveries,
    new_account,
    subscribe,
    told,
    uri,
    wait_until,
)

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


def sending() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "webhooks"}


def test_no_thread_lives_without_webhooks(exact, receiver):
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not sending(), seconds=3)  # that of an earlier test
    others = sending()  # those of sandboxes that other tests keep
    exact.book()
    assert not sending() - others

    subscribe(exact, receiver, "Accounts")
    assert sending() - others
    exact.advance(2)
    new_account(exact)
    receiver.wait_for(1)

    wait_until(lambda: not sending() - others)


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
