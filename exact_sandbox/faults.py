"""Misbehaviors on demand: which request goes wrong, how, and how often."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict, dataclass

FAULTS: dict[str, str] = {
    "drop_before": "Close the socket without an answer; nothing is executed.",
    "commit_then_drop": "Execute, then close the socket without an answer.",
    "late_commit": "Close the socket at once; execute after delay_s seconds.",
    "hang": "Execute at once; answer after delay_s seconds.",
    "slow": "Wait delay_s seconds, then execute and answer.",
    "error_500_after_commit": "Execute, then answer 500 with the generic text.",
    "generic_500": "Answer 500 with the generic text; nothing is executed.",
    "maintenance_html": "Answer an HTML maintenance page with status 200; nothing is executed.",
    "unavailable_503": "Answer 503 with an HTML page; nothing is executed.",
    "too_many_requests_minute": "Answer 429 with the headers of the minute limit only.",
    "too_many_requests_day": "Answer 429 with the headers of the day limit only.",
    "drop_lines": "Book a posted entry of several lines without its last line.",
    "empty_201": "Execute, then answer with the right status and no body.",
    "garbage_json": "Execute, then answer with JSON that cannot be read.",
    "truncated_body": "Execute, then send half of the announced body and close the socket.",
    "token_reply_lost": "Rotate the refresh token, then close the socket without an answer.",
    "evil_next": "Answer a list whose __next points to another host.",
    "wrong_division": "Answer a list whose rows claim another division.",
    "redirect": "Answer 302 to another host; nothing is executed.",
}
EVIL_HOST = "https://evil.example"


class FaultError(ValueError):
    """An unknown fault or a bad setting of one."""


@dataclass(slots=True)
class Fault:
    """A fault that waits for its request."""

    id: str
    fault: str
    method: str
    path: str
    times: int
    delay_s: float
    skip: int = 0


class Faults:
    """The faults that wait; each request takes the first that fits."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, order: dict[str, object]) -> Fault:
        """Order a fault; raises FaultError when it is not known."""
        name = order.get("fault")
        if not isinstance(name, str) or name not in FAULTS:
            raise FaultError(f"Unknown fault. Known: {', '.join(FAULTS)}.")
        default_path = "/api/oauth2/token" if name == "token_reply_lost" else ""
        try:
            fault = Fault(
                id=uuid.uuid4().hex[:12],
                fault=name,
                method=str(order.get("method") or "").upper(),
                path=str(order.get("path") or default_path),
                times=int(str(order.get("times", 1))),
                delay_s=float(str(order.get("delay_s", 1.0))),
                skip=int(str(order.get("skip", 0))),
            )
        except ValueError as error:
            raise FaultError("times, skip and delay_s must be numbers.") from error
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request and use up one of its times."""
        with self._lock:
            for fault in self._waiting:
                if fault.method in ("", method) and fault.path.lower() in path.lower():
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Call all faults off."""
        with self._lock:
            self._waiting.clear()

    def as_json(self) -> list[dict[str, object]]:
        """Return the faults that wait."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
