"""Takes a request to the address of the control API that answers it, or to one of the pages."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from werkzeug import Request, Response

from exact_sandbox.control.checking import problem_with
from exact_sandbox.control.routes import Call, ControlError, Route, Subject
from exact_sandbox.control.table import SUBJECTS
from exact_sandbox.html import STYLE
from exact_sandbox.json_answer import json_response
from exact_sandbox.pages.dispatch import Pages
from exact_sandbox.sandbox import Sandbox

READING = frozenset({"GET", "HEAD"})


class Control:
    """Answers everything outside /api."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.pages = Pages(sandbox)

    def answer(self, request: Request) -> Response:
        """Return the answer to a request outside /api."""
        if request.method not in READING and comes_from_elsewhere(request, self.sandbox):
            return refusal(ControlError("This sandbox takes no forms of other sites.", 403))
        if request.path == "/_sandbox/style.css":
            return Response(STYLE, content_type="text/css; charset=utf-8")
        if request.path.startswith("/_sandbox"):
            return self._json(request)
        return self.pages.answer(request) or self.pages.missing()

    def _json(self, request: Request) -> Response:
        try:
            subject, route, parameters = find_route(request.method, request.path.rstrip("/"))
            call = Call(
                self.sandbox,
                request,
                parameters,
                request.args.to_dict(),
                _checked_body(request, route),
            )
        except ControlError as error:
            return refusal(error)
        try:
            answer = self._carry_out(route, call)
        except ControlError as error:
            return refusal(error)
        except subject.refusals as error:
            return refusal(ControlError(str(error)))
        if isinstance(answer, Response):
            return answer
        return Response(status=204) if answer is None else json_response(answer, route.status)

    def _carry_out(self, route: Route, call: Call) -> object:
        """Run the handler with the store held: a change happens whole or not at all."""
        database = self.sandbox.database
        if route.alone:
            return route.handler(call)
        with database.reading() if route.method == "GET" else database.transaction():
            return route.handler(call)


def find_route(method: str, path: str) -> tuple[Subject, Route, dict[str, str]]:
    """Return what answers a request; raises ControlError (404, 405)."""
    allowed = []
    for subject in SUBJECTS:
        for route in subject.routes:
            match = route.pattern.fullmatch(path)
            if match and route.method in (method, "GET" if method == "HEAD" else method):
                return subject, route, match.groupdict()
            if match:
                allowed.append(route.method)
    if allowed:
        raise ControlError(f"This address takes {', '.join(allowed)}, not {method}.", 405)
    raise ControlError("There is no such address.", 404)


def refusal(error: ControlError) -> Response:
    """Return the answer to a request that is refused."""
    return json_response({"error": str(error)}, error.status)


def comes_from_elsewhere(request: Request, sandbox: Sandbox) -> bool:
    """Whether a browser sent the request for a page of another site.

    Browsers say so in Sec-Fetch-Site or Origin; programs send neither.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    own = (request.host, urlsplit(sandbox.public_url).netloc or request.host)
    return origin is not None and urlsplit(origin).netloc not in own


def _checked_body(request: Request, route: Route) -> dict[str, Any]:
    data = request.get_data() if route.request is not None else b""
    try:
        body = json.loads(data, parse_float=Decimal) if data else {}
    except (ValueError, RecursionError) as error:
        raise ControlError("The body is not JSON.", 400) from error
    if not isinstance(body, dict):
        raise ControlError("The body must be an object.", 400)
    problem = problem_with(route.request or {}, body)
    if problem:
        raise ControlError(problem)
    return body
