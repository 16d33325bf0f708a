"""Takes a request for a page to its module, carries out forms, and shows what they did."""

from __future__ import annotations

from contextlib import nullcontext
from urllib.parse import quote, unquote

from markupsafe import Markup
from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict

from exact_sandbox.html import CONTENT_SECURITY_POLICY
from exact_sandbox.pages.layout import whole_page
from exact_sandbox.pages.page import Form, Missing, Page, Screen, Visit
from exact_sandbox.pages.table import PAGES
from exact_sandbox.sandbox import Sandbox

MESSAGE_COOKIE = "ExactSandboxMessage"
_HEADERS = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; form-action 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_NOTHING_HERE = "There is no such page."


class Pages:
    """Answers the addresses for people."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def answer(self, request: Request) -> Response | None:
        """Return the answer to a request, or None when no page has this address."""
        path = request.path.rstrip("/") or "/"
        wants_form = request.method == "POST"
        for page in PAGES:
            match = page.pattern.fullmatch(path)
            if match and isinstance(page, Form) == wants_form:
                shown = page.page.path if isinstance(page, Form) else path
                visit = Visit(
                    self.sandbox,
                    request,
                    shown,
                    match.groupdict(),
                    request.args.to_dict(),
                    request.form if wants_form else MultiDict(),
                )
                return (
                    self._submitted(page, visit)
                    if isinstance(page, Form)
                    else self._shown(page, visit)
                )
        return None

    def missing(self, text: str = _NOTHING_HERE) -> Response:
        """Return the page that says that there is no such page."""
        content = Markup(
            '<h1>Not found</h1><p>{}</p><p><a href="/">To the home page</a></p>'
        ).format(text)
        return self._html(Screen("Not found", content), status=404)

    def _shown(self, page: Page, visit: Visit) -> Response:
        message = _read_message(visit.request.cookies.get(MESSAGE_COOKIE, ""))
        try:
            with self.sandbox.database.reading():
                screen = page.show(visit)
                response = screen if isinstance(screen, Response) else self._html(screen, message)
        except Missing as error:
            return self.missing(str(error))
        if message is not None:
            response.delete_cookie(MESSAGE_COOKIE)
        return response

    def _submitted(self, form: Form, visit: Visit) -> Response:
        try:
            with nullcontext() if form.alone else self.sandbox.database.transaction():
                done = form.carry_out(visit)
        except Missing as error:
            return self.missing(str(error))
        except form.refusals as error:
            with self.sandbox.database.reading():
                screen = form.page.show(visit)
                if isinstance(screen, Response):
                    return screen
                return self._html(screen, ("error", str(error)), status=422)
        response = Response(status=303, headers={"Location": done.location})
        message = quote(f"done:{done.text}")
        response.set_cookie(MESSAGE_COOKIE, message, max_age=60, httponly=True, samesite="Strict")
        return response

    def _html(
        self, screen: Screen, message: tuple[str, str] | None = None, *, status: int = 200
    ) -> Response:
        return Response(
            whole_page(self.sandbox, screen, message),
            status=status,
            content_type="text/html; charset=utf-8",
            headers=_HEADERS,
        )


def _read_message(cookie: str) -> tuple[str, str] | None:
    kind, colon, text = unquote(cookie).partition(":")
    return (kind, text) if colon and kind in ("done", "error") else None
