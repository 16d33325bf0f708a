"""Turns what a transaction changed into deliveries, one for each subscription it concerns."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

from exact_sandbox.applications import find_application
from exact_sandbox.clock import Clock
from exact_sandbox.database import Database
from exact_sandbox.switches import Switches
from exact_sandbox.values import Record
from exact_sandbox.webhooks.messages import Event, signed_body
from exact_sandbox.webhooks.queue import EVENT, Delivery, add
from exact_sandbox.webhooks.topics import TOPICS, Topic

CREATE, UPDATE, DELETE = "Create", "Update", "Delete"
LATE_SECONDS = 5  # how long a delivery out of order is held back


def collect(database: Database, clock: Clock, switches: Switches) -> bool:
    """Queue deliveries for what the transaction that is being kept has changed.

    Runs inside that transaction, so that events and changes are kept together or not at all.
    Returns whether anything was queued.
    """
    changes = database.execute("SELECT * FROM webhook_changes ORDER BY id")
    if not changes:
        return False
    database.execute("DELETE FROM webhook_changes")
    actions: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for change in changes:
        actions[change["division"], change["topic"], change["key"]].append(change["action"])
    queued = False
    for (division, name, key), taken in actions.items():
        action = summary(taken)
        if action == CREATE and TOPICS[name].grouped:
            action = _of_group(database, TOPICS[name], division, key, len(taken))
        if action is not None:
            queued |= _queue(database, clock, switches, (TOPICS[name], division, key, action))
    return queued


def summary(actions: list[str]) -> str | None:
    """Return what several changes of a record in one transaction amount to, or None for nothing."""
    existed, exists = actions[0] != CREATE, actions[-1] != DELETE
    if existed and exists:
        return UPDATE
    if exists:
        return CREATE
    return DELETE if existed else None


def _of_group(database: Database, topic: Topic, division: int, key: str, created: int) -> str:
    """A row added to a group that was there already updates the group."""
    rows = database.execute(
        f'SELECT count(*) FROM "{topic.table}" WHERE "Division" = ? AND "{topic.key}" = ?',  # noqa: S608 - names of the table of topics
        [division, key],
    )
    return CREATE if rows[0][0] <= created else UPDATE


def _queue(
    database: Database, clock: Clock, switches: Switches, happened: tuple[Topic, int, str, str]
) -> bool:
    topic, division, key, action = happened
    queued = False
    for subscription, root in subscriptions_of(database, division, topic.name):
        application = find_application(database, subscription["ClientID"])
        if application is None:
            continue
        endpoint = f"{root}/api/v1/{division}/{topic.path}(guid'{key}')"
        event = Event(topic.name, division, action, key, endpoint, clock.naive_now())
        delivery = Delivery(
            subscription_id=subscription["ID"],
            client_id=application.client_id,
            division=division,
            topic=topic.name,
            kind=EVENT,
            action=action,
            key=key,
            url=subscription["CallbackURL"],
            body=signed_body(event, application.client_id, application.webhook_secret),
        )
        _misbehave_and_add(database, clock, switches, delivery)
        queued = True
    return queued


def subscriptions_of(database: Database, division: int, topic: str) -> Iterator[tuple[Record, str]]:
    """Return the subscriptions that are told of a topic, each with Exact's address as it saw it."""
    for subscription in database.records("webhooksubscriptions", Division=division, Topic=topic):
        rows = database.execute(
            "SELECT root, disabled FROM webhook_subscribers WHERE subscription_id = ?",
            [subscription["ID"]],
        )
        if rows and not rows[0]["disabled"]:
            yield subscription, rows[0]["root"]


def _misbehave_and_add(
    database: Database, clock: Clock, switches: Switches, delivery: Delivery
) -> None:
    """Queue a delivery; the switches may drop it, double it, or hold it back behind later ones.

    Chance follows the seed and the number of the delivery: the same story goes the same way.
    """
    now = clock.seconds()
    number = int(database.setting("webhook_events", "0")) + 1
    database.set_setting("webhook_events", str(number))
    chance = random.Random(f"{switches['webhook_seed']}/{number}")  # noqa: S311 - no secret
    dropped, doubled, late = (
        chance.random() * 100 < switches[f"webhook_{fate}_percent"]
        for fate in ("drop", "duplicate", "reorder")
    )
    due_at = now + switches["webhook_delay_seconds"] + (LATE_SECONDS if late else 0)
    add(database, delivery, now=now, due_at=due_at, status="dropped" if dropped else "waiting")
    if doubled and not dropped:
        add(database, delivery, now=now, due_at=due_at)
