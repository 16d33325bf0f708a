"""Webhooks: who is subscribed, what was sent, and how each try went."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from markupsafe import Markup

from exact_sandbox.html import table
from exact_sandbox.pages.layout import counted
from exact_sandbox.pages.page import Done, Form, Missing, Page, Refused, Screen, Visit
from exact_sandbox.pages.parts import (
    PER_PAGE,
    button,
    card,
    code,
    empty,
    example,
    facts,
    form,
    join,
    link,
    pager,
    tag,
)
from exact_sandbox.pages.reading import number
from exact_sandbox.values import Record
from exact_sandbox.webhooks import queue

_KINDS = {
    "delivered": "good",
    "failed": "bad",
    "dropped": "bad",
    "waiting": "warn",
    "sending": "warn",
}


def show_list(visit: Visit) -> Screen:
    """Return the subscriptions, and the deliveries with the newest first."""
    page = max(1, visit.number("page", 1))
    database = visit.sandbox.database
    total = number(database, "SELECT count(*) FROM webhook_deliveries")
    found = database.execute(
        "SELECT * FROM webhook_deliveries ORDER BY id DESC LIMIT ? OFFSET ?",
        [PER_PAGE, (page - 1) * PER_PAGE],
    )
    lines: list[list[object]] = [
        [
            link(f"/webhooks/{row['id']}", row["id"]),
            _moment(row["queued_at"]),
            row["topic"],
            row["action"] or "empty call that asks whether you are there",
            row["division"],
            _state(row["status"]),
            row["tries"],
        ]
        for row in found
    ]
    headings = ["No.", "Since (UTC)", "Topic", "What happened", "Division", "State", "Tries"]
    content = join(
        Markup("<h1>Webhooks</h1>"),
        Markup(
            '<p class="lead">Calls to the applications that subscribed, signed with their secret. '
            "Switches decide on delays, drops, doubles and order.</p>"
        ),
        _subscriptions(visit),
        card(
            "Deliveries",
            table(headings, lines, numbers=frozenset({6}))
            if lines
            else empty("None yet. A change in a division with a subscription makes one."),
            pager(visit, total, page=page),
            form("/webhooks/deliver", button("Try all that wait now")) if lines else "",
        ),
    )
    return Screen("Webhooks", content, "/webhooks")


def _subscriptions(visit: Visit) -> Markup:
    rows = visit.sandbox.database.execute(
        'SELECT s."Division", s."Topic", s."CallbackURL", s."ClientID", b.failures, b.disabled '
        'FROM "webhooksubscriptions" s JOIN webhook_subscribers b ON b.subscription_id = s."ID" '
        "ORDER BY s.rowid"
    )
    if not rows:
        nothing = join(
            "Nobody is subscribed. A client posts to ", code("webhooks/WebhookSubscriptions"), "."
        )
        return card("Subscriptions", empty(nothing))
    lines: list[list[object]] = [
        [
            row["Topic"],
            row["Division"],
            row["CallbackURL"],
            row["ClientID"],
            tag("disabled", "bad") if row["disabled"] else tag("active", "good"),
            counted(row["failures"], "failure in a row", "failures in a row"),
        ]
        for row in rows
    ]
    headings = ["Topic", "Division", "Callback", "Application", "State", "Lately"]
    return card("Subscriptions", table(headings, lines))


def _state(status: str) -> Markup:
    return tag(status, _KINDS.get(status, ""))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _delivery(visit: Visit) -> Record:
    raw = visit.path["delivery"]
    known = raw.isdecimal() and len(raw) < 16
    rows = (
        visit.sandbox.database.execute("SELECT * FROM webhook_deliveries WHERE id = ?", [int(raw)])
        if known
        else []
    )
    if not rows:
        raise Missing("There is no such delivery.")
    return dict(rows[0])


def show_delivery(visit: Visit) -> Screen:
    """Return one delivery with its body and tries."""
    row = _delivery(visit)
    tries = visit.sandbox.database.execute(
        "SELECT * FROM webhook_tries WHERE delivery_id = ? ORDER BY number", [row["id"]]
    )
    lines: list[list[object]] = [
        [
            _moment(each["at"]),
            each["answer"] if each["answer"] is not None else "none",
            each["error"],
            f"{each['milliseconds']:,} ms",
        ]
        for each in tries
    ]
    shown = table(["Time (UTC)", "Answer", "What went wrong", "Took"], lines)
    content = join(
        Markup("<h1>Delivery {}</h1>").format(row["id"]),
        card(
            "What it is",
            facts(
                [
                    ("State", _state(row["status"])),
                    ("Topic", row["topic"]),
                    ("What happened", row["action"] or "empty validation call"),
                    ("Key", row["key"]),
                    ("Division", row["division"]),
                    ("Callback", row["url"]),
                    ("Since (UTC)", _moment(row["queued_at"])),
                    (
                        "Next try (UTC)",
                        _moment(row["due_at"]) if row["status"] == "waiting" else "",
                    ),
                ]
            ),
            form(
                f"/webhooks/{row['id']}/again", button("Send it again, byte for byte", kind="plain")
            ),
        ),
        card("Tries", shown if lines else empty("It was not tried yet.")),
        card("Body", example(_readable(row["body"]), "Body") if row["body"] else empty("Empty.")),
    )
    return Screen(f"Delivery {row['id']}", content, "/webhooks")


def _readable(body: str) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def deliver(visit: Visit) -> Done:
    """Try every waiting delivery now."""
    tried = visit.sandbox.webhooks.deliver_now()
    if not tried:
        raise Refused("None waits.")
    return Done("/webhooks", f"{counted(len(tried), 'delivery was', 'deliveries were')} tried.")


def again(visit: Visit) -> Done:
    """Send a delivery another time."""
    sandbox = visit.sandbox
    new_id = queue.repeat(sandbox.database, _delivery(visit)["id"], sandbox.clock.seconds())
    sandbox.webhooks.queued()
    return Done("/webhooks", f"It is sent again as delivery {new_id}.")


LIST = Page("/webhooks", show_list)
DELIVERY = Page("/webhooks/{delivery}", show_delivery)
PAGES = (
    LIST,
    Form("/webhooks/deliver", deliver, LIST, alone=True),
    DELIVERY,
    Form("/webhooks/{delivery}/again", again, DELIVERY),
)
