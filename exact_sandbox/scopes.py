"""The scopes an application may have: what it may read or change, by part of Exact.

A scope is named as Exact's reference names it for an endpoint ("Financial accounting") and spelled
`financial.accounting` in a refusal. A level is `none`, `read`, or `manage` (read and change).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from exact_sandbox.catalogue import endpoints
from exact_sandbox.errors import Forbidden

LEVELS = ("none", "read", "manage")
Scopes = Mapping[str, str]  # scope → level; a scope that is not named has the level none


class ScopeError(ValueError):
    """An unknown scope or level."""


@cache
def all_scopes() -> tuple[str, ...]:
    """Return every scope of the catalogue."""
    return tuple(
        sorted({endpoint.scope for endpoint in endpoints().values() if endpoint.scope is not None})
    )


def changed_scopes(scopes: Scopes | None, changes: Scopes) -> Scopes | None:
    """Return scopes with some levels changed; raises ScopeError. None stands for all scopes."""
    result = dict(scopes) if scopes is not None else dict.fromkeys(all_scopes(), "manage")
    by_spelling = {_spelled(scope): scope for scope in all_scopes()}
    for name, level in changes.items():
        scope = by_spelling.get(_spelled(name))
        if scope is None:
            raise ScopeError(f"There is no scope '{name}'. Known: {', '.join(all_scopes())}.")
        if level not in LEVELS:
            raise ScopeError(f"A scope's level is one of: {', '.join(LEVELS)}.")
        result[scope] = level
    if result == dict.fromkeys(all_scopes(), "manage"):
        return None
    return {scope: level for scope, level in sorted(result.items()) if level != "none"}


def allows(scopes: Scopes | None, scope: str, level: str) -> bool:
    """Whether scopes hold a scope at a level or above."""
    return scopes is None or LEVELS.index(scopes.get(scope, "none")) >= LEVELS.index(level)


def covers(scopes: Scopes | None, wanted: Scopes | None) -> bool:
    """Whether scopes hold all that is wanted."""
    if wanted is None:
        wanted = dict.fromkeys(all_scopes(), "manage")
    return all(allows(scopes, scope, level) for scope, level in wanted.items())


def scopes_text(scopes: Scopes | None) -> str | None:
    """Return scopes as they are stored."""
    return None if scopes is None else json.dumps(scopes)


def scopes_from(text: str | None) -> Scopes | None:
    """Return scopes from how they are stored."""
    scopes: Scopes | None = None if text is None else json.loads(text)
    return scopes


def check_scope(scope: str | None, *, writing: bool, scopes: tuple[Scopes | None, ...]) -> None:
    """Raise Forbidden unless each of `scopes` allows to read or change what needs a scope.

    https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-respcodeserrorhandling
    """
    if scope is None:
        return
    verb = "manage" if writing else "read"
    if not all(allows(held, scope, verb) for held in scopes):
        raise Forbidden(
            f"Forbidden - Application Scope Violated. Cannot {verb} '{_spelled(scope)}' scope.",
        )


def _spelled(scope: str) -> str:
    return scope.strip().lower().replace(" ", ".")
