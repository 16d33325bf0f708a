"""The REST API under /api/v1: who asks, for which division, what, and in which envelope."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from werkzeug import Request, Response

from exact_sandbox.access import Caller, check_access, read_caller
from exact_sandbox.error_velocity import ErrorKey
from exact_sandbox.errors import (
    BadRequest,
    ExactError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    TooManyRequests,
    Unauthorized,
    body as error_body,
)
from exact_sandbox.json_answer import json_response
from exact_sandbox.me import me_record
from exact_sandbox.oauth.grants import token_owner
from exact_sandbox.odata.filter import Literal, parse_literal
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.reader import Reader
from exact_sandbox.payload import read_body
from exact_sandbox.request_log import LogEntry
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.rules import RULES, Rules
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.mandatory import check_mandatory
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User, use_division

_ADDRESS = re.compile(
    r"/api/v1/(?:beta/)?(?:(?P<division>\d{1,9})/)?(?P<path>[A-Za-z/]+?)"
    r"(?:\((?P<key>[^()]*)\)(?:/(?P<nested>[A-Za-z]+))?|/(?P<count>\$count))?/?",
)
NO_SUCH_METHOD = "The requested resource does not support this http method."
_READ_ONLY_VERBS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Address:
    """A request's address, taken apart."""

    division: int  # 0 where the address names none
    resource: Resource
    key: Literal | None
    tail: str  # "$count", the name of nested records, or nothing


def parse_address(path: str) -> Address:
    """Return what an address names; raises NotFound."""
    match = _ADDRESS.fullmatch(path)
    if match is None:
        raise NotFound("Resource not found.")
    resource = by_path().get(match["path"].lower())
    if resource is None or resource.without_division != (match["division"] is None):
        raise NotFound(f"Resource not found for the segment '{match['path']}'.")
    key = parse_literal(match["key"]) if match["key"] is not None else None
    tail = match["nested"] or match["count"] or ""
    return Address(int(match["division"] or 0), resource, key, tail)


class Api:
    """Answers REST requests for a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def answer(self, request: Request, entry: LogEntry) -> Response:
        """Return the answer to a request; every refusal is in Exact's form."""
        counted: ErrorKey | None = None
        try:
            caller = read_caller(self.sandbox, request)
            entry.application, entry.user = caller.client_id, caller.user.username
            key = _error_key(request.path, caller.client_id, caller.user.id)
            self.sandbox.error_velocity.check(key)
            counted = key  # from here on, since a refusal by the block itself is no new error
            response = self._limited(request, caller)
        except ExactError as error:
            if isinstance(error, Unauthorized):
                counted = self._former_key(request)
            if counted is not None:
                self.sandbox.error_velocity.count(counted, error.status)
            return refusal(error)
        return response

    def _former_key(self, request: Request) -> ErrorKey | None:
        """Return who a token that is no longer good belonged to: such calls count as errors too."""
        token = request.headers.get("Authorization", "").partition(" ")[2]
        owner = token_owner(self.sandbox, token.strip())
        return _error_key(request.path, *owner) if owner else None

    def _limited(self, request: Request, caller: Caller) -> Response:
        user = caller.user
        if request.path.rstrip("/").lower() == "/api/v1/current/me":
            headers = self.sandbox.limits.count(caller.client_id, user.current_division)
            response = self._me(request, user)
        else:
            address = parse_address(request.path)
            if address.resource.without_division:
                address = replace(address, division=user.current_division)
            writing = request.method not in _READ_ONLY_VERBS
            check_access(self.sandbox, caller, address.division, address.resource, writing=writing)
            with self.sandbox.database.lock:
                use_division(self.sandbox.database, user, address.division)
            headers = self.sandbox.limits.count(caller.client_id, address.division)
            response = self._resource(request, address, user)
        response.headers.update(headers)
        return response

    def _me(self, request: Request, user: User) -> Response:
        if request.method != "GET":
            raise MethodNotAllowed("The method is not allowed.")
        check_accept(request)
        query = Query.read(request.args)
        record = me_record(self.sandbox, user, self._root(request), query.select)
        return json_response({"d": {"results": [record]}})

    def _root(self, request: Request) -> str:
        return self.sandbox.public_url or request.host_url.rstrip("/")

    def _reader(self, request: Request, address: Address, user: User) -> Reader:
        return Reader(
            self.sandbox.database,
            self.sandbox.switches,
            f"{self._root(request)}/api/v1"
            + ("" if address.resource.without_division else f"/{address.division}"),
            address.division,
            address.resource,
            user.divisions,
        )

    def _resource(self, request: Request, address: Address, user: User) -> Response:
        check_accept(request)
        if request.method not in address.resource.endpoint.methods:
            raise MethodNotAllowed(NO_SUCH_METHOD)
        reader = self._reader(request, address, user)
        if request.method == "GET":
            return self._read(request, address, reader)
        rules = RULES.get(address.resource.path, Rules())
        context = Context(self.sandbox, user, address.division)
        if request.method == "POST":
            if address.key is not None or address.tail:
                raise MethodNotAllowed(NO_SUCH_METHOD)
            return self._create(request, reader, rules, context)
        if address.key is None or address.tail:
            raise BadRequest("Bad Request - Error in query syntax.")
        return self._change(request, address, reader, rules, context)

    def _read(self, request: Request, address: Address, reader: Reader) -> Response:
        query = Query.read(request.args)
        with self.sandbox.database.reading():
            if address.key is None:
                if address.tail == "$count":
                    return Response(
                        str(reader.count(query)), content_type="text/plain; charset=utf-8"
                    )
                return json_response(reader.collection(query))
            if not address.tail:
                return json_response({"d": reader.single(address.key, query)})
            reader.exists(address.key)
            navigation = address.resource.navigations.get(address.tail)
            if navigation is not None and navigation.path is None:
                return json_response({"d": {"results": []}})
            child, column = reader.child(address.tail)
            if not query.order_by:
                query.order_by = child.nested_order()
            return json_response(child.collection(query, under=(column, address.key.value)))

    def _create(self, request: Request, reader: Reader, rules: Rules, context: Context) -> Response:
        if rules.create is None:
            raise MethodNotAllowed(NO_SUCH_METHOD)
        record = read_body(request.get_data(), reader.resource, "POST")
        check_mandatory(context, reader.resource, record)
        with self.sandbox.database.transaction():
            key = rules.create(context, record)
        body = reader.single(
            Literal(reader.resource.properties[reader.resource.key].type, key), Query({})
        )
        return json_response({"d": body}, 201, {"Location": body["__metadata"]["uri"]})

    def _change(
        self, request: Request, address: Address, reader: Reader, rules: Rules, context: Context
    ) -> Response:
        action = rules.update if request.method == "PUT" else rules.delete
        if action is None or address.key is None:
            raise MethodNotAllowed(NO_SUCH_METHOD)
        with self.sandbox.database.transaction():
            reader.exists(address.key)
            if request.method == "PUT" and rules.update is not None:
                changes = read_body(request.get_data(), reader.resource, "PUT")
                rules.update(context, address.key.value, changes)
            elif rules.delete is not None:
                rules.delete(context, address.key.value)
        return Response(status=204)


def _error_key(path: str, application: str, user_id: str) -> ErrorKey:
    match = _ADDRESS.fullmatch(path)
    endpoint = match["path"].lower() if match else path.lower()
    return ErrorKey(
        application, user_id, int((match["division"] if match else None) or 0), endpoint
    )


def check_accept(request: Request) -> None:
    """Raise NotAcceptable unless the client takes JSON; Exact answers such a client in Atom."""
    accept = request.headers.get("Accept", "")
    counts = request.path.endswith("/$count")
    if "json" in accept.lower() or request.args.get("$format") == "json" or counts:
        return
    if request.method in ("PUT", "DELETE"):
        return
    raise NotAcceptable("Send the header 'Accept: application/json'; this sandbox knows no Atom.")


def refusal(error: ExactError) -> Response:
    """Return the answer that carries a refusal."""
    if isinstance(error, TooManyRequests):
        return Response(status=429, headers=error.headers)
    if isinstance(error, Unauthorized):
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="Exact Online"'})
    headers = {"Reason": error.reason} if error.reason else {}
    return json_response(error_body(error.text), error.status, headers)
