"""Webhooks: who is subscribed, what was sent and how it went, sending now and again."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    many,
    or_null,
    ref,
    text,
    whole,
    yes_no,
)
from exact_sandbox.webhooks import queue

MOST = 1_000


def _show(call: Call) -> dict[str, object]:
    since = call.number("since")
    rows = call.sandbox.database.execute(
        "SELECT * FROM webhook_deliveries WHERE id > ? ORDER BY id LIMIT ?", [since, MOST]
    )
    return {
        "subscriptions": _subscriptions(call),
        "deliveries": [_delivery(call, row) for row in rows],
    }


def _subscriptions(call: Call) -> list[dict[str, object]]:
    rows = call.sandbox.database.execute(
        'SELECT s.*, b.failures, b.disabled FROM "webhooksubscriptions" s '
        'JOIN webhook_subscribers b ON b.subscription_id = s."ID" ORDER BY s.rowid'
    )
    return [
        {
            "id": row["ID"],
            "division": row["Division"],
            "topic": row["Topic"],
            "client_id": row["ClientID"],
            "callback_url": row["CallbackURL"],
            "failures": row["failures"],
            "disabled": bool(row["disabled"]),
        }
        for row in rows
    ]


def _delivery(call: Call, row: sqlite3.Row) -> dict[str, object]:
    tries = call.sandbox.database.execute(
        "SELECT * FROM webhook_tries WHERE delivery_id = ? ORDER BY number", [row["id"]]
    )
    return {
        **{
            name: row[name]
            for name in ("id", "subscription_id", "division", "topic", "kind", "action", "key")
        },
        "url": row["url"],
        "body": row["body"],
        "content": json.loads(row["body"])["Content"] if row["body"] else None,
        "status": row["status"],
        "queued_at": _moment(row["queued_at"]),
        "due_at": _moment(row["due_at"]),
        "tries": [
            {
                "at": _moment(each["at"]),
                "answer": each["answer"],
                "error": each["error"],
                "milliseconds": each["milliseconds"],
            }
            for each in tries
        ],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _deliver(call: Call) -> dict[str, object]:
    tried = call.sandbox.webhooks.deliver_now()
    with call.sandbox.database.reading():
        rows = [
            row
            for delivery_id in tried
            for row in call.sandbox.database.execute(
                "SELECT * FROM webhook_deliveries WHERE id = ?", [delivery_id]
            )
        ]
        return {"deliveries": [_delivery(call, row) for row in rows]}


def _again(call: Call) -> dict[str, object]:
    raw = call.path["id"]
    sandbox = call.sandbox
    known = raw.isdecimal() and len(raw) < 16
    new_id = queue.repeat(sandbox.database, int(raw), sandbox.clock.seconds()) if known else None
    if new_id is None:
        raise ControlError("There is no such delivery.", 404)
    sandbox.webhooks.queued()
    return {"id": new_id}


_MOMENT = text("The sandbox's time, UTC.")
_TRY = fields(
    "at answer error milliseconds",
    at=_MOMENT,
    answer=or_null(whole("The status of the answer; null when there was none.")),
    error=text(),
    milliseconds=whole(),
)

SUBJECT = Subject(
    "webhooks",
    "Webhooks: who is subscribed, what was sent and how it went.",
    (
        Route(
            "GET",
            "/_sandbox/webhooks",
            _show,
            "Subscriptions, and deliveries with each try",
            query={"since": whole("Only deliveries with a higher id; a thousand at most.")},
            response=fields(
                "subscriptions deliveries",
                subscriptions=many(ref("WebhookSubscription")),
                deliveries=many(ref("WebhookDelivery")),
            ),
        ),
        Route(
            "POST",
            "/_sandbox/webhooks/deliver",
            _deliver,
            "Try every waiting delivery now, due or not; the answer tells how it went",
            response=fields("deliveries", deliveries=many(ref("WebhookDelivery"))),
            alone=True,
        ),
        Route(
            "POST",
            "/_sandbox/webhooks/deliveries/{id}/again",
            _again,
            "Send a delivery another time, byte for byte",
            response=fields("id", id=whole("Of the new delivery.")),
            status=201,
        ),
    ),
    schemas={
        "WebhookSubscription": fields(
            "id division topic client_id callback_url failures disabled",
            id=text(),
            division=whole(),
            topic=text(),
            client_id=text(),
            callback_url=text(),
            failures=whole("Deliveries given up in a row."),
            disabled=yes_no("Whether that was too many."),
        ),
        "WebhookDelivery": fields(
            "id subscription_id division topic kind action key url body content status tries",
            id=whole(),
            subscription_id=text(),
            division=whole(),
            topic=text(),
            kind=text(enum=["event", "validation"]),
            action=text("Create, Update, Delete, or nothing for a validation call."),
            key=text(),
            url=text(),
            body=text("To the byte as it is sent."),
            content={"type": ["object", "null"]},
            status=text(enum=["waiting", "sending", "delivered", "failed", "dropped"]),
            queued_at=_MOMENT,
            due_at=_MOMENT,
            tries=many(_TRY),
        ),
    },
)
