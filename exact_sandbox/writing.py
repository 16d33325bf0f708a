"""Answers POST, PUT and DELETE: the body is read, the rules decide, the record is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from werkzeug import Request, Response

from exact_sandbox.address import Address, read_key
from exact_sandbox.answers import Answers
from exact_sandbox.errors import BadRequest, MethodNotAllowed
from exact_sandbox.negotiation import check_content
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.reader import Reader
from exact_sandbox.odata.tree import Literal
from exact_sandbox.payload import read_body
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.mandatory import check_mandatory
from exact_sandbox.rules.table import RULES, Rules
from exact_sandbox.values import Record

NO_SUCH_METHOD = "The requested resource does not support this http method."


@dataclass(frozen=True, slots=True)
class Writing:
    """A write under way."""

    request: Request
    address: Address
    reader: Reader
    context: Context
    answers: Answers

    @property
    def _rules(self) -> Rules:
        return RULES.get(self.address.resource.path, Rules())

    def answer(self, method: str) -> Response:
        """Carry out a POST, PUT or DELETE; raises what the rules and the reading of it raise."""
        if method == "POST":
            return self._create()
        if self.address.key is None or self.address.rest:
            raise BadRequest("Bad Request - Error in query syntax.")
        spaced_guid = self.context.sandbox.switches["guid_literal_space"] == "accepted"
        key = read_key(self.address.key, self.address.resource, spaced_guid=spaced_guid)
        return self._update(key) if method == "PUT" else self._delete(key)

    def _body(self, verb: str) -> Record:
        check_content(self.request)
        shifted = self.context.sandbox.switches["zoned_dates"] == "shifted"
        return read_body(
            self.request.get_data(),
            self.address.resource,
            verb,
            charset=self.request.mimetype_params.get("charset", "utf-8"),
            zone_shift=timedelta(hours=-1 if shifted else 0),
        )

    def _create(self) -> Response:
        resource = self.address.resource
        create = self._rules.create
        if create is None or self.address.key is not None or self.address.rest:
            raise MethodNotAllowed(NO_SUCH_METHOD, resource.endpoint.methods)
        query = Query.read(self.request.args).for_one_record()
        record = self._body("POST")
        check_mandatory(self.context, resource, record)
        if self._rules.prepare is not None:
            self._rules.prepare(self.context, record)
        with self.context.sandbox.database.transaction():
            key = create(self.context, record)
            shown = self.reader.single(Literal(resource.properties[resource.key].type, key), query)
        return self.answers.record(shown, 201, {"Location": shown["__metadata"]["uri"]})

    def _update(self, key: Literal) -> Response:
        update = self._rules.update
        if update is None:
            raise MethodNotAllowed(NO_SUCH_METHOD, self.address.resource.endpoint.methods)
        self.reader.exists(key)
        changes = self._body("PUT")
        if self._rules.prepare is not None:
            self._rules.prepare(self.context, changes)
        with self.context.sandbox.database.transaction():
            self.reader.exists(key)  # it may have been deleted meanwhile
            update(self.context, key.value, changes)
        wanted = "return=representation" in self.request.headers.get("Prefer", "").lower()
        if wanted and self.context.sandbox.switches["put_returns_record"]:
            return self.answers.record(self.reader.single(key, Query({})))
        return Response(status=204)

    def _delete(self, key: Literal) -> Response:
        delete = self._rules.delete
        if delete is None:
            raise MethodNotAllowed(NO_SUCH_METHOD, self.address.resource.endpoint.methods)
        with self.context.sandbox.database.transaction():
            self.reader.exists(key)
            delete(self.context, key.value)
        return Response(status=204)
