"""The sandbox's own addresses: start page, log, switches, clock, faults, users and admin."""

from __future__ import annotations

from werkzeug import Request, Response

from exact_sandbox.faults import FaultError
from exact_sandbox.html import STYLE
from exact_sandbox.json_answer import json_response
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.switches import SwitchError


class Control:
    """Answers everything outside /api."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def answer(self, request: Request) -> Response:
        if request.path == "/sandbox/style.css":
            return Response(STYLE, content_type="text/css; charset=utf-8")
        if request.path == "/sandbox/log":
            return json_response(
                {"entries": self.sandbox.log.since(int(request.args.get("since", "0")))}
            )
        return Response("not found", 404)
