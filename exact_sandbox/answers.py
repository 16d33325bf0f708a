"""Puts answers and refusals in the form a client takes: JSON or Atom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from werkzeug import Response

from exact_sandbox.errors import (
    ExactError,
    MethodNotAllowed,
    TooManyRequests,
    Unauthorized,
    body as error_body,
)
from exact_sandbox.json_answer import json_response
from exact_sandbox.negotiation import Format
from exact_sandbox.odata import atom, metadata
from exact_sandbox.odata.reader import Json
from exact_sandbox.resources import Resource


@dataclass(frozen=True, slots=True)
class Answers:
    """Writes what was read on an endpoint; `base` is the address of its division."""

    form: Format
    base: str
    resource: Resource
    now: datetime

    def _atom(self) -> atom.AtomWriter:
        service = self.resource.path.rpartition("/")[0]
        return atom.AtomWriter(f"{self.base}/{service}/", self.resource, self.now)

    def collection(self, envelope: Json, address: str) -> Response:
        """Return a page of records."""
        if self.form is Format.JSON:
            return json_response(envelope)
        return Response(self._atom().feed(envelope, address), content_type=atom.FEED_TYPE)

    def record(
        self, record: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return one record."""
        if self.form is Format.JSON:
            return json_response({"d": record}, status, headers)
        return Response(
            self._atom().entry(record),
            status,
            headers=dict(headers or {}),
            content_type=atom.ENTRY_TYPE,
        )

    def property(self, name: str, value: object) -> Response:
        """Return one property of a record."""
        if self.form is Format.JSON:
            return json_response({"d": {name: value}})
        return Response(self._atom().property(name, value), content_type=atom.XML_TYPE)

    def links(self, envelope: Json) -> Response:
        """Return the addresses of nested records."""
        if self.form is Format.JSON:
            return json_response(envelope)
        return Response(self._atom().links(envelope), content_type=atom.XML_TYPE)


def service(name: str, part: str, base: str, form: Format) -> Response:
    """Return what a service tells of itself: its endpoints, or their properties (`$metadata`)."""
    if part == "$metadata":
        return Response(metadata.edmx(name), content_type=atom.XML_TYPE)
    if form is Format.JSON:
        return json_response(metadata.service_json(name))
    return Response(metadata.service_xml(name, base), content_type=atom.XML_TYPE)


def plain(text: str) -> Response:
    """Return a bare value, such as that of `/$count`."""
    return Response(text.encode("utf-8", "replace"), content_type="text/plain; charset=utf-8")


def refusal(error: ExactError, form: Format) -> Response:
    """Return the answer that carries a refusal."""
    if isinstance(error, TooManyRequests):
        return Response(status=429, headers=error.headers)
    if isinstance(error, Unauthorized):
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="Exact Online"'})
    headers = {"Reason": error.reason} if error.reason else {}
    if isinstance(error, MethodNotAllowed) and error.allowed:
        headers["Allow"] = ", ".join(error.allowed)
    if form is Format.JSON:
        return json_response(error_body(error.text), error.status, headers)
    return Response(
        atom.error_document(error.text), error.status, headers=headers, content_type=atom.XML_TYPE
    )
