"""The REST API under /api/v1: who asks, for which division, what, and in which envelope."""

from __future__ import annotations

import re
from dataclasses import replace

from werkzeug import Request, Response

from exact_sandbox.access import Caller, check_access, check_division, read_caller
from exact_sandbox.address import Address, endpoint_of, parse_address, parse_service
from exact_sandbox.answers import Answers, refusal, service
from exact_sandbox.divisions import timestamp_shift
from exact_sandbox.error_velocity import ErrorKey
from exact_sandbox.errors import (
    ExactError,
    MethodNotAllowed,
    NotFound,
    NotImplementedHere,
    Unauthorized,
    UnsupportedMediaType,
)
from exact_sandbox.me import ME, me_record
from exact_sandbox.messages import LANGUAGES
from exact_sandbox.negotiation import Format, check_versions, effective_method, wanted_format
from exact_sandbox.oauth.grants import token_owner
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.reader import Reader
from exact_sandbox.odata.viewer import Viewer
from exact_sandbox.reading import Reading
from exact_sandbox.request_log import LogEntry
from exact_sandbox.resources import Resource
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User, use_division
from exact_sandbox.writing import NO_SUCH_METHOD, Writing

_READ_ONLY_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})
_ME = re.compile(r"/api/v1/current/me(?:\(guid'(?P<key>[0-9a-f-]{36})'\))?/?")


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
            response = refusal(error, _form_of_refusal(request))
        response.headers["DataServiceVersion"] = "2.0;"
        return response

    def _former_key(self, request: Request) -> ErrorKey | None:
        """Return who a token that is no longer good belonged to: such calls count as errors too."""
        token = request.headers.get("Authorization", "").partition(" ")[2]
        owner = token_owner(self.sandbox, token.strip())
        return _error_key(request.path, *owner) if owner else None

    def _limited(self, request: Request, caller: Caller) -> Response:
        user = caller.user
        check_versions(request)
        method = effective_method(request)
        if (me := _ME.fullmatch(request.path.lower())) is not None:
            headers = self.sandbox.limits.count(caller.client_id, user.current_division)
            response = self._me(request, user, method, me["key"])
        elif (named := parse_service(request.path)) is not None:
            check_division(self.sandbox, caller, named[0] or user.current_division)
            headers = self.sandbox.limits.count(caller.client_id, named[0])
            response = self._service(request, *named, method)
        else:
            address = parse_address(request.path)
            if address.resource.without_division:
                address = replace(address, division=user.current_division)
            writing = method not in _READ_ONLY_VERBS
            check_access(self.sandbox, caller, address.division, address.resource, writing=writing)
            use_division(self.sandbox.database, user, address.division)
            headers = self.sandbox.limits.count(caller.client_id, address.division)
            response = self._resource(request, address, caller, method)
        response.headers.update(headers)
        return response

    def _me(self, request: Request, user: User, method: str, key: str | None) -> Response:
        if method == "OPTIONS":
            return _allowed(("GET",))
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowed(NO_SUCH_METHOD, ("GET",))
        query = Query.read(request.args)
        record = me_record(self.sandbox, user, self._root(request), query.select)
        answers = self._answers(request, f"{self._root(request)}/api/v1", ME)
        if key is None:
            return answers.collection({"d": {"results": [record]}}, f"{answers.base}/{ME.path}")
        if key != user.id:
            raise NotFound("Resource not found.")
        return answers.record(record)

    def _service(
        self, request: Request, division: int, name: str, part: str, method: str
    ) -> Response:
        if part == "$batch":
            raise NotImplementedHere(
                "Batch requests are not supported; send the requests one by one."
            )
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowed(NO_SUCH_METHOD, ("GET",))
        prefix = f"{division}/" if division else ""
        form = Format.ATOM if part else wanted_format(request)
        return service(name, part, f"{self._root(request)}/api/v1/{prefix}{name}/", form)

    def _root(self, request: Request) -> str:
        return self.sandbox.hosts.root(request, self.sandbox.public_url)

    def _answers(self, request: Request, base: str, resource: Resource) -> Answers:
        return Answers(wanted_format(request), base, resource, self.sandbox.clock.naive_now())

    def _reader(self, request: Request, address: Address, caller: Caller) -> Reader:
        return Reader(
            self.sandbox.database,
            self.sandbox.switches,
            f"{self._root(request)}/api/v1"
            + ("" if address.resource.without_division else f"/{address.division}"),
            address.resource,
            self._viewer(request, address, caller),
        )

    def _viewer(self, request: Request, address: Address, caller: Caller) -> Viewer:
        user = caller.user
        stamped = "Timestamp" in address.resource.properties
        return Viewer(
            address.division,
            user.divisions,
            user.country if self.sandbox.hosts else "",
            _description_language(request, user),
            timestamp_shift(self.sandbox.database, address.division) if stamped else 0,
            caller.client_id,
        )

    def _resource(
        self, request: Request, address: Address, caller: Caller, method: str
    ) -> Response:
        allowed = address.resource.endpoint.methods
        switches = self.sandbox.switches
        if method == "OPTIONS":
            return _allowed(allowed)
        if method in ("MERGE", "PATCH") and switches["merge"] == "accepted":
            method = "PUT"
        if method == "HEAD":
            method = "GET"
        if method not in allowed:
            raise MethodNotAllowed(NO_SUCH_METHOD, allowed)
        reader = self._reader(request, address, caller)
        answers = self._answers(request, reader.base, address.resource)
        if method != "GET":
            root = self._root(request)
            context = Context(self.sandbox, caller.user, address.division, caller.client_id, root)
            return Writing(request, address, reader, context, answers).answer(method)
        spaced_guid = switches["guid_literal_space"] == "accepted"
        query = Query.read(request.args, spaced_guid=spaced_guid)
        with self.sandbox.database.reading():
            return Reading(reader, query, answers, spaced_guid).answer(address.key, address.rest)


def _error_key(path: str, application: str, user_id: str) -> ErrorKey:
    return ErrorKey(application, user_id, *endpoint_of(path))


def _description_language(request: Request, user: User) -> str:
    """Return the language of descriptions: that of a header such as "NL-BE", or the user's."""
    for text in (request.headers.get("CustomDescriptionLanguage", ""), user.culture):
        if text[:2].upper() in LANGUAGES:
            return text[:2].upper()
    return LANGUAGES[0]


def _allowed(methods: tuple[str, ...]) -> Response:
    return Response(status=200, headers={"Allow": ", ".join(methods)})


def _form_of_refusal(request: Request) -> Format:
    try:
        return wanted_format(request)
    except UnsupportedMediaType:
        return Format.ATOM
