"""Takes a request to the part that answers it, keeps the log, and lets ordered faults happen."""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlencode

from werkzeug import Request, Response

from exact_sandbox.api import Api
from exact_sandbox.control.dispatch import Control
from exact_sandbox.downloads import download
from exact_sandbox.errors import GENERIC_500, body as error_body
from exact_sandbox.fault_answers import (
    after_answer,
    instead_of_answer,
    lose_ledger_accounts,
    without_last_line,
)
from exact_sandbox.faults import Fault
from exact_sandbox.http.head import Head
from exact_sandbox.json_answer import json_response
from exact_sandbox.oauth.pages import authorize, token
from exact_sandbox.oauth.tokens import FORM
from exact_sandbox.request_log import SECRET_FIELDS, SECRET_HEADERS, LogEntry
from exact_sandbox.sandbox import Sandbox

_DIVISION = re.compile(r"/api/v1/(?:beta/)?([0-9]{1,9})/", re.IGNORECASE)
DROPPED_AFTER_EXECUTION = frozenset({"commit_then_drop", "token_reply_lost"})
ENDINGS: dict[str, Literal["close", "reset"]] = {
    "truncated_body": "close",
    "reset_mid_body": "reset",
}


class Client(Protocol):
    """The other end of the connection a request came over."""

    def wait_until_gone(self, seconds: float) -> None:
        """Return once the client has closed the connection, or after so many seconds."""


@dataclass(slots=True)
class Reply:
    """What goes back over the socket; no response means the socket is closed without one."""

    response: Response | None
    ending: Literal["", "close", "reset"] = ""  # send half of the body, then end the connection so
    drip_s: float = 0.0  # send the body byte by byte over so many seconds


class App:
    """The whole sandbox as one callable from request to reply."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.api = Api(sandbox)
        self.control = Control(sandbox)
        self._late: dict[threading.Timer, LogEntry] = {}
        self._hurried = threading.Event()

    def handle(self, request: Request, client: Client) -> Reply:
        """Return the reply to a request; never raises."""
        self.sandbox.refresh()
        if not request.path.lower().startswith(("/api/", "/docs/")):
            return Reply(self._safely(lambda: self.control.answer(request)))
        entry = self._log(request)
        fault = self.sandbox.faults.take(entry.method, entry.path)
        if fault is None:
            reply = Reply(self._safely(lambda: self._answer(request, entry)))
        else:
            entry.fault = fault.fault
            reply = self._with_fault(fault, request, entry, client)
        if reply.response is not None:
            entry.status = reply.response.status_code
        self.sandbox.log.finish(entry)
        return reply

    def _answer(self, request: Request, entry: LogEntry) -> Response:
        path = request.path.rstrip("/").lower()
        entry.executed = True
        if self.sandbox.hosts.country(request.host) is None:
            text = f"{request.host} is the host of no country here."
            return json_response(error_body(text), 404)
        if path == "/api/oauth2/auth":
            return authorize(self.sandbox, request)
        if path == "/api/oauth2/token":
            return token(self.sandbox, request)
        if path.startswith("/docs/"):
            return download(self.sandbox, request)
        return self.api.answer(request, entry)

    @staticmethod
    def _safely(answer: Callable[[], Response]) -> Response:
        try:
            return answer()
        except Exception:  # noqa: BLE001 - a client must never see a traceback, only Exact's generic 500
            traceback.print_exc()
            return json_response(error_body(GENERIC_500), 500)

    def _with_fault(self, fault: Fault, request: Request, entry: LogEntry, client: Client) -> Reply:
        name = fault.fault
        if name == "drop_before":
            return Reply(None)
        if name == "late_commit":
            self._execute_later(fault.delay_s, request, entry)
            return Reply(None)
        if name == "slow":
            self._hurried.wait(fault.delay_s)
        if name == "answer_after_client_gone":
            client.wait_until_gone(fault.delay_s)
        instead = instead_of_answer(fault, self.sandbox, entry.division or 0)
        if instead is not None:
            return Reply(instead)
        if name == "drop_lines":
            without_last_line(request)
        response = self._safely(lambda: self._answer(request, entry))
        if name == "null_gl":
            lose_ledger_accounts(self.sandbox, response)
        if name in DROPPED_AFTER_EXECUTION:
            return Reply(None)
        if name == "hang":
            self._hurried.wait(fault.delay_s)
        return Reply(
            after_answer(name, response),
            ending=ENDINGS.get(name, ""),
            drip_s=fault.delay_s if name == "slow_drip" else 0.0,
        )

    def _execute_later(self, seconds: float, request: Request, entry: LogEntry) -> None:
        """Execute a request when its client has long been sent away, unless a reset comes first."""
        resets = self.sandbox.resets

        def execute() -> None:
            self.sandbox.refresh()
            if self.sandbox.resets == resets:
                entry.status = self._safely(lambda: self._answer(request, entry)).status_code
                self.sandbox.log.finish(entry)
            self._late.pop(timer, None)

        timer = threading.Timer(seconds, execute)
        timer.daemon = True
        self._late[timer] = entry
        timer.start()

    def _log(self, request: Request) -> LogEntry:
        match = _DIVISION.match(request.path)
        head: Head = request.environ["sandbox.head"]
        return self.sandbox.log.add(
            at=self.sandbox.clock.now().isoformat(timespec="milliseconds"),
            method=head.method,
            path=request.path,
            query=_without_secrets(request.query_string.decode("latin-1")),
            division=int(match[1]) if match else None,
            headers={
                name.title(): value
                for name, value in head.headers
                if name.lower() not in SECRET_HEADERS
            },
            body=_logged_body(request),
        )

    def hurry(self) -> None:
        """Let no request wait on purpose any longer: the sandbox is about to stop."""
        self._hurried.set()

    def close(self) -> None:
        """Call off what was ordered for later; what has begun is finished."""
        for timer, entry in list(self._late.items()):
            timer.cancel()
            timer.join()
            if entry.executed is None:
                entry.executed = False
                self.sandbox.log.finish(entry)


def _without_secrets(form: str) -> str:
    fields = parse_qsl(form, keep_blank_values=True)
    if not any(name.lower() in SECRET_FIELDS for name, _ in fields):
        return form
    return urlencode(
        [(name, "***" if name.lower() in SECRET_FIELDS else value) for name, value in fields]
    )


def _logged_body(request: Request) -> str | None:
    data = request.get_data(cache=True)
    if not data:
        return None
    text = data.decode("utf-8", "replace")
    if not request.path.lower().startswith("/api/oauth2/"):
        return text
    # The token endpoint refuses anything but a form; secrets may stand in it all the same.
    return _without_secrets(text) if request.mimetype == FORM else "***"
