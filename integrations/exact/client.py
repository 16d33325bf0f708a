"""The one request function for Exact's REST services: one division, one token, one call at a time.

Every call is reported to ``on_answer`` (the lane counts budgets and errors with it) before its error is raised.
Nothing is repeated here; the caller decides with the error's `Outcome`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from uuid import UUID

from connector import http
from connector.secrets import Secret
from integrations.exact import errors, limits, odata
from integrations.exact.calls import (
    CallRecord,
    Exchange,
    Method,
    allow_call,
    ignore_exchange,
    ignore_record,
)
from integrations.exact.rows import Page, Quarantined, Row, fit, sort_rows

__all__ = ["CallRecord", "ExactClient", "Method", "allow_call", "ignore_record"]

RowT = TypeVar("RowT", bound=Row)
MAX_PAGES = 1000
_KEY = "({key})"


class ExactClient:
    """Calls Exact for one division with one access token; not for use by two threads at once.

    ``division`` is None only for the first call after consent (`me.get`). ``transport`` comes from
    `connector.http.session` and may be shared by clients used one after another.
    """

    def __init__(
        self,
        base_url: str,
        division: int | None,
        access_token: Secret,
        transport: http.Session,
        on_answer: Callable[[CallRecord], None] = ignore_record,
        before_call: Callable[[Method, str], None] = allow_call,
        on_exchange: Callable[[Exchange], None] = ignore_exchange,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.division = division
        self.access_token = access_token
        self._transport = transport
        self._on_answer = on_answer
        # Called with the method and the path's template before each call; it raises `HeldBack` to keep the call back.
        self.before_call = before_call
        # Told of each call with what it said, after `on_answer` and before its error is raised; it may not raise.
        self._on_exchange = on_exchange

    def for_division(self, division: int) -> ExactClient:
        """Return a client for another division with the same token and connection."""
        return ExactClient(
            self.base_url,
            division,
            self.access_token,
            self._transport,
            self._on_answer,
            self.before_call,
            self._on_exchange,
        )

    def request(
        self,
        method: Method,
        path: str,
        *,
        key: UUID | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        max_answer_bytes: int = http.MAX_BODY_BYTES,
    ) -> Any:
        """Make one call and return the decoded JSON document, or None for an empty answer.

        ``path`` is a template of `endpoints`; ``key`` names one record of it. This function will raise the errors
        of `integrations.exact.errors`.
        """
        template = f"{path}{_KEY}" if key is not None else path
        url = (
            self.base_url
            + self._fill(path)
            + (f"({odata.literal(key)})" if key is not None else "")
        )
        if query:
            url = f"{url}?{odata.query_string(query)}"
        return self._call(method, template, url, body, max_answer_bytes)

    def _fill(self, path: str) -> str:
        if "{division}" not in path:
            return path
        if self.division is None:
            raise ValueError(f"{path} needs a division")
        return path.replace("{division}", str(self.division))

    def _call(
        self,
        method: Method,
        template: str,
        url: str,
        body: Mapping[str, Any] | None,
        max_answer_bytes: int = http.MAX_BODY_BYTES,
    ) -> Any:
        self.before_call(method, template)
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self.access_token.reveal()}",
        }
        content = None
        if body is not None:
            content = odata.to_json(body).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Prefer"] = "return=representation"
        started = time.monotonic()
        answer: errors.LookedAt
        try:
            answer = http.send(
                self._transport,
                method,
                url,
                headers=headers,
                body=content,
                max_body_bytes=max_answer_bytes,
            )
        except (http.NotSent, http.AnswerLost) as lost:
            answer = lost
        record = self._record(method, template, answer, started)
        self._on_answer(record)
        error = errors.error_from(method, template, answer)
        whole = answer if isinstance(answer, http.Answer) else None
        # Without an error this is a whole answer, and its body is empty or readable JSON.
        has_document = error is None and whole is not None and bool(whole.body.strip())
        document = odata.from_json(whole.body) if whole and has_document else None
        refusal = whole.body if whole and error is not None else b""
        self._on_exchange(Exchange(record, url, body, document, refusal))
        if error is not None:
            raise error from (answer if isinstance(answer, Exception) else None)
        return document

    def _record(
        self, method: Method, template: str, answer: errors.LookedAt, started: float
    ) -> CallRecord:
        whole = answer if isinstance(answer, http.Answer) else None
        return CallRecord(
            method=method,
            path_template=template,
            status=whole.status if whole else None,
            duration_ms=round((time.monotonic() - started) * 1000),
            limits=limits.parse(whole.headers) if whole else limits.Limits(),
            division=self.division,
            outcome=errors.classify(method, answer),
        )

    def pages(
        self,
        path: str,
        row: type[RowT],
        *,
        query: Mapping[str, str],
        max_pages: int = MAX_PAGES,
        start: str = "",
        max_answer_bytes: int = http.MAX_BODY_BYTES,
    ) -> Iterator[Page[RowT]]:
        """Yield a collection page by page; ``$select`` is made from the row's properties.

        ``start`` goes on with the address of a next page that was given earlier; ``query`` does not count then.

        This function will raise `UnexpectedAnswer` when Exact's address of a next page leads elsewhere, comes back
        to a page already read, or when ``max_pages`` is passed: a list cut short never looks whole.
        """
        options = {"$select": row.select(), **query}
        document = (
            self._call("GET", path, self._inside(start, path), None, max_answer_bytes)
            if start
            else self.request("GET", path, query=options, max_answer_bytes=max_answer_bytes)
        )
        seen: set[str] = set()
        while True:
            page = self._page(path, row, document)
            yield page
            if page.next is None:
                return
            if page.next in seen or len(seen) + 1 >= max_pages:
                raise errors.UnexpectedAnswer(f"More than {len(seen) + 1} pages", path=path)
            seen.add(page.next)
            document = self._call("GET", path, page.next, None, max_answer_bytes)

    def _page(self, path: str, row: type[RowT], document: Any) -> Page[RowT]:
        try:
            raw_rows, following = odata.unwrap_page(document)
        except odata.NotUnderstood as error:
            raise errors.UnexpectedAnswer(str(error), path=path) from error
        if following is not None:
            self._inside(following, path)
        return sort_rows(row, raw_rows, division=self.division, next_page=following)

    def _inside(self, address: str, path: str) -> str:
        """The address of a page, when it is one of this division: the token goes nowhere else."""
        if self.division is None or not odata.belongs_to(address, self.base_url, self.division):
            raise errors.UnexpectedAnswer("The next page lies outside this division", path=path)
        return address

    def every(self, path: str, row: type[RowT], *, query: Mapping[str, str]) -> Page[RowT]:
        """Read a whole collection as one page; for reference lists, not for data that grows without end."""
        whole: Page[RowT] = Page([], [], None)
        for page in self.pages(path, row, query=query):
            whole = whole + page
        return whole

    def look_up(self, path: str, row: type[RowT], *, query: Mapping[str, str]) -> list[RowT]:
        """Read every page of what may be there already, before something is made.

        This function will raise `UnexpectedAnswer` for a row that does not fit: "found nothing" leads to a second
        POST, so a match that can not be read must never look like absence.
        """
        page = self.every(path, row, query=query)
        if page.quarantined:
            raise errors.UnexpectedAnswer(
                f"A record does not fit: {page.quarantined[0].reason}", path=path
            )
        return list(page.rows)

    def get(
        self,
        path: str,
        row: type[RowT],
        *,
        key: UUID | None = None,
        query: Mapping[str, str] | None = None,
    ) -> RowT:
        """Read one record. Raises `NotFound`, and `UnexpectedAnswer` when the record does not fit."""
        document = self.request(
            "GET", path, key=key, query={"$select": row.select(), **(query or {})}
        )
        fitted = self._one(row, document)
        if isinstance(fitted, Quarantined):
            raise errors.UnexpectedAnswer(f"The record does not fit: {fitted.reason}", path=path)
        return fitted

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        row: type[RowT],
        *,
        max_answer_bytes: int = http.MAX_BODY_BYTES,
    ) -> RowT:
        """Create a record and return what Exact stored.

        This function will raise `OutcomeUnknown` also when Exact says "created" and the record does not fit,
        since it exists then and must be looked up (RELIABILITY A13).
        """
        fitted = self._one(
            row, self.request("POST", path, body=body, max_answer_bytes=max_answer_bytes)
        )
        if isinstance(fitted, Quarantined):
            raise errors.OutcomeUnknown(
                f"Created, but the answer does not fit: {fitted.reason}", path=path
            )
        return fitted

    def put(self, path: str, key: UUID, body: Mapping[str, Any]) -> None:
        """Change one record; send changed properties only, Exact refuses whole records."""
        if not body:
            raise ValueError("Nothing to change")
        self.request("PUT", path, key=key, body=body)

    def delete(self, path: str, key: UUID) -> None:
        """Delete one record."""
        self.request("DELETE", path, key=key)

    def _one(self, row: type[RowT], document: Any) -> RowT | Quarantined:
        try:
            raw = odata.unwrap_one(document)
        except odata.NotUnderstood as error:
            return Quarantined(str(error), document)
        return fit(row, raw, division=self.division)
