"""Takes a request to the part that answers it, keeps the log, and lets ordered faults happen."""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from werkzeug import Request, Response

from exact_sandbox.api import Api
from exact_sandbox.control.dispatch import Control
from exact_sandbox.downloads import download
from exact_sandbox.errors import GENERIC_500, body as error_body
from exact_sandbox.fault_answers import after_answer, instead_of_answer, without_last_line
from exact_sandbox.faults import Fault
from exact_sandbox.json_answer import json_response
from exact_sandbox.oauth.pages import authorize, token
from exact_sandbox.request_log import SECRET_FIELDS, SECRET_HEADERS, LogEntry
from exact_sandbox.sandbox import Sandbox

_DIVISION = re.compile(r"/api/v1/(\d+)/")
DROPPED_AFTER_EXECUTION = frozenset({"commit_then_drop", "token_reply_lost"})


@dataclass(slots=True)
class Reply:
    """What goes back over the socket; no response means the socket is closed without one."""

    response: Response | None
    cut: bool = False  # send half of the body, then close


class App:
    """The whole sandbox as one callable from request to reply."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.api = Api(sandbox)
        self.control = Control(sandbox)
        self.late: list[threading.Timer] = []

    def handle(self, request: Request) -> Reply:
        """Return the reply to a request; never raises."""
        if not request.path.lower().startswith(("/api/", "/docs/")):
            return Reply(self._safely(lambda: self.control.answer(request)))
        entry = self._log(request)
        fault = self.sandbox.faults.take(request.method, request.path)
        if fault is None:
            reply = Reply(self._safely(lambda: self._answer(request, entry)))
        else:
            entry.fault = fault.fault
            reply = self._with_fault(fault, request, entry)
        entry.status = reply.response.status_code if reply.response else None
        return reply

    def _answer(self, request: Request, entry: LogEntry) -> Response:
        path = request.path.rstrip("/").lower()
        entry.executed = True
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

    def _with_fault(self, fault: Fault, request: Request, entry: LogEntry) -> Reply:
        name = fault.fault
        if name == "drop_before":
            return Reply(None)
        if name == "late_commit":
            timer = threading.Timer(
                fault.delay_s, self._safely, [lambda: self._answer(request, entry)]
            )
            timer.daemon = True
            self.late.append(timer)
            timer.start()
            return Reply(None)
        if name == "slow":
            time.sleep(fault.delay_s)
        instead = instead_of_answer(name, self.sandbox)
        if instead is not None:
            return Reply(instead)
        if name == "drop_lines":
            without_last_line(request)
        response = self._safely(lambda: self._answer(request, entry))
        if name in DROPPED_AFTER_EXECUTION:
            return Reply(None)
        if name == "hang":
            time.sleep(fault.delay_s)
        return Reply(after_answer(name, response), cut=name == "truncated_body")

    def _log(self, request: Request) -> LogEntry:
        match = _DIVISION.match(request.path)
        return self.sandbox.log.add(
            at=self.sandbox.clock.now().isoformat(timespec="milliseconds"),
            method=request.method,
            path=request.path,
            query=_without_secrets(request.query_string.decode("latin-1")),
            division=int(match[1]) if match else None,
            headers={
                name: value
                for name, value in request.headers.items()
                if name.lower() not in SECRET_HEADERS
            },
            body=_logged_body(request),
        )

    def close(self) -> None:
        """Call off what was ordered for later."""
        for timer in self.late:
            timer.cancel()
            timer.join()


def _without_secrets(form: str) -> str:
    fields = parse_qsl(form, keep_blank_values=True)
    if not any(name in SECRET_FIELDS for name, _ in fields):
        return form
    return urlencode([(name, "***" if name in SECRET_FIELDS else value) for name, value in fields])


def _logged_body(request: Request) -> str | None:
    data = request.get_data(cache=True)
    if not data:
        return None
    text = data.decode("utf-8", "replace")
    return _without_secrets(text) if request.path.startswith("/api/oauth2/") else text
