"""Misbehaviors on demand: which request goes wrong, how, and how often."""

from __future__ import annotations

import random
import sqlite3
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from exact_sandbox.store import Store

FAULTS: dict[str, str] = {
    "drop_before": "Close the socket without an answer; nothing is executed.",
    "commit_then_drop": "Execute, then close the socket without an answer.",
    "late_commit": "Close the socket at once; execute after delay_s seconds.",
    "answer_after_client_gone": "Wait until the client has closed the socket, at most delay_s "
    "seconds; then execute and answer to nobody.",
    "hang": "Execute at once; answer after delay_s seconds.",
    "slow": "Wait delay_s seconds, then execute and answer.",
    "slow_drip": "Execute, then send the body byte by byte over delay_s seconds.",
    "error_500_after_commit": "Execute, then answer 500 with the generic text.",
    "generic_500": "Answer 500 with the generic text; nothing is executed.",
    "validation_500": "Answer 500 with the text given as text; nothing is executed.",
    "validation_400": "Answer 400 with the text given as text; nothing is executed.",
    "forbidden_403": "Answer 403 with a text about rights; nothing is executed.",
    "timeout_408": "Answer 408 without a body; nothing is executed.",
    "maintenance_html": "Answer an HTML maintenance page with status 200; nothing is executed.",
    "unavailable_503": "Answer 503 with an HTML page; nothing is executed.",
    "too_many_requests_minute": "Answer 429 with the headers of the minute limit only.",
    "too_many_requests_day": "Answer 429 with the headers of the day limit only.",
    "too_many_requests_html": "Answer 429 with a page of HTML, as something in between would; nothing is executed.",
    "drop_lines": "Book a posted entry of several lines without its last line.",
    "null_gl": "Book a posted entry, then lose the ledger accounts of its lines.",
    "empty_201": "Execute, then answer with the right status and no body.",
    "garbage_json": "Execute, then answer with JSON that cannot be read.",
    "truncated_body": "Execute, then send half of the announced body and close the socket.",
    "reset_mid_body": "Execute, then send half of the announced body and reset the connection.",
    "token_reply_lost": "Rotate the refresh token, then close the socket without an answer.",
    "evil_next": "Answer a list whose __next points to another host.",
    "wrong_division": "Answer a list whose rows claim another division.",
    "redirect": "Answer 302 to another host; nothing is executed.",
}
# A fault that only one method can have waits for that, where the order names none.
_ONLY_METHOD = {
    "drop_lines": "POST",
    "null_gl": "POST",
    "empty_201": "POST",
    "evil_next": "GET",
    "wrong_division": "GET",
    "token_reply_lost": "POST",
}
EVIL_HOST = "https://evil.example"
DEFAULT_TEXT = "Data already exists."
LARGEST = 2**53  # what a number of an order may be at most


class FaultError(ValueError):
    """An unknown fault or a bad setting of one."""


@dataclass(slots=True)
class Fault:
    """A fault that waits for its request.

    `times` None stands for ever. With a `probability` it comes to that part of the fitting requests;
    `seed` decides to which, the same ones each time. `draws` counts the requests drawn for.
    """

    id: str
    fault: str
    method: str
    path: str
    times: int | None
    delay_s: float
    skip: int = 0
    probability: float | None = None
    seed: int = 0
    text: str = DEFAULT_TEXT
    draws: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one of those the fault waits for."""
        return self.method in ("", method) and self.path.lower() in path.lower()

    def comes(self) -> bool:
        """Whether it comes to the request now drawn for."""
        if self.probability is None:
            return True
        return random.Random(f"{self.seed}:{self.draws}").random() < self.probability  # noqa: S311 - must repeat


class Faults:
    """The faults that wait, in the order they were ordered; the first that fits and comes is taken."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, order: dict[str, object]) -> Fault:
        """Order a fault; raises FaultError when it is not known or a setting is bad."""
        name = order.get("fault")
        if not isinstance(name, str) or name not in FAULTS:
            raise FaultError(f"Unknown fault. Known: {', '.join(FAULTS)}.")
        default_path = "/api/oauth2/token" if name == "token_reply_lost" else ""
        fault = Fault(
            id=uuid.uuid4().hex[:12],
            fault=name,
            method=str(order.get("method") or _ONLY_METHOD.get(name, "")).upper(),
            path=str(order.get("path") or default_path),
            times=_number(order, "times", 1, int),
            delay_s=_number(order, "delay_s", 1.0, float) or 0.0,
            skip=_number(order, "skip", 0, int) or 0,
            probability=_number(order, "probability", None, float),
            seed=_number(order, "seed", 0, int) or 0,
            text=str(order.get("text") or DEFAULT_TEXT),
        )
        if fault.probability is not None and not 0 <= fault.probability <= 1:
            raise FaultError("probability must be from 0 to 1.")
        values = asdict(fault)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._store.execute(
            f"INSERT INTO faults ({names}) VALUES ({marks})",  # noqa: S608 - names of Fault
            values.values(),
        )
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request and use up one of its times."""
        if not self._rows():
            return None
        with self._store.transaction():
            fitting = [fault for fault in map(_fault, self._rows()) if fault.fits(method, path)]
            taken = None
            for fault in fitting:
                comes = self._draw(fault)
                if taken is None and not self._skips(fault) and comes:
                    taken = fault
            if taken is not None:
                self._use_up(taken)
        return taken

    def _draw(self, fault: Fault) -> bool:
        """Whether it comes; each order draws for each request that fits, so that a mix repeats."""
        comes = fault.comes()
        if fault.probability is not None:
            self._change(fault, "draws", fault.draws + 1)
        return comes

    def _skips(self, fault: Fault) -> bool:
        if fault.skip <= 0:
            return False
        self._change(fault, "skip", fault.skip - 1)
        return True

    def call_off(self, fault_id: str) -> bool:
        """Call one fault off; false when it does not wait (any more)."""
        return bool(self._store.execute("DELETE FROM faults WHERE id = ? RETURNING id", [fault_id]))

    def clear(self) -> None:
        """Call all faults off."""
        self._store.execute("DELETE FROM faults")

    def as_json(self) -> list[dict[str, object]]:
        """Return the faults that wait."""
        return [asdict(_fault(row)) for row in self._rows()]

    def _rows(self) -> list[sqlite3.Row]:
        return self._store.execute("SELECT * FROM faults ORDER BY rowid")

    def _change(self, fault: Fault, name: str, value: int) -> None:
        self._store.execute(
            f"UPDATE faults SET {name} = ? WHERE id = ?",  # noqa: S608 - one of three names
            [value, fault.id],
        )

    def _use_up(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times > 0:
            self._change(fault, "times", fault.times)
        else:
            self._store.execute("DELETE FROM faults WHERE id = ?", [fault.id])


def _number(order: dict[str, object], name: str, default: Any, kind: type) -> Any:
    """Return a number of an order; null stays None; raises FaultError."""
    value = order.get(name, default)
    if value is None:
        return None
    try:
        number = kind(str(value))
    except ValueError as error:
        raise FaultError(f"{name} must be a number.") from error
    if not -LARGEST < number < LARGEST:  # false for "not a number" too
        raise FaultError(f"{name} is too large.")
    return number


def _fault(row: sqlite3.Row) -> Fault:
    return Fault(**dict(row))
