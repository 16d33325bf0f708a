"""What the tests of webhooks do again and again: subscribe, change something, send, wait.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

import re
import time

from exact_sandbox.options import Options

SUBSCRIPTIONS = "webhooks/WebhookSubscriptions"
SECRET = Options().webhook_secret
RAW = re.compile(
    rb'\{"Content":(\{"Topic":"(\w+)","ClientId":"([0-9a-f-]{36})","Division":(\d+),'
    rb'"Action":"(Create|Update|Delete)","Key":"([0-9a-f-]{36})",'
    rb'"ExactOnlineEndpoint":"([^"]+)",'
    rb'"EventCreatedOn":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"\}),"HashCode":"([0-9A-F]{64})"\}'
)


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
