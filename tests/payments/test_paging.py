"""Long feeds and interrupted readings: nothing is lost, nothing is half settled, nobody writes twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
import requests

from connector import http
from exact_sandbox.bank_input import desk_context
from exact_sandbox.books.terms import add_term
from exact_sandbox.database import new_id
from exact_sandbox.resources import by_path
from integrations.exact import errors
from integrations.models import ConnectionEvent
from payments.models import ReceivableTerm, SyncCursor
from payments.reading import feeds, listing, run
from payments.sync import work
from tests.exact import unlimited_sandbox
from tests.payments.books import MOVES, POSITION, POSITIONS, RUN, Books, Division

MANY = 250  # three pages of the size below; Exact's own pages hold 1,000 rows
PAGE = 100
# How everything is read the first time: as a list, or, where Exact does not tell the feed's position, by the feed alone.
WAYS = {
    "list": "bulk/Cashflow/Receivables",
    "feed": "sync/Cashflow/PaymentTerms",
}


@pytest.fixture(scope="module")
def large_division() -> Iterator[Division]:
    """A division with more terms than fit on two pages, of invoices that are not ours."""
    with (
        unlimited_sandbox() as running,
        http.session() as transport,
    ):
        division = Division.open(running, transport)
        context = desk_context(running.sandbox, division.code)
        with running.sandbox.database.transaction():
            for number in range(MANY):
                add_term(context, _term(division, number))
        known = {path: by_path()[path] for path in map(str.lower, WAYS.values())}
        by_path().update({path: replace(one, page_size=PAGE) for path, one in known.items()})
        yield division
        by_path().update(known)


def _term(division: Division, number: int) -> dict[str, object]:
    return {
        "Account": str(division.customer_id),
        "AmountFC": Decimal(100 + number),
        "AmountDC": Decimal(100 + number),
        "TransactionAmountFC": Decimal(100 + number),
        "TransactionEntryID": new_id(),
        "Currency": "EUR",
        "RateFC": Decimal(1),
        "DueDate": datetime(2026, 12, 1),  # noqa: DTZ001  # the sandbox keeps Exact's dates without a zone
        "InvoiceDate": datetime(2026, 11, 1),  # noqa: DTZ001
    }


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """The path whose pages are many."""
    return WAYS[request.param]


@pytest.fixture
def books(transactional_db, large_division, way) -> Iterator[Books]:
    faults = large_division.sandbox.sandbox.faults
    if way == WAYS["feed"]:
        faults.add({"fault": "forbidden_403", "path": "SyncTimestamp", "times": None})
    yield Books.start(large_division)
    faults.clear()


def term_count(books: Books) -> int:
    with books.rows():
        return ReceivableTerm.objects.count()


def fault(books: Books, name: str, path: str, *, skip: int) -> None:
    books.division.sandbox.sandbox.faults.add({"fault": name, "path": path, "skip": skip})


def test_a_first_reading_costs_a_call_per_page(books, way):
    invoice = books.invoice()
    books.pay((invoice, "121.00"))

    pages = [f"GET /{way}"] * 3
    after = RUN if way == WAYS["list"] else []
    before = [MOVES, *POSITIONS] if after else [MOVES, POSITION, RUN[0]]
    assert books.read() == [*before, *pages, *after]
    assert books.status(invoice) == ("paid", "121.00")
    assert books.read() == RUN


def test_g1_a_page_that_fails_leaves_the_cursor_at_the_page_before(books, way):
    fault(books, "unavailable_503", way, skip=1)

    with pytest.raises(errors.Unavailable):
        work.step(books.job())

    assert 0 < term_count(books) <= PAGE
    cursor = books.cursor()
    with books.rows():
        newest = max(ReceivableTerm.objects.values_list("timestamp", flat=True))
    assert bool(cursor.next_page) == (way == WAYS["list"])
    assert newest == (0 if cursor.next_page else cursor.terms_timestamp)
    assert cursor.read_at is None
    assert "can not answer at the moment" in books.reload().payments_sync_problem
    assert books.read().count(f"GET /{way}") == 2
    assert term_count(books) >= MANY
    assert books.reload().payments_sync_problem == ""


class Killed(Exception):
    """The process ended here."""


def read_with_deaths(books: Books, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Read while a worker dies once in the middle of storing each page; return the pages."""
    pages: set[str] = set()

    def die_once(_place: str, about: str) -> None:
        if about not in pages:
            pages.add(about)
            raise Killed

    monkeypatch.setattr(listing, "crash_point", die_once)
    monkeypatch.setattr(feeds, "crash_point", die_once)
    for _ in range(30):
        if books.due_at() > books.now:
            break
        with contextlib.suppress(Killed):
            work.step(books.job())
    return pages


def test_g1_a_worker_killed_in_any_page_loses_no_term_and_applies_none_twice(books, monkeypatch):
    """The first reading, and comparing: whatever page a worker dies in, it is stored once."""
    invoice = books.invoice()
    books.pay((invoice, "21.00"))

    assert len(read_with_deaths(books, monkeypatch)) >= 4
    whole = term_count(books)
    assert whole >= MANY
    assert books.status(invoice) == ("partly_paid", "21.00")

    with books.rows():
        unpaid = ReceivableTerm.objects.filter(entry_exact_id=books.entry_id(invoice), status=20)
        unpaid.update(status=50)
        lost = ReceivableTerm.objects.filter(status=20)[:120]
        ReceivableTerm.objects.filter(pk__in=list(lost.values_list("pk", flat=True))).delete()
        SyncCursor.objects.update(compare_due_at=books.now, next_at=books.now)
    assert len(read_with_deaths(books, monkeypatch)) >= 5

    assert term_count(books) == whole
    assert books.cursor().repaired_count == 121
    assert books.status(invoice) == ("partly_paid", "21.00")


def test_an_unfinished_reading_settles_nothing(books, way):
    """Between two pages a split term can look like a paid invoice."""
    invoice = books.invoice()
    books.pay((invoice, "121.00"))
    fault(books, "drop_before", way, skip=2)

    with pytest.raises(errors.Unavailable):
        work.step(books.job())

    assert books.status(invoice) == ("open", "0.00")
    books.read()
    assert books.status(invoice) == ("paid", "121.00")


def test_a_first_reading_takes_turns_with_other_work(books, monkeypatch):
    monkeypatch.setattr(run, "PAGES_PER_STEP", 2)

    work.step(books.job())

    assert 0 < term_count(books) <= 2 * PAGE
    assert books.due_at() == books.now
    books.read()
    assert term_count(books) >= MANY
    assert books.cursor().full_started_at is None


@pytest.mark.parametrize("good_looks", [0, 1, 2])
def test_a_worker_that_lost_the_lane_writes_nothing_more(books, good_looks):
    asked = []

    def still_ours() -> bool:
        asked.append(True)
        return len(asked) <= good_looks

    books.still_ours = still_ours
    work.step(books.job())

    assert len(asked) == good_looks + 1
    assert term_count(books) == 0
    assert books.cursor().read_at is None


def test_a_second_worker_that_overtook_is_not_overwritten(books):
    """The cursor's row tells: it no longer stands where this worker left it."""
    times = []

    def clock() -> datetime:
        times.append(books.now)
        if len(times) == 2:  # the first page has come and is not stored yet
            work.step(books.job())
            books.later(minutes=1)
        return books.now

    started_at = books.now
    work.step(replace(books.job(), now=clock))

    assert books.cursor().read_at == started_at
    assert term_count(books) >= MANY


def test_turning_the_sync_off_while_it_runs_stops_it(books):
    def turn_off() -> bool:
        with books.rows():
            books.connection.sync_payments = False
            books.connection.save(update_fields=["sync_payments"])
        return True

    books.still_ours = turn_off
    work.step(books.job())

    assert term_count(books) == 0


def test_rows_of_another_division_are_set_aside_and_reported(books, way):
    """RELIABILITY B9: the page is not lost, and an admin can read what was left out."""
    fault(books, "wrong_division", way, skip=0)

    books.read()

    assert "could not be read and were left out (Division:" in books.reload().payments_sync_problem
    with books.rows():
        event = ConnectionEvent.objects.get(kind="payment_rows_set_aside")
    assert "left out" in event.sentence


def test_b9_what_was_left_out_does_not_keep_a_webhook_from_being_heard(books, way):
    """RELIABILITY B9, H3: rows that cannot be read are no refusal, so the next run comes as soon as Exact calls."""
    fault(books, "wrong_division", way, skip=0)
    books.read()
    assert books.due_at() > books.now

    books.hear()

    assert books.due_at() == books.now


def test_b9_what_was_left_out_is_told_however_many_steps_a_reading_takes(books, way, monkeypatch):
    monkeypatch.setattr(run, "PAGES_PER_STEP", 2)
    fault(books, "wrong_division", way, skip=0)

    books.read()

    assert "could not be read and were left out (Division:" in books.reload().payments_sync_problem
    books.read()
    assert books.reload().payments_sync_problem == ""


@pytest.mark.parametrize("name", ["evil_next", "garbage_json", "maintenance_html"])
def test_an_answer_that_cannot_be_trusted_is_reported_and_read_again(books, way, name):
    fault(books, name, way, skip=0)
    try:
        work.step(books.job())
    except errors.Unavailable:
        assert name == "maintenance_html"

    assert books.reload().payments_sync_problem != ""
    assert books.cursor().read_at is None
    books.read()
    assert books.reload().payments_sync_problem == ""
    assert term_count(books) >= MANY


def test_a_missing_scope_is_said_once_and_looked_at_again_at_the_usual_time(books):
    books.division.scopes(**{"Financial cashflow": "none"})
    try:
        for _ in range(2):
            books.later(minutes=15)
            work.step(books.job())
    finally:
        books.division.scopes(**{"Financial cashflow": "manage"})

    assert books.reload().payments_sync_problem != ""
    books.hear()
    assert books.due_at() > books.now
    with books.rows():
        assert ConnectionEvent.objects.filter(kind="payments_sync_failed").count() == 1
    books.read()
    books.hear()
    assert books.due_at() == books.now


def test_exact_being_away_is_left_to_the_lane(books):
    books.division.sandbox.sandbox.faults.add(
        {"fault": "too_many_requests_minute", "path": "sync/Deleted"}
    )

    with pytest.raises(errors.Throttled):
        work.step(books.job())

    assert books.due_at() == books.now
    assert requests.get(books.division.sandbox.base_url, timeout=5).status_code == 200
