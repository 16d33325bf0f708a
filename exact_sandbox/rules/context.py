"""Who writes where: what every rule needs to know about a request."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.messages import say
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class Context:
    """A user at work in a division of a sandbox."""

    sandbox: Sandbox
    user: User
    division: int
    client_id: str = ""  # of the application that calls; empty where nobody calls
    root: str = ""  # the address under which the caller sees the sandbox

    def say(self, text: str, *, what: str = "", detail: str = "") -> str:
        """Return an error text in the user's language."""
        return say(self.user.language, text, what=what, detail=detail)

    def created(self) -> Record:
        """Return the values that a new record is stamped with."""
        now = self.sandbox.clock.naive_now()
        return {
            "Division": self.division,
            "Created": now,
            "Creator": self.user.id,
            "CreatorFullName": self.user.full_name,
            **self.modified(),
        }

    def modified(self) -> Record:
        """Return the values that a changed record is stamped with."""
        return {
            "Modified": self.sandbox.clock.naive_now(),
            "Modifier": self.user.id,
            "ModifierFullName": self.user.full_name,
        }
