"""What asking for a token can end in, and the two errors that callers see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.secrets import Secret
from connector.sentences import Words


class NeedsConsent(Exception):
    """Exact no longer accepts the consent: somebody has to log in at Exact again."""


class TokenLater(Exception):
    """There is no token now; ``until`` (UTC) says when to ask again. The consent itself is not in doubt."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"No token before {until:%H:%M:%S} UTC")
        self.until = until


@dataclass(frozen=True, slots=True)
class Got:
    """A token that works."""

    token: Secret


@dataclass(frozen=True, slots=True)
class Wait:
    """No token before this time (UTC)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """No token before somebody logged in again; the reason is a sentence for people."""

    reason: Words


Outcome = Got | Wait | Lost
