"""Which runs, records and calls a page shows. Pages follow each other by key, so new runs move nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from connector.forms import as_id
from integrations.models import Direction, ExactCall, RecordOutcome, RunRecord, WorkRun
from invoices.exact_history import words
from invoices.models import Invoice

PAGE = 50
RECORDS = 200
# Invoices whose number begins like the text; more are cut off, since their runs would be all runs.
_MOST_NUMBERS = 100
_CHANGED = Q(created_count__gt=0) | Q(updated_count__gt=0)
STATUSES = {
    "changed": _CHANGED,
    "skipped": Q(skipped_count__gt=0),
    "failed": Q(failed_count__gt=0),
    "quiet": Q(created_count=0, updated_count=0, skipped_count=0, failed_count=0),
}


@dataclass(frozen=True)
class RunFilter:
    """What a person asked for; what makes no sense was left out."""

    direction: str = ""
    work: str = ""
    status: str = ""
    text: str = ""
    errors: bool = False
    connection: int | None = None
    invoice: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> RunFilter:
        """Read an address's options."""
        return cls(
            direction=_one_of(given.get("direction", ""), Direction.values),
            work=_one_of(given.get("work", ""), words.WORKS),
            status=_one_of(given.get("status", ""), STATUSES),
            text=given.get("text", "").replace("\x00", "").strip()[:60],
            errors=given.get("errors") == "on",
            connection=as_id(given.get("connection", "")),
            invoice=as_id(given.get("invoice", "")),
        )

    @property
    def query(self) -> str:
        """The filter as options of an address."""
        given = {
            "direction": self.direction,
            "work": self.work,
            "status": self.status,
            "text": self.text,
            "errors": "on" if self.errors else "",
            "connection": self.connection or "",
            "invoice": self.invoice or "",
        }
        return urlencode({name: value for name, value in given.items() if value})


def _one_of(value: str, known: object) -> str:
    return value if value in known else ""  # type: ignore[operator]


def list_runs(chosen: RunFilter) -> QuerySet[WorkRun]:
    """This function will return the runs that match, newest first."""
    runs = WorkRun.objects.select_related("connection", "user").order_by("-started_at", "-id")
    same = {"direction": chosen.direction, "work": chosen.work, "connection": chosen.connection}
    runs = runs.filter(**{name: value for name, value in same.items() if value})
    if chosen.status:
        runs = runs.filter(STATUSES[chosen.status])
    if chosen.errors:
        runs = runs.filter(STATUSES["failed"])
    if chosen.invoice:
        records = RunRecord.objects.filter(subject_id=chosen.invoice)
        runs = runs.filter(pk__in=records.values("run_id"))
    if chosen.text:
        runs = runs.filter(_says(chosen.text))
    return runs


def _says(text: str) -> Q:
    found = Invoice.objects.filter(number__startswith=text).order_by("-id")
    ids = list(found.values_list("pk", flat=True)[:_MOST_NUMBERS])
    records = RunRecord.objects.filter(subject_id__in=ids)
    works = [work for work in words.WORKS if text.lower() in words.name_work(work).lower()]
    return (
        Q(pk__in=records.values("run_id"))
        | Q(connection__name__icontains=text)
        | Q(user__name__icontains=text)
        | Q(work__in=works)
    )


def page_of_runs(chosen: RunFilter, before: int | None) -> tuple[list[WorkRun], int | None]:
    """This function will return a page of runs, those older than ``before``, and what the next page begins before."""
    runs = list_runs(chosen)
    last = WorkRun.objects.filter(pk=before).first() if before else None
    if last is not None:
        runs = runs.filter(
            Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__lt=last.pk)
        )
    found = list(runs[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@dataclass(frozen=True)
class RecordRow:
    """One record with its invoice, null for one that is about none or about one that is gone, and its calls."""

    record: RunRecord
    invoice: Invoice | None
    sentence: str
    kind: str
    word: str
    calls: list[ExactCall]


def list_records(
    run: WorkRun, *, errors: bool, after: int | None, with_calls: bool
) -> tuple[list[RecordRow], int | None]:
    """This function will return a page of a run's records in the order in which they happened."""
    records = RunRecord.objects.filter(run=run).order_by("id")
    if errors:
        records = records.filter(outcome=RecordOutcome.FAILED)
    if after:
        records = records.filter(pk__gt=after)
    found = list(records[: RECORDS + 1])
    page = found[:RECORDS]
    ids = {record.subject_id for record in page if record.subject_id}
    invoices = Invoice.objects.in_bulk(ids)
    calls: dict[int, list[ExactCall]] = {}
    if with_calls:
        for call in ExactCall.objects.filter(run=run).order_by("id"):
            calls.setdefault(call.step, []).append(call)
    rows = [
        RecordRow(
            record,
            invoices.get(record.subject_id or 0),
            words.say(record),
            words.STATES[RecordOutcome(record.outcome)],
            words.name_outcome(record.outcome),
            [one for one in calls.get(record.step, []) if record.path in ("", one.path)],
        )
        for record in page
    ]
    return rows, page[-1].pk if len(found) > RECORDS else None
