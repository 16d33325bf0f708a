"""Many people press the same button at once, and nobody waits for a broker that is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from statistics import median
from typing import ClassVar

from connector.local import processes
from connector.local.pages import Page, Visitor
from connector.tenancy.models import Role
from invoices.models import CopyRequest
from tests import factories
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.proxy import TcpProxy
from tests.torture.truth import compare
from tests.torture.working import wait_for_all

_PEOPLE, _TABS = 10, 5
_BUTTON = "Copy and Finalize"
# Single clicks with the broker as usual, and in each of the two ways in which it is not there.
_USUAL, _BROKEN = 12, 6
_LONGEST_CLICK = 0.3  # seconds, with the broker away
# On a machine so busy that an ordinary click takes longer than that, this much more at most.
_LONGEST_DELAY = 0.2


class Clicks:
    """Ten signed-in people with five tabs each have the same dialog open, and all press at the same moment."""

    name: ClassVar[str] = "clicks"
    bar: ClassVar[str] = (
        "50 simultaneous clicks on one invoice: 1 document; a click with the broker away < 300 ms"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Press, and count what is booked; then break the line to the broker in two ways and press again."""
        rounds = size.pick(short=1, long=20)
        with stage_factory() as stage, TcpProxy(stage.ground.ports["valkey"]) as line:
            stage.sandbox.lift_limits()
            offices = open_offices(stage.sandbox, 1)
            [office] = offices
            made = make_invoices(offices, rounds + _USUAL + 2 * _BROKEN)[0]
            password = stage.ground.secrets["VALKEY_PASSWORD"]
            address = f"redis://:{password}@{processes.LOOPBACK}:{line.port}/0"
            stage.start_web(workers=4, environment={"REDIS_URL": address})
            stage.start_workers(2)
            stage.start_beat()
            people = [_sign_in(office, stage.ground.web_url) for _ in range(_PEOPLE)]
            started = [_press_at_once(people, invoice_id) for invoice_id in made[:rounds]]
            rest = iter(made[rounds:])
            # The first clicks in a web worker are slow by themselves: they also make all of them warm.
            usual = median(_seconds(people[0], one) for one in islice(rest, _USUAL))
            line.swallow()
            half_open = _second_slowest(people[0], islice(rest, _BROKEN))
            line.refuse()
            away = _second_slowest(people[0], islice(rest, _BROKEN))
            line.mend()
            office.asked += made
            wait_for_all(offices, seconds=120)
            truth = compare(stage.sandbox, offices)
            with office.rows():
                wishes = CopyRequest.objects.filter(invoice__in=made).count()
        slowest = max(half_open, away)
        passed = (
            truth.is_flawless
            and not truth.held
            and wishes == len(made)
            and set(started) == {1}
            and slowest < max(_LONGEST_CLICK, usual + _LONGEST_DELAY)
        )
        figures = {
            **truth.figures(),
            "wishes": wishes,
            "click ms": round(usual * 1000),
            "click ms, broker half-open": round(half_open * 1000),
            "click ms, broker away": round(away * 1000),
        }
        sentence = (
            f"{rounds} times {_PEOPLE * _TABS} clicks: {wishes - _USUAL - 2 * _BROKEN} wishes; {truth.sentence()}; a click takes "
            f"{usual * 1000:.0f} ms, with the broker half-open {half_open * 1000:.0f}, away {away * 1000:.0f}"
        )
        return Outcome(figures, passed, sentence)


def _sign_in(office: Office, web_url: str) -> Visitor:
    user = factories.make_user(organization=office.organization, role=Role.FINANCE)
    visitor = Visitor(f"{web_url}/")
    page = visitor.open("/sign-in/")
    visitor.press(page, "Sign in", username=user.email, password=factories.PASSWORD)
    return visitor


def _press_at_once(people: list[Visitor], invoice_id: int) -> int:
    """Open the dialog in every tab, press in all of them together, and count who was told that it began."""
    tabs = [
        (visitor, visitor.open(f"/invoices/{invoice_id}/copy/"))
        for visitor in people
        for _ in range(_TABS)
    ]
    together = threading.Barrier(len(tabs))

    def press(tab: tuple[Visitor, Page]) -> int:
        visitor, dialog = tab
        together.wait(30)
        return visitor.submit(dialog, _BUTTON).status

    with ThreadPoolExecutor(len(tabs)) as pool:
        statuses = list(pool.map(press, tabs))
    odd = set(statuses) - {200, 422}
    assert not odd, f"Answers {odd}"
    return statuses.count(200)


def _second_slowest(visitor: Visitor, invoice_ids: Iterable[int]) -> float:
    """Each web worker waits for the broker once and leaves it alone then; the slowest may be the machine's doing."""
    return sorted(_seconds(visitor, one) for one in invoice_ids)[-2]


def _seconds(visitor: Visitor, invoice_id: int) -> float:
    dialog = visitor.open(f"/invoices/{invoice_id}/copy/")
    began = time.monotonic()
    # The answer of the press itself: what it leads to is another page.
    status = visitor.submit(dialog, _BUTTON).status
    took = time.monotonic() - began
    assert status == 200, status
    return took
