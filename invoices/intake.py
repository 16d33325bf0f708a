"""Takes invoices in: each is stored once per (source, source id); the same again changes nothing.

Before it a source translates its own format into `SourceInvoice`; after it a person copies the invoice to Exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from django.db import connection, transaction
from django.db.models import Q

from connector.sentences import sentence
from connector.tenancy.models import User
from connector.tenancy.scope import current_organization_id
from integrations.models import Subsidiary
from integrations.psa.registry import label_of
from integrations.psa.source import Problem, SourceInvoice
from integrations.psa.totals import complete, content_hash
from invoices import intake_words
from invoices.conflicts import find_active_copies, raise_conflict
from invoices.intake_changes import list_changes
from invoices.intake_files import file_changes, load_files, stored_marks
from invoices.intake_references import References
from invoices.intake_results import IntakeResult, IntakeStatus
from invoices.intake_store import (
    ChangedInvoice,
    KnownInvoice,
    NewInvoice,
    link_credit_notes,
    named_by,
    numbers_of,
    store_changes,
    store_new,
)
from invoices.models import ImportRun, Invoice, InvoiceLine

BATCH = 500


class OnChange(Enum):
    """What happens when input differs from what is stored."""

    APPLY = "apply"
    CONFLICT = "conflict"


def take_in(
    *,
    source: str,
    invoices: Sequence[SourceInvoice],
    now: datetime,
    user: User | None = None,
    on_change: OnChange = OnChange.APPLY,
    subsidiary: Subsidiary | None = None,
    import_run: ImportRun | None = None,
) -> list[IntakeResult]:
    """This function will store the invoices in the open tenant transaction and say what became of each.

    An invoice is stored whole or not at all. With APPLY the source's own id identifies an invoice and changed content
    is taken over, unless a copy to Exact is under way. With CONFLICT the number in the subsidiary identifies it, and
    changed content is laid before a person. `subsidiary` overrides what the invoices say. Never raises for bad input.
    """
    rules = _Rules(source, now, user, on_change is OnChange.CONFLICT, subsidiary, import_run)
    results: list[IntakeResult] = []
    for start in range(0, len(invoices), BATCH):
        with transaction.atomic():
            lock_intake()
            results += _Batch(rules, invoices[start : start + BATCH]).run()
    return results


def lock_intake() -> None:
    """This function will let one intake per organization run at a time: two identical requests then make one invoice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"intake:{current_organization_id()}"],
        )


@dataclass(frozen=True)
class _Rules:
    source: str
    now: datetime
    user: User | None
    by_number: bool
    subsidiary: Subsidiary | None
    import_run: ImportRun | None

    @property
    def original(self) -> str:
        """Where the invoices came from, for their first event."""
        if self.import_run:
            return sentence("the file %(name)s", name=self.import_run.file_name)
        return label_of(self.source)


class _Batch:
    """Up to 500 invoices on their way in, taken in with a number of statements that does not depend on how many."""

    def __init__(self, rules: _Rules, invoices: Sequence[SourceInvoice]) -> None:
        self._rules = rules
        self._invoices = invoices
        self._results: dict[int, IntakeResult] = {}
        self._references = References(
            source=rules.source,
            invoices=invoices,
            subsidiary=rules.subsidiary,
            by_name=rules.by_number,
        )
        self._new: dict[int, NewInvoice] = {}
        self._known: dict[int, KnownInvoice] = {}
        self._repeats: dict[int, int] = {}

    def run(self) -> list[IntakeResult]:
        """This function will take the invoices in and return the outcomes in their order."""
        self._sort(self._checked())
        changed = self._compare()
        applied = (
            self._apply(changed)
            if not self._rules.by_number
            else self._lay_before_a_person(changed)
        )
        for new in self._new.values():
            self._references.accept(new.incoming, new.resolved)
        self._references.save()
        rows = store_new(
            source=self._rules.source,
            invoices=list(self._new.values()),
            now=self._rules.now,
            user=self._rules.user,
            original=self._rules.original,
        )
        for index, row in zip(self._new, rows, strict=True):
            self._result(index, IntakeStatus.CREATED, row)
        store_changes(
            invoices=applied,
            now=self._rules.now,
            user=self._rules.user,
            original=self._rules.original,
        )
        link_credit_notes([*rows, *(changed.row for changed in applied)])
        for index, first in self._repeats.items():
            self._results[index] = replace(self._results[first], status=IntakeStatus.UNCHANGED)
        return [self._results[index] for index in range(len(self._invoices))]

    def _checked(self) -> dict[int, SourceInvoice]:
        """The invoices that add up and whose references are known; the others are refused."""
        good = {}
        for index, invoice in enumerate(self._invoices):
            problems = self._references.problems(invoice)
            completed, more = complete(invoice, self._references.percentage_of)
            if problems or more:
                self._result(index, IntakeStatus.REFUSED, None, *problems, *more)
            else:
                good[index] = completed
        return good

    def _sort(self, good: dict[int, SourceInvoice]) -> None:
        """Tell new invoices from known ones, repeats and numbers that are taken."""
        by_id, by_number = self._load(good.values())
        files = load_files({row.pk: row for row in (*by_id.values(), *by_number.values())}.values())
        first_of: dict[str, tuple[int, str]] = {}
        numbers: set[tuple[int, str]] = set()
        for index, incoming in good.items():
            resolved = self._references.resolve(incoming)
            owner = (
                by_number.get((resolved.subsidiary.pk or 0, incoming.number))
                if incoming.number
                else None
            )
            row = by_id.get(incoming.source_id) or (owner if self._rules.by_number else None)
            stored = files[row.pk] if row else []
            hashed = content_hash(incoming, stored_marks(stored))
            first, first_hash = first_of.setdefault(incoming.source_id, (index, hashed))
            if first != index:
                self._repeat(index, first, same=first_hash == hashed)
                continue
            number_key = (id(resolved.subsidiary), incoming.number)
            if (owner and owner != row) or (incoming.number and number_key in numbers):
                self._number_is_taken(index, incoming, owner)
                continue
            numbers.add(number_key)
            if row:
                self._known[index] = KnownInvoice(row, incoming, resolved, hashed, stored)
            else:
                self._new[index] = NewInvoice(incoming, resolved, hashed)

    def _load(
        self, good: Iterable[SourceInvoice]
    ) -> tuple[dict[str, Invoice], dict[tuple[int, str], Invoice]]:
        ids = [invoice.source_id for invoice in good]
        numbers = {invoice.number for invoice in good} - {""}
        rows = list(
            Invoice.objects.filter(
                Q(source=self._rules.source, source_id__in=ids) | named_by(numbers)
            )
            .select_related("client", "subsidiary")
            .order_by("-id")
        )
        by_id = {row.source_id: row for row in rows if row.source == self._rules.source}
        by_number = {(row.subsidiary_id, number): row for row in rows for number in numbers_of(row)}
        return by_id, by_number

    def _compare(self) -> dict[int, ChangedInvoice]:
        """The known invoices whose input says something else; those that say the same are done."""
        suspects = {}
        for index, known in self._known.items():
            if known.is_surely_the_same:
                self._unchanged(index, known)
            else:
                suspects[index] = known
        locked = {
            row.pk: row
            for row in Invoice.objects.filter(pk__in=[known.row.pk for known in suspects.values()])
            .select_for_update(of=("self",), no_key=True)
            .select_related("client", "contact", "subsidiary")
        }
        lines = defaultdict[int, list[InvoiceLine]](list)
        for line in InvoiceLine.objects.filter(invoice_id__in=locked).select_related(
            "service_type", "tax_rate"
        ):
            lines[line.invoice_id].append(line)
        changed = {}
        for index, known in suspects.items():
            row = locked[known.row.pk]
            only_given = row.source != self._rules.source
            changes = list_changes(
                row, lines[row.pk], known.incoming, known.resolved, only_given=only_given
            ) + file_changes(known.files, known.incoming)
            if changes:
                changed[index] = ChangedInvoice(
                    row,
                    lines[row.pk],
                    known.incoming,
                    known.resolved,
                    known.content_hash,
                    changes,
                    only_given,
                    known.files,
                )
            else:
                self._unchanged(index, known)
        return changed

    def _apply(self, changed: dict[int, ChangedInvoice]) -> list[ChangedInvoice]:
        being_copied = find_active_copies(
            [item.row.pk for item in changed.values() if item.concerns_exact]
        )
        applied = []
        for index, item in changed.items():
            if said := being_copied.get(item.row.pk):
                self._result(index, IntakeStatus.CONFLICT, item.row, Problem("id", said))
                continue
            self._references.accept(item.incoming, item.resolved)
            self._result(index, IntakeStatus.UPDATED, item.row)
            applied.append(item)
        return applied

    def _lay_before_a_person(self, changed: dict[int, ChangedInvoice]) -> list[ChangedInvoice]:
        for index, item in changed.items():
            if not raise_conflict(
                changed=item, now=self._rules.now, import_run=self._rules.import_run
            ):
                self._result(index, IntakeStatus.UNCHANGED, item.row)
                continue
            said = intake_words.other_content(item.row, item.changes)
            self._result(index, IntakeStatus.CONFLICT, item.row, Problem("number", said))
        return []

    def _unchanged(self, index: int, known: KnownInvoice) -> None:
        self._references.accept(known.incoming, known.resolved)
        self._result(index, IntakeStatus.UNCHANGED, known.row)

    def _repeat(self, index: int, first: int, *, same: bool) -> None:
        if same and first not in self._results:
            self._repeats[index] = first
        else:
            said = sentence(
                "This id occurs more than once in this request. Send each invoice once."
            )
            self._result(index, IntakeStatus.REFUSED, None, Problem("id", said))

    def _number_is_taken(self, index: int, incoming: SourceInvoice, owner: Invoice | None) -> None:
        said = intake_words.number_is_taken(incoming.number, owner, self._rules.source)
        self._result(index, IntakeStatus.CONFLICT, owner, Problem("number", said))

    def _result(
        self, index: int, status: IntakeStatus, row: Invoice | None, *problems: Problem
    ) -> None:
        source_id = self._invoices[index].source_id
        self._results[index] = IntakeResult(source_id, status, row.pk if row else None, problems)
