"""Who calls, and whether user and application may do in a division what they ask for."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Request

from exact_sandbox.errors import Forbidden, NotFound, Unauthorized
from exact_sandbox.oauth.grants import Bearer, find_bearer
from exact_sandbox.resources import Resource
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.scopes import check_scope
from exact_sandbox.users import User, user_by_id


@dataclass(frozen=True, slots=True)
class Caller:
    """The user and the application a request's bearer token speaks for."""

    bearer: Bearer
    user: User

    @property
    def client_id(self) -> str:
        """The application."""
        return self.bearer.client_id


def read_caller(sandbox: Sandbox, request: Request) -> Caller:
    """Return who calls; raises Unauthorized for a missing, unknown or expired token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = find_bearer(sandbox, token.strip()) if kind.lower() == "bearer" else None
    user = user_by_id(sandbox.database, bearer.user_id) if bearer else None
    if bearer is None or user is None:
        raise Unauthorized
    return Caller(bearer, user)


def check_access(
    sandbox: Sandbox, caller: Caller, division: int, resource: Resource, *, writing: bool
) -> None:
    """Raise NotFound or Forbidden unless user and application may do this in a division."""
    record = sandbox.database.find("divisions", Code=division)
    if record is None:
        raise NotFound("Resource not found.")
    if division not in caller.user.divisions or record["Status"] != 1:
        raise Forbidden("Forbidden")
    check_scope(resource.endpoint.scope, writing=writing, scopes=caller.bearer.scopes)
    if writing and not caller.user.may_write:
        raise Forbidden("Forbidden")
