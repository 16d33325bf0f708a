"""A string that must not be seen: tokens and client secrets travel wrapped, so no log or traceback shows them."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A secret string; only :meth:`reveal` gives it back, at the place that needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself; call it only where it is written to a socket or encrypted."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        # A pickled secret would end up readable in a cache or a queue message.
        raise TypeError("A Secret is not serialized; encrypt what reveal() returns instead.")
