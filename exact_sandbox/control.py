"""The sandbox's own addresses: log, books, switches, clock, faults, users and admin as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from werkzeug import Request, Response

from exact_sandbox.admin import AdminError, carry_out
from exact_sandbox.bank_api import bank_answer, desk_context
from exact_sandbox.bank_desk import BankDesk
from exact_sandbox.books.bank_entries import BankError
from exact_sandbox.books.check import book_problems
from exact_sandbox.faults import FAULTS, FaultError
from exact_sandbox.home import home_page
from exact_sandbox.html import CONTENT_SECURITY_POLICY, STYLE
from exact_sandbox.json_answer import json_response
from exact_sandbox.oauth.tokens import revoke
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.switches import SwitchError
from exact_sandbox.truth import entries_of
from exact_sandbox.users import change_user, user_by_name, users_as_json

_DIVISION_PATH = re.compile(r"/_sandbox/(books|admin)/(\d+)(?:/(entries|check))?")
Json = dict[str, Any]


class ControlError(ValueError):
    """A request to the control API that cannot be understood."""


class Control:
    """Answers everything outside /api."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.desk = BankDesk(sandbox)
        self._routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/_sandbox/log"): self._log,
            ("DELETE", "/_sandbox/log"): lambda _: sandbox.log.clear(),
            ("GET", "/_sandbox/switches"): lambda _: {"switches": sandbox.switches.as_json()},
            ("PATCH", "/_sandbox/switches"): self._set_switches,
            ("GET", "/_sandbox/clock"): lambda _: self._clock(),
            ("POST", "/_sandbox/clock"): self._advance,
            ("GET", "/_sandbox/faults"): lambda _: self._faults(),
            ("POST", "/_sandbox/faults"): self._order_fault,
            ("DELETE", "/_sandbox/faults"): lambda _: sandbox.faults.clear(),
            ("GET", "/_sandbox/users"): lambda _: {"users": users_as_json(sandbox.database)},
            ("PATCH", "/_sandbox/users"): self._change_user,
            ("POST", "/_sandbox/consent/revoke"): self._revoke,
            ("POST", "/_sandbox/reset"): lambda _: sandbox.reset(),
        }

    def answer(self, request: Request) -> Response:
        """Return the answer to a request outside /api."""
        if request.path == "/" and request.method == "GET":
            return self._page(home_page(self.sandbox))
        if request.path == "/_sandbox/style.css":
            return Response(STYLE, content_type="text/css; charset=utf-8")
        if request.path == "/bank-desk" or request.path.startswith("/bank-desk/"):
            return self._with_policy(self.desk.answer(request))
        return self._json(request)

    def _page(self, html: str) -> Response:
        return self._with_policy(Response(html, content_type="text/html; charset=utf-8"))

    @staticmethod
    def _with_policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    def _json(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        try:
            if path.startswith("/_sandbox/bank/"):
                query = request.args.to_dict()
                with self.sandbox.database.transaction():
                    body, status = bank_answer(
                        self.sandbox, request.method, path, query, _body(request)
                    )
                return Response(status=204) if status == 204 else json_response(body, status)
            if match := _DIVISION_PATH.fullmatch(path):
                return self._division(request, match)
            route = self._routes.get((request.method, path))
            if route is None:
                return json_response({"error": "There is no such address."}, 404)
            answer = route(request)
        except (BankError, AdminError, SwitchError, FaultError, ControlError) as error:
            return json_response({"error": str(error)}, 422)
        return Response(status=204) if answer is None else json_response(answer)

    def _division(self, request: Request, match: re.Match[str]) -> Response:
        context = desk_context(self.sandbox, match[2])
        if (request.method, match[1], match[3]) == ("POST", "admin", None):
            with self.sandbox.database.transaction():
                carry_out(context, _body(request))
            return Response(status=204)
        if (request.method, match[1]) == ("GET", "books") and match[3] == "entries":
            return json_response({"entries": entries_of(self.sandbox.database, context.division)})
        if (request.method, match[1]) == ("GET", "books") and match[3] == "check":
            with self.sandbox.database.lock:
                problems = book_problems(self.sandbox.database, context.division)
            return json_response({"problems": problems})
        return json_response({"error": "There is no such address."}, 404)

    def _log(self, request: Request) -> Json:
        since = request.args.get("since", "0")
        if not since.isdecimal():
            raise ControlError("since must be a sequence number.")
        return {"entries": self.sandbox.log.since(int(since))}

    def _set_switches(self, request: Request) -> Json:
        for name, value in _body(request).items():
            self.sandbox.switches.set(name, value)
        return {"switches": self.sandbox.switches.as_json()}

    def _clock(self) -> Json:
        clock = self.sandbox.clock
        return {"now": clock.now().isoformat(), "shift_seconds": clock.shift_seconds}

    def _advance(self, request: Request) -> Json:
        seconds = _body(request).get("advance_seconds")
        if not isinstance(seconds, int | Decimal) or not -(10**10) < seconds < 10**10:
            raise ControlError("advance_seconds must be a number.")
        self.sandbox.advance_clock(float(seconds))
        return self._clock()

    def _faults(self) -> Json:
        return {"faults": self.sandbox.faults.as_json(), "known": FAULTS}

    def _order_fault(self, request: Request) -> Json:
        return {"id": self.sandbox.faults.add(_body(request)).id, **self._faults()}

    def _change_user(self, request: Request) -> Json:
        body = _body(request)
        if not change_user(self.sandbox.database, body):
            raise ControlError("There is no such user.")
        return {"users": users_as_json(self.sandbox.database)}

    def _revoke(self, request: Request) -> None:
        user = user_by_name(self.sandbox.database, str(_body(request).get("username")))
        if user is None:
            raise ControlError("There is no such user.")
        revoke(self.sandbox, user.id)


def _body(request: Request) -> Json:
    data = request.get_data()
    if not data:
        return {}
    try:
        body = json.loads(data, parse_float=Decimal)
    except ValueError as error:
        raise ControlError("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise ControlError("The body must be an object.")
    return body
