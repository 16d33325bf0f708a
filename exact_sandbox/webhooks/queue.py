"""The deliveries in the store: waiting, claimed by one process, tried, delivered or given up."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import astuple, dataclass

from exact_sandbox.database import Database
from exact_sandbox.switches import Switches

EVENT, VALIDATION = "event", "validation"
WAITING, SENDING, DELIVERED, FAILED = "waiting", "sending", "delivered", "failed"
SPARE_SECONDS = 5  # beyond the time-out, before a claim counts as left behind
LONGEST_SPACING = 24 * 3600
KEPT, PRUNED_EVERY = 10_000, 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call to be made; a validation call has an empty body."""

    subscription_id: str
    client_id: str
    division: int
    topic: str
    kind: str
    action: str
    key: str
    url: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: the status of the answer, or what went wrong without one."""

    answer: int | None
    error: str
    milliseconds: int

    @property
    def good(self) -> bool:
        """Whether the callback took the delivery."""
        return self.answer is not None and 200 <= self.answer < 300


def add(
    database: Database, delivery: Delivery, *, now: float, due_at: float, status: str = WAITING
) -> None:
    """Queue a delivery; both times are the sandbox's, in seconds."""
    rows = database.execute(
        "INSERT INTO webhook_deliveries (subscription_id, client_id, division, topic, kind, action,"
        " key, url, body, status, queued_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        [*astuple(delivery), status, now, due_at],
    )
    if rows[0]["id"] % PRUNED_EVERY == 0:
        _prune(database, rows[0]["id"] - KEPT)


def _prune(database: Database, last: int) -> None:
    """Forget finished deliveries up to a number: the log keeps the newest."""
    database.execute(
        "DELETE FROM webhook_deliveries WHERE id <= ? AND status NOT IN (?, ?)",
        [last, WAITING, SENDING],
    )
    database.execute(
        "DELETE FROM webhook_tries WHERE delivery_id <= ? AND delivery_id NOT IN "
        "(SELECT id FROM webhook_deliveries)",
        [last],
    )


def repeat(database: Database, delivery_id: int, now: float) -> int | None:
    """Queue a delivery another time, byte for byte; return its id, or None for an unknown one."""
    rows = database.execute(
        "INSERT INTO webhook_deliveries (subscription_id, client_id, division, topic, kind, "
        "action, key, url, body, status, queued_at, due_at) SELECT subscription_id, client_id, "
        "division, topic, kind, action, key, url, body, 'waiting', ?, ? "
        "FROM webhook_deliveries WHERE id = ? RETURNING id",
        [now, now, delivery_id],
    )
    return int(rows[0]["id"]) if rows else None


def waiting(database: Database, *, due_by: float | None, limit: int) -> list[int]:
    """Return the deliveries to be tried by a moment of the sandbox's clock; None is any moment.

    One that another process claimed and never reported on is among them.
    """
    rows = database.execute(
        "SELECT id FROM webhook_deliveries WHERE (status = ? AND due_at <= ?) "
        "OR (status = ? AND claimed_until < ?) ORDER BY due_at, id LIMIT ?",
        [WAITING, float("inf") if due_by is None else due_by, SENDING, time.time(), limit],
    )
    return [row["id"] for row in rows]


def claim(database: Database, switches: Switches, delivery_id: int) -> sqlite3.Row | None:
    """Take a delivery for this thread alone, or return None when another was faster."""
    now = time.time()
    with database.transaction():
        rows = database.execute(
            "UPDATE webhook_deliveries SET status = ?, claimed_until = ? WHERE id = ? AND "
            "(status = ? OR (status = ? AND claimed_until < ?)) RETURNING *",
            [
                SENDING,
                now + switches["webhook_timeout_seconds"] + SPARE_SECONDS,
                delivery_id,
                WAITING,
                SENDING,
                now,
            ],
        )
    return rows[0] if rows else None


def report(
    database: Database, switches: Switches, delivery: sqlite3.Row, outcome: Outcome, now: float
) -> str:
    """Keep how a try ended, plan the next one or give up; return the delivery's new status."""
    tries = delivery["tries"] + 1
    if outcome.good:
        status = DELIVERED
    else:
        status = FAILED if tries >= switches["webhook_tries"] else WAITING
    due_at = now + spacing(switches["webhook_retry_seconds"], tries)
    with database.transaction():
        kept = database.execute(
            "UPDATE webhook_deliveries SET status = ?, tries = ?, due_at = ?, claimed_until = 0 "
            "WHERE id = ? RETURNING id",
            [status, tries, due_at if status == WAITING else now, delivery["id"]],
        )
        if not kept:  # the sandbox was reset meanwhile
            return FAILED
        database.execute(
            "INSERT OR REPLACE INTO webhook_tries VALUES (?, ?, ?, ?, ?, ?)",
            [delivery["id"], tries, now, outcome.answer, outcome.error, outcome.milliseconds],
        )
        if status in (DELIVERED, FAILED):
            _count_failures(database, switches, delivery["subscription_id"], status)
        removed = switches["webhook_failed_validation"] == "removed"
        if removed and status == FAILED and delivery["kind"] == VALIDATION:
            remove_subscription(database, delivery["subscription_id"])
    return status


def spacing(first: int, tries: int) -> float:
    """Return the seconds until the next try: doubled after each, a day at most."""
    return min(float(first * 2 ** min(tries - 1, 40)), LONGEST_SPACING)


def _count_failures(
    database: Database, switches: Switches, subscription_id: str, status: str
) -> None:
    """Disable a subscription whose deliveries keep being given up."""
    change = "0" if status == DELIVERED else "failures + 1"
    database.execute(
        f"UPDATE webhook_subscribers SET failures = {change} WHERE subscription_id = ?",  # noqa: S608 - one of two texts
        [subscription_id],
    )
    limit = switches["webhook_disable_after"]
    if limit > 0:
        database.execute(
            "UPDATE webhook_subscribers SET disabled = 1 WHERE subscription_id = ? AND failures >= ?",
            [subscription_id, limit],
        )


def seconds_until_next(database: Database, now: float) -> float | None:
    """Return how long until a delivery is due by the sandbox's clock; None when none is left."""
    rows = database.execute(
        "SELECT min(CASE WHEN status = ? THEN due_at - ? ELSE claimed_until - ? END) "
        "FROM webhook_deliveries WHERE status IN (?, ?)",
        [WAITING, now, time.time(), WAITING, SENDING],
    )
    return None if rows[0][0] is None else max(float(rows[0][0]), 0.0)


def remove_subscription(database: Database, subscription_id: str) -> None:
    """Delete a subscription; what was still to be sent for it is given up."""
    database.delete("webhooksubscriptions", ID=subscription_id)
    database.execute("DELETE FROM webhook_subscribers WHERE subscription_id = ?", [subscription_id])
    database.execute(
        "UPDATE webhook_deliveries SET status = ? WHERE subscription_id = ? AND status = ?",
        [FAILED, subscription_id, WAITING],
    )
