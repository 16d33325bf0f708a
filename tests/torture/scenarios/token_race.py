"""Many processes want the same tokens for a day: Exact's rules against ours, with slow and lost answers.

Only the clock is not real: here and at the sandbox it is moved by the same seconds, some at a time, while every process
is between two rounds.
"""

from __future__ import annotations

import multiprocessing
import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from multiprocessing.synchronize import Barrier
from typing import Any, ClassVar

import requests
from django.db import connections

from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import token_store
from integrations.exact import oauth
from integrations.models import ExactGrant, GrantState, TokenEvent
from integrations.token_store import Urgency
from tests import factories
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.sandbox import SandboxControl
from tests.torture.stage import say

_USERS = (
    "anna@studio-noord.example",
    "bram@studio-noord.example",
    "claire@studio-zuid.example",
)
_TOKEN_CALLS = "/api/oauth2/token"
_BAR = 150
_ROUND_SECONDS = 180.0  # a process that needs longer for a round hangs
_STEPS = (3, 8, 20)  # simulated seconds between two rounds, while a token is near its end
_NEAR_ITS_END = timedelta(seconds=560)  # before that every process is given the same one
# Rows of `_Ring.seen`: how often the processes met each.
_GIVEN, _LATER, _LOST, _REFUSED = range(4)


@dataclass(frozen=True)
class _Login:
    username: str
    organization_id: int
    grant_id: int


@dataclass(frozen=True)
class _Ring:
    """What the processes share: the moved clock, when a round begins and ends, and what they saw."""

    ahead_seconds: Synchronized[float]
    is_over: Synchronized[int]
    rounds: Barrier
    seen: SynchronizedArray[int]

    def now(self) -> datetime:
        """The time that our processes and the sandbox both go by."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_seconds.value)

    def saw(self, what: int) -> None:
        with self.seen.get_lock():
            self.seen[what] += 1


class TokenRace:
    """Refreshes under a row lock, by as many processes as are wanted."""

    name: ClassVar[str] = "token_race"
    bar: ClassVar[str] = (
        "0 races; a log-in asked for only where the answer was lost; ≤ 150 token calls per user and day"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Race for some hours, and compare with what the sandbox was asked."""
        count = size.pick(short=8, long=50)
        hours = size.pick(short=2, long=24)
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            logins = _log_in_all(stage.sandbox, size.pick(short=2, long=3))
            _order_faults(stage.sandbox, size)
            context = multiprocessing.get_context("fork")
            ring = _Ring(
                context.Value("d", 0.0),
                context.Value("i", 0),
                context.Barrier(count + 1),
                context.Array("q", 4),
            )
            connections.close_all()
            racers = [
                context.Process(
                    target=_race, args=(number, ring, logins, stage.sandbox.base_url), daemon=True
                )
                for number in range(count)
            ]
            for racer in racers:
                racer.start()
            logged_in = _lead(ring, stage.sandbox, logins, timedelta(hours=hours))
            for racer in racers:
                racer.join(timeout=_ROUND_SECONDS)
            return _judge(stage.sandbox, logins, ring, logged_in, hours)


def _log_in_all(sandbox: SandboxControl, count: int) -> list[_Login]:
    logins = []
    for username in _USERS[:count]:
        organization = factories.make_organization(name=username)
        connection = factories.make_connection(organization=organization, lists=False)
        assert connection.grant_id is not None
        logins.append(_Login(username, organization.pk, connection.grant_id))
        _log_in(sandbox, logins[-1], datetime.now(UTC))
    return logins


def _log_in(sandbox: SandboxControl, login: _Login, now: datetime) -> None:
    made = sandbox.tokens(login.username)
    tokens = oauth.TokenSet(
        Secret(made["access_token"]), Secret(made["refresh_token"]), int(made["expires_in"])
    )
    with tenant_transaction(login.organization_id):
        token_store.store_tokens(ExactGrant.objects.get(pk=login.grant_id), tokens, now=now)


def _order_faults(sandbox: SandboxControl, size: Size) -> None:
    """Three in a hundred answers are slow and one gets lost; in the short size more, so that it has some."""
    often = size.pick(short=10, long=1)
    chance: dict[str, Any] = {"path": _TOKEN_CALLS, "times": None}
    sandbox.fault("token_reply_lost", probability=0.01 * often, seed=11, **chance)
    sandbox.fault("slow", probability=0.015 * often, seed=12, delay_s=1.0, **chance)
    sandbox.fault("hang", probability=0.015 * often, seed=13, delay_s=1.0, **chance)


# --- The processes --------------------------------------------------------------------------------------------------


def _race(number: int, ring: _Ring, logins: Sequence[_Login], base_url: str) -> None:
    connections.close_all()
    draw = random.Random(number)
    with requests.Session() as exact:
        for _ in _rounds(ring):
            for login in draw.sample(logins, len(logins)):
                _want(login, ring, exact, base_url, is_used=draw.random() < 0.02)


def _rounds(ring: _Ring) -> Iterator[None]:
    while True:
        ring.rounds.wait(_ROUND_SECONDS)
        if ring.is_over.value:
            return
        yield
        ring.rounds.wait(_ROUND_SECONDS)


def _want(
    login: _Login, ring: _Ring, exact: requests.Session, base_url: str, *, is_used: bool
) -> None:
    try:
        token = token_store.access_token(
            organization_id=login.organization_id,
            grant_id=login.grant_id,
            now=ring.now(),
            urgency=Urgency.BACKGROUND,
        )
    except token_store.TokenLater:
        ring.saw(_LATER)
        return
    except token_store.NeedsConsent:
        ring.saw(_LOST)
        return
    ring.saw(_GIVEN)
    if not is_used:
        return
    headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
    answer = exact.get(f"{base_url}/api/v1/current/Me", headers=headers, timeout=60)
    if answer.status_code != 200:
        ring.saw(_REFUSED)


# --- The one who moves the clock ------------------------------------------------------------------------------------


def _lead(
    ring: _Ring, sandbox: SandboxControl, logins: Sequence[_Login], duration: timedelta
) -> int:
    """Let the time go by, and log in again as a person would wherever it is asked for; returns how often that was."""
    draw = random.Random(3)
    logged_in, told = 0, 0
    while ring.ahead_seconds.value < duration.total_seconds():
        ring.rounds.wait(_ROUND_SECONDS)
        ring.rounds.wait(_ROUND_SECONDS)
        for login in logins:
            if _is_lost(login):
                _log_in(sandbox, login, ring.now())
                logged_in += 1
        step = max(draw.choice(_STEPS), _until_something_is_due(ring, logins))
        sandbox.call("POST", "clock", {"advance_seconds": step})
        ring.ahead_seconds.value += step
        if (hour := int(ring.ahead_seconds.value // 3600)) > told:
            told = hour
            say(f"{hour} simulated hours")
    ring.is_over.value = 1
    ring.rounds.wait(_ROUND_SECONDS)
    return logged_in


def _row(login: _Login) -> ExactGrant:
    with tenant_transaction(login.organization_id):
        return ExactGrant.objects.get(pk=login.grant_id)


def _is_lost(login: _Login) -> bool:
    return _row(login).state == GrantState.NEEDS_CONSENT


def _until_something_is_due(ring: _Ring, logins: Sequence[_Login]) -> int:
    """Seconds in which nothing can happen but that everybody is given the token they know."""
    issued_at = [row.issued_at for row in map(_row, logins) if row.issued_at is not None]
    return int((min(issued_at) + _NEAR_ITS_END - ring.now()).total_seconds())


def _judge(
    sandbox: SandboxControl, logins: Sequence[_Login], ring: _Ring, logged_in: int, hours: int
) -> Outcome:
    asked = [_times_asked(login) for login in logins]
    busiest = max(map(_most_in_a_day, asked))
    calls = sandbox.count(path=_TOKEN_CALLS)
    lost = sandbox.count(path=_TOKEN_CALLS, fault="token_reply_lost")
    # Each log-in that was truly lost is told so once: the sandbox calls the only token we have old.
    old = sandbox.count(path=_TOKEN_CALLS, status="401")
    figures = {
        "tokens_given": ring.seen[_GIVEN],
        "token_calls": calls,
        "slow_answers": sandbox.count(path=_TOKEN_CALLS, fault="slow")
        + sandbox.count(path=_TOKEN_CALLS, fault="hang"),
        "lost_answers": lost,
        "logins_asked_for": logged_in,
        "races": max(old - logged_in, 0),
        "tokens_refused": ring.seen[_REFUSED],
        "too_early": sandbox.count(path=_TOKEN_CALLS, status="400"),
        "uncounted_calls": calls - sum(map(len, asked)),
        "most_calls_of_a_user_in_a_day": busiest,
    }
    passed = (
        figures["races"] == 0
        and logged_in <= lost
        and figures["tokens_refused"] == figures["uncounted_calls"] == 0
        and busiest <= _BAR
    )
    return Outcome(
        figures,
        passed,
        f"{figures['tokens_given']} tokens given for {figures['token_calls']} calls, {figures['races']} races, "
        f"{logged_in} log-ins asked for after {lost} lost answers, at most {busiest} calls of a user in any 24 hours",
    )


def _times_asked(login: _Login) -> list[datetime]:
    """What we wrote down; that it is all is seen by the sandbox's own count."""
    with tenant_transaction(login.organization_id):
        asked = TokenEvent.objects.filter(grant_id=login.grant_id, kind="asked")
        return list(asked.order_by("at").values_list("at", flat=True))


def _most_in_a_day(asked: Sequence[datetime]) -> int:
    """The clock also runs while processes work, so a long run lasts more than its day: any 24 hours count."""
    return max(bisect_left(asked, at + timedelta(hours=24)) - n for n, at in enumerate(asked))
