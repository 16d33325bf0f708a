"""Whatever happens to the PSA, its line and the worker: in the end the PSA knows what is true (RELIABILITY G15)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import pytest

from invoices.models import PaymentStatus
from payments.psa_reports import endpoints, lines, outcomes, queries, reporting
from tests.payments.psa_reports.psa import Agency, Psa, always

STEPS = 40


class Story:
    """Made-up days of an agency and its PSA."""

    def __init__(self, agency: Agency, psa: Psa, seed: int) -> None:
        self.agency = agency
        self.psa = psa
        self.chance = random.Random(seed)
        self.invoices = [agency.invoice(f"inv-{number}") for number in range(6)]
        self.loses_notes = False
        self.steps: list[Callable[[], None]] = [
            *[self.settle] * 6,
            *[self.wait] * 4,
            self.fail,
            self.fail_at_times,
            self.work,
            self.lose_notes,
            self.switch_off,
            self.switch_on,
            self.tell_again,
        ]

    def settle(self) -> None:
        statuses = (PaymentStatus.OPEN, PaymentStatus.PARTLY_PAID, PaymentStatus.PAID)
        status = self.chance.choice(statuses)
        paid = {PaymentStatus.OPEN: "0", PaymentStatus.PAID: "121.00"}.get(status)
        invoice = self.chance.choice(self.invoices)
        self.agency.settle(invoice, status, paid or f"{self.chance.randint(1, 120)}.00")

    def wait(self) -> None:
        self.agency.clock.later(seconds=self.chance.choice((1, 20, 100, 4000, 90_000)))

    def fail(self) -> None:
        self.psa.answer = always(self.chance.choice((500, 404, 429)))

    def fail_at_times(self) -> None:
        self.psa.answer = lambda _call: self.chance.choice((200, 200, 503))

    def work(self) -> None:
        self.psa.answer = always(200)
        self.loses_notes = False

    def lose_notes(self) -> None:
        self.loses_notes = True

    def switch_off(self) -> None:
        with self.agency.rows():
            found = endpoints.lock()
            assert found is not None
            endpoints.switch_off(found, user=self.agency.admin, now=self.agency.clock())

    def switch_on(self) -> None:
        with self.agency.rows():
            found = endpoints.lock()
            assert found is not None
            endpoints.switch_on(found, user=self.agency.admin, now=self.agency.clock())

    def tell_again(self) -> None:
        with self.agency.rows():
            reporting.tell_again(queries.find_reports(), now=self.agency.clock())

    def facts(self) -> dict[str, tuple[str, str]]:
        """What is true of each invoice that was ever anything but open."""
        with self.agency.rows():
            return {
                report.invoice.source_id: (
                    report.invoice.payment_status,
                    f"{report.invoice.paid_amount:.2f}",
                )
                for report in queries.find_reports()
            }


@pytest.mark.parametrize("seed", range(2_700_001, 2_700_004))
def test_reliability_g15_in_the_end_the_psa_knows_what_is_true_of_every_invoice(
    agency, psa, monkeypatch, caplog, seed
):
    caplog.set_level(logging.CRITICAL)
    agency.calls(psa.url)
    story = Story(agency, psa, seed)
    note = outcomes.note

    def note_or_die(*given, **options) -> None:
        if story.loses_notes and story.chance.random() < 0.5:
            raise RuntimeError("The worker died before it noted the answer.")
        note(*given, **options)

    monkeypatch.setattr(outcomes, "note", note_or_die)
    for _step in range(STEPS):
        story.chance.choice(story.steps)()
        agency.tell()
    story.work()
    story.switch_on()
    for _hour in range(3):
        agency.clock.later(seconds=max(3600, lines.LEASE.total_seconds()))
        agency.tell()

    known = {
        source_id: (state["status"], state["paid_amount"]) for source_id, state in psa.kept.items()
    }
    assert known == story.facts()
    assert len(known) > 2
    times: dict[str, str] = {}
    for call in psa.calls:
        # Between two calls for one invoice time never goes back.
        assert times.get(call.data["id"], "") <= call.data["changed_at"]
        times[call.data["id"]] = call.data["changed_at"]
    calls = len(psa.calls)
    agency.clock.later(days=2)
    assert agency.tell() == 0
    assert len(psa.calls) == calls
