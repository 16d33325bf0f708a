"""Who calls, and whether user and application may do in a division what they ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from werkzeug import Request

from exact_sandbox.errors import Forbidden, NotFound, Unauthorized
from exact_sandbox.messages import say
from exact_sandbox.oauth.grants import Bearer, find_bearer
from exact_sandbox.resources import Resource
from exact_sandbox.rights import area_of, has_right
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.scopes import check_scope
from exact_sandbox.users import User, user_by_id

ACTIVE = 1

# The `Reason` header of a 403, as Exact's help page on response codes lists it:
# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-respcodeserrorhandling
REASONS = {
    "BlockedUser": "The user has been marked as blocked and cannot access any data.",
    "InactiveUser": "The user is no longer active in Exact Online.",
    "DivisionBlocked": "The company has been marked as blocked and cannot be accessed.",
    "NoDivisionAccess": "The user does not have access to the requested division.",
}


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
    """Return who calls; raises Unauthorized for a missing, unknown or expired token.

    Raises Forbidden for a user who may not use Exact any more. On the host of a country the user sees the divisions of that country only.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = find_bearer(sandbox, token.strip()) if kind.lower() == "bearer" else None
    user = user_by_id(sandbox.database, bearer.user_id) if bearer else None
    if bearer is None or user is None:
        raise Unauthorized
    country = sandbox.hosts.country(request.host)
    if country not in ("", user.country):
        raise Unauthorized
    if user.blocked:
        raise refused_for("BlockedUser")
    if not user.is_active(sandbox.clock.naive_now()):
        raise refused_for("InactiveUser")
    return Caller(bearer, at_home(sandbox, user) if country else user)


def at_home(sandbox: Sandbox, user: User) -> User:
    """Return a user with the divisions of their own country only."""
    home = {
        row["Code"]
        for row in sandbox.database.execute(
            'SELECT "Code" FROM divisions WHERE "Country" = ?', [user.country]
        )
    }
    divisions = tuple(code for code in user.divisions if code in home)
    current = user.current_division if user.current_division in home else 0
    return replace(user, divisions=divisions, current_division=current or next(iter(divisions), 0))


def check_access(
    sandbox: Sandbox, caller: Caller, division: int, resource: Resource, *, writing: bool
) -> None:
    """Raise NotFound or Forbidden unless user and application may do this in a division."""
    check_division(sandbox, caller, division)
    check_scope(resource.endpoint.scope, writing=writing, scopes=caller.bearer.scopes)
    user = caller.user
    area = area_of(resource.path)
    if not has_right(user.rights, area, writing=writing):
        raise Forbidden(say(user.language, "no_such_data") if area == "documents" else "Forbidden")


def check_division(sandbox: Sandbox, caller: Caller, division: int) -> None:
    """Raise NotFound or Forbidden unless the user may enter a division."""
    user = caller.user
    found = sandbox.database.execute(
        'SELECT "Country", "Status", "BlockingStatus" FROM divisions WHERE "Code" = ?', [division]
    )
    if not found or (sandbox.hosts and found[0]["Country"] != user.country):
        raise NotFound("Resource not found.")
    if division not in user.divisions:
        raise refused_for("NoDivisionAccess")
    if found[0]["Status"] != ACTIVE:
        raise Forbidden("Forbidden")
    if found[0]["BlockingStatus"]:
        raise refused_for("DivisionBlocked")


def refused_for(reason: str) -> Forbidden:
    """Return a refusal with its `Reason` header."""
    return Forbidden("Forbidden", reason=f"{reason}: {REASONS[reason]}")
