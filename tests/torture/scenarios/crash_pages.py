"""SIGKILL while a page of payments is stored: each page is read again, and every invoice has the status of Exact's books.

First everything is read, then what is open is compared, after one term was lost here in each division.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils import timezone

from integrations import lanes
from integrations.models import ExactConnection
from invoices.models import Invoice, PaymentStatus
from payments.models import ReceivableTerm, Stage as ReadingStage, SyncCursor, TermStatus
from tests.torture.kills import QUICK, Kills
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.programs import wait_until
from tests.torture.stage import Stage, say
from tests.torture.truth import compare
from tests.torture.working import ask_for_all, wait_for_all

_PLACE = "mid_page_commit"


class CrashInAPage:
    """Every page of lists, of deletions and of payment terms dies once in the middle of its commit."""

    name: ClassVar[str] = "crash-mid-page-commit"
    bar: ClassVar[str] = (
        "each page killed once; every invoice has the payment status of Exact's books; what was lost is found once"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy invoices, pay every second one at the bank, and read the payments through the kills."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            offices = open_offices(stage.sandbox, size.pick(short=2, long=24), sync_payments=False)
            made = make_invoices(offices, how_many(size, short=8, long=1_000))
            ask_for_all(offices, made)
            stage.start_beat(environment=QUICK)
            calm = stage.start_workers(1, children=4, environment=QUICK)
            wait_for_all(offices, seconds=size.pick(short=300, long=3_600))
            stage.dismiss(calm)
            paid = self._pay(stage, offices)
            kills = Kills(stage.ground, (_PLACE,))
            stage.start_workers(1, children=4, environment=kills.environment())
            self._read(stage, offices)
            self._lose(offices)
            self._compare(stage, offices)
            wrong = self._count_wrong(offices, paid)
            found = self._count_found(offices)
            truth = compare(stage.sandbox, offices)
        figures = truth.figures() | {"kills": kills.count(), "wrong status": wrong, "found": found}
        good = truth.is_good and not wrong and found == len(offices)
        sentence = (
            f"{kills.count()} kills; {len(paid)} of {truth.asked} paid, {wrong} with a wrong status; "
            f"{found} of {len(offices)} lost terms found"
        )
        return Outcome(figures, good and kills.count() >= 2 * len(offices), sentence)

    def _pay(self, stage: Stage, offices: Sequence[Office]) -> set[str]:
        paid = set()
        for office in offices:
            for entry in stage.sandbox.entries(office.division)[::2]:
                stage.sandbox.pay(office.division, entry["entry_id"])
                paid.add(f"{office.division} {entry['your_ref']}")
        say(f"{len(paid)} invoices are paid")
        return paid

    def _read(self, stage: Stage, offices: Sequence[Office]) -> None:
        now = timezone.now()
        for office in offices:
            with office.rows():
                ExactConnection.objects.filter(pk=office.connection.pk).update(sync_payments=True)
                lanes.ring(office.connection, at=now)

        def is_read() -> bool:
            stage.supervise()
            return all(self._was_read(office) for office in offices)

        wait_until(is_read, 1_800, "The payments of every division are read")

    def _was_read(self, office: Office) -> bool:
        with office.rows():
            complete = SyncCursor.objects.filter(
                stage=ReadingStage.FEEDS, full_started_at__isnull=True
            )
            return complete.filter(read_at__isnull=False).exists()

    def _lose(self, offices: Sequence[Office]) -> None:
        """One open term of each division is gone here, and comparing is due."""
        now = timezone.now()
        for office in offices:
            with office.rows():
                lost = ReceivableTerm.objects.filter(
                    status=TermStatus.OPEN, entry_exact_id__isnull=False, payments__isnull=True
                )
                lost.filter(pk=lost.order_by("pk").values("pk")[:1]).delete()
                SyncCursor.objects.update(compare_due_at=now, next_at=now)
                lanes.ring(office.connection, at=now)

    def _compare(self, stage: Stage, offices: Sequence[Office]) -> None:
        def is_compared() -> bool:
            stage.supervise()
            return all(self._was_compared(office) for office in offices)

        wait_until(is_compared, 1_800, "What is open is compared in every division")

    def _was_compared(self, office: Office) -> bool:
        with office.rows():
            return SyncCursor.objects.filter(compare_due_at__gt=timezone.now()).exists()

    def _count_found(self, offices: Sequence[Office]) -> int:
        found = 0
        for office in offices:
            with office.rows():
                found += SyncCursor.objects.get().repaired_count
        return found

    def _count_wrong(self, offices: Sequence[Office], paid: set[str]) -> int:
        wrong = 0
        for office in offices:
            with office.rows():
                for invoice in Invoice.objects.filter(pk__in=office.asked):
                    is_paid = f"{office.division} {invoice.number}" in paid
                    wrong += (invoice.payment_status == PaymentStatus.PAID) != is_paid
        return wrong
