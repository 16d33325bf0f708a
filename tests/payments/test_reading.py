"""Reading everything: the first time by a list, each week what is open, and again when the feeds' places mean nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations import status
from integrations.exact import errors, sync_timestamp
from integrations.models import ConnectionEvent
from invoices.models import Invoice, PostedDocument
from payments import queries
from payments.models import ReceivableTerm
from payments.reading import listing
from payments.sync import work
from payments.sync_words import repaired_sentence
from tests.payments.books import FIRST_RUN, LIST, MOVES, POSITIONS, RUN, Books

WEEKLY = [LIST, *RUN]


def events(books: Books, kind: str) -> list[str]:
    with books.rows():
        return [one.sentence for one in ConnectionEvent.objects.filter(kind=kind).order_by("id")]


def set_first_day(books: Books, day: date | None) -> None:
    with books.rows():
        books.connection.payments_from = day
        books.connection.save(update_fields=["payments_from"])


def months_ago(count: int) -> date:
    return date.today() - timedelta(days=30 * count)  # noqa: DTZ011  # the sandbox books today


def date_back(books: Books, invoice: Invoice, day: date) -> str:
    """Let Exact date the invoice's entry on an earlier day; return the entry's id."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # the sandbox keeps Exact's dates without a zone
    books.division.sandbox.sandbox.database.update(
        "terms", ("TransactionEntryID", books.entry_id(invoice)), {"InvoiceDate": midnight}
    )
    return books.entry_id(invoice)


def known_entries(books: Books) -> set[str]:
    with books.rows():
        return {str(one) for one in ReceivableTerm.objects.values_list("entry_exact_id", flat=True)}


# --- The first reading -----------------------------------------------------------------------------------------------


def test_what_changes_while_the_first_list_is_read_is_not_lost(books):
    """RELIABILITY G2: the feed's position is taken before the list, so the change comes by in the feed."""
    invoice = books.invoice()
    looks = []

    def still_ours() -> bool:
        looks.append(True)
        if len(looks) == 3:  # the list has come and is not stored yet
            books.pay((invoice, "121.00"))
        return True

    books.still_ours = still_ours

    assert books.read() == FIRST_RUN
    assert books.status(invoice) == ("paid", "121.00")


def test_only_invoices_from_the_first_day_on_are_read(books):
    off = Books.start(books.division, sync_payments=True, payments_from=months_ago(1))
    recent = date_back(books, books.invoice(), months_ago(0))
    old = date_back(books, books.invoice(), months_ago(7))

    off.read()

    assert recent in known_entries(off)
    assert old not in known_entries(off)


def test_a_copied_invoice_is_read_whole_whatever_the_first_day(books):
    set_first_day(books, months_ago(1))
    old = books.invoice(invoice_date=months_ago(7))
    date_back(books, old, months_ago(7))
    books.pay((old, "21.00"))

    books.read()

    assert books.status(old) == ("partly_paid", "21.00")


def test_an_earlier_first_day_brings_what_lies_before(books):
    set_first_day(books, months_ago(1))
    other = Books.start(books.division)
    old = date_back(other, other.invoice(), months_ago(7))
    books.read()
    assert old not in known_entries(books)

    set_first_day(books, None)
    assert LIST in books.read()

    assert old in known_entries(books)
    set_first_day(books, months_ago(1))
    assert books.read() == RUN


def test_where_the_list_is_refused_the_feed_tells_the_same(books):
    invoice = books.invoice()
    books.pay((invoice, "121.00"))
    books.division.scopes(**{"Financial receivables": "none"})
    try:
        assert books.read() == FIRST_RUN
    finally:
        books.division.scopes(**{"Financial receivables": "manage"})

    assert books.status(invoice) == ("paid", "121.00")
    assert books.reload().payments_sync_problem == ""


def test_reliability_g14_a_list_that_takes_exact_too_long_is_asked_for_in_parts(books):
    set_first_day(books, months_ago(12))
    invoice = books.invoice()
    books.pay((invoice, "121.00"))
    books.division.sandbox.sandbox.faults.add(
        {"fault": "timeout_408", "path": "bulk/Cashflow", "times": 3}
    )

    calls = books.read()

    # Three refused, then an eighth of the year, twice as much, and the rest.
    assert calls == [MOVES, *POSITIONS, *[LIST] * (3 + 4), *RUN]
    assert books.status(invoice) == ("paid", "121.00")
    assert books.cursor().window_days is None


# --- The weekly comparison -------------------------------------------------------------------------------------------


def test_a_day_after_the_first_reading_and_then_each_week_a_comparison_costs_a_call_more(books):
    invoice = books.invoice()
    books.read()
    books.later(days=1)
    assert books.read() == [MOVES, *RUN, *WEEKLY]

    books.later(days=6)
    assert books.read() == [MOVES, *RUN]
    books.later(days=1)
    assert books.read() == [MOVES, *RUN, *WEEKLY]

    assert books.cursor().repaired_count == 0
    assert events(books, "payments_repaired") == []
    assert books.status(invoice) == ("open", "0.00")


def test_reliability_g13_what_the_feeds_missed_is_found_within_a_week_and_told(books):
    """A payment without a new row version, a deletion that was not listed, an item that never came."""
    paid, gone, unseen, calm = (books.invoice() for _ in range(4))
    books.read()
    books.pay((paid, "121.00"))
    database = books.division.sandbox.sandbox.database
    database.execute(
        'UPDATE terms SET "Timestamp" = -rowid WHERE "TransactionEntryID" = ?',
        [books.entry_id(paid)],
    )
    order = {"delete_entry": books.entry_id(gone)}
    books.division.control("POST", f"admin/{books.division.code}", order, expect=204)
    database.execute("DELETE FROM deleted")
    with books.rows():
        ReceivableTerm.objects.filter(entry_exact_id=books.entry_id(unseen)).delete()
    assert books.read() == RUN
    assert books.status(paid) == ("open", "0.00")

    books.later(days=7)
    assert books.read().count(LIST) == 2  # what is open, and what became of the others

    assert books.status(paid) == ("paid", "121.00")
    with books.rows():
        assert PostedDocument.objects.get(invoice=gone).state == "deleted_in_exact"
        assert ReceivableTerm.objects.filter(entry_exact_id=books.entry_id(unseen)).exists()
    assert books.cursor().repaired_count == 3
    assert events(books, "payments_repaired") == [repaired_sentence(3)]
    assert books.status(calm) == ("open", "0.00")
    with books.rows():
        lines = {line.label: line.words for one in status.list_statuses() for line in one.lines}
    assert lines["Open invoices"] == "Compared with Exact, 3 corrected"


def test_what_changes_while_it_is_compared_was_not_missed(books):
    invoice, other = books.invoice(), books.invoice()
    books.read()
    books.later(days=7)
    work.step(books.job())  # the ordinary run; comparing is next
    books.pay((invoice, "121.00"))
    looks = []

    def still_ours() -> bool:
        looks.append(True)
        if len(looks) == 1:
            books.pay((other, "21.00"))
        return True

    books.still_ours = still_ours
    books.read_on()

    assert books.status(invoice) == ("paid", "121.00")
    assert books.status(other) == ("partly_paid", "21.00")
    assert books.cursor().repaired_count == 0


@pytest.mark.parametrize(
    ("fault", "skip"),
    [
        pytest.param("unavailable_503", 0, id="what is open: 503"),
        pytest.param("evil_next", 0, id="what is open: a next page elsewhere"),
        pytest.param("garbage_json", 1, id="what became of the others: garbage"),
        pytest.param("timeout_408", 1, id="what became of the others: too long"),
    ],
)
def test_g13_a_comparison_that_fails_keeps_no_payment_from_being_read(books, fault, skip):
    invoice = books.invoice()
    books.read()
    books.later(days=7)
    for _ in (MOVES, RUN):
        work.step(books.job())
    books.pay((invoice, "121.00"))
    books.division.sandbox.sandbox.faults.add(
        {"fault": fault, "path": "bulk/Cashflow", "skip": skip, "times": 1}
    )

    assert books.read_on() == [*[LIST] * (1 + skip), *RUN]

    assert books.status(invoice) == ("paid", "121.00")
    assert books.reload().payments_sync_problem == ""
    books.later(days=1)
    assert LIST in books.read()
    assert books.cursor().compared_at == books.now


def test_very_many_differences_are_answered_by_reading_everything_again(books, monkeypatch):
    monkeypatch.setattr(listing, "_ASKED_AT_MOST", 2)
    invoices = [books.invoice() for _ in range(3)]
    books.read()
    with books.rows():
        ReceivableTerm.objects.update(timestamp=2**40)
    for invoice in invoices:
        books.pay((invoice, "121.00"))
    books.later(days=7)

    books.read()

    assert [books.status(one) for one in invoices] == [("paid", "121.00")] * 3
    assert len(events(books, "payments_start_over")) == 1


def test_while_exact_is_down_the_page_says_since_when_and_guesses_nothing(books):
    invoice = books.invoice()
    books.read()
    read_at = books.reload().payments_synced_at
    books.pay((invoice, "121.00"))
    faults = books.division.sandbox.sandbox.faults
    faults.add({"fault": "unavailable_503", "path": "sync/", "times": 2})
    books.later(hours=1)
    down_since = books.now
    for _ in range(2):
        with pytest.raises(errors.Unavailable):
            work.step(books.job())
        books.later(hours=1)

    with books.rows(), timezone.override(UTC):
        state = queries.sync_state(books.reload())
    assert state.read_at == read_at
    assert state.problem.endswith(f"{down_since:%H:%M}.")
    assert "It has not succeeded since" in state.problem
    assert books.status(invoice) == ("open", "0.00")

    books.read_on()
    assert books.status(invoice) == ("paid", "121.00")
    with books.rows():
        assert queries.sync_state(books.reload()).problem == ""


def test_a_position_that_is_none_of_the_feed_is_noticed_within_a_day(books, monkeypatch):
    """How Exact is asked for it is not certain; should it tell of something else, nothing stays unseen for long."""
    monkeypatch.setattr(sync_timestamp, "read_position", lambda *_arguments, **_options: 2**50)
    invoice, other = books.invoice(), books.invoice()
    books.read()
    books.pay((invoice, "121.00"))
    assert books.read() == RUN
    assert books.status(invoice) == ("open", "0.00")

    books.later(days=1)
    books.read()
    assert books.status(invoice) == ("paid", "121.00")

    books.pay((other, "21.00"))
    assert books.read() == RUN
    assert books.status(other) == ("partly_paid", "21.00")


@pytest.fixture
def old_deletions(books):
    """A page and one of deletions from before anything was copied."""
    database = books.division.sandbox.sandbox.database
    for _ in range(1_001):
        row = {"EntityType": 1, "EntityKey": str(uuid4()), "Division": books.division.code}
        database.insert("deleted", row | {"ID": str(uuid4()), "DeletedDate": datetime(2026, 10, 1)})  # noqa: DTZ001
    yield
    database.execute("DELETE FROM deleted")


@pytest.mark.usefixtures("old_deletions")
def test_b7_of_the_deletions_of_all_times_only_those_since_the_first_copy_are_read(books):
    """A division can have deleted thousands before: each thousand would be a call of the first reading."""
    invoice = books.invoice()
    books.pay((invoice, "121.00"))

    assert books.read() == FIRST_RUN
    assert books.status(invoice) == ("paid", "121.00")


@pytest.mark.usefixtures("old_deletions")
def test_b7_where_the_place_of_deletions_is_not_told_they_are_read_from_the_beginning(books):
    faults = books.division.sandbox.sandbox.faults
    faults.add({"fault": "forbidden_403", "path": "SyncTimestamp", "skip": 1})
    invoice = books.invoice()
    books.pay((invoice, "121.00"))

    assert books.read() == [MOVES, *POSITIONS, LIST, RUN[0], *RUN]
    assert books.status(invoice) == ("paid", "121.00")


# --- What was left out, and who may say so -------------------------------------------------------------------------


def test_b9_rows_that_were_left_out_are_told_also_when_a_comparison_follows(books):
    invoice = books.invoice()
    books.read()
    books.pay((invoice, "21.00"))
    books.read()
    books.pay((invoice, "100.00"))
    books.division.sandbox.sandbox.faults.add(
        {"fault": "wrong_division", "path": "sync/Cashflow", "times": 1}
    )
    books.later(days=7)

    assert LIST in books.read()

    assert "left out (Division:" in books.reload().payments_sync_problem
    books.read()
    assert books.reload().payments_sync_problem == ""


@pytest.mark.parametrize("fault", ["unavailable_503", "garbage_json"])
def test_a_worker_that_lost_the_lane_tells_of_no_problem(books, fault):
    """Another one has read meanwhile: "not since now" would be false, and would keep webhooks from bringing a run forward."""
    books.read()
    books.division.sandbox.sandbox.faults.add({"fault": fault, "path": "sync/Deleted", "times": 1})
    books.later(hours=1)
    due_at = books.due_at()
    books.still_ours = lambda: False

    work.step(books.job())

    connection = books.reload()
    assert (connection.payments_sync_problem, connection.payments_problem_since) == ("", None)
    assert books.due_at() == due_at
    assert events(books, "payments_sync_failed") == []


# --- Row versions that mean nothing any more -------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["move", "hr"])
def test_a_division_that_was_moved_is_read_again(books, change):
    invoice = books.invoice()
    books.read()
    books.pay((invoice, "36.30"))
    if change == "move":
        books.division.control("POST", f"divisions/{books.division.code}/move")
    else:
        books.division.control("PATCH", f"divisions/{books.division.code}", {"hr_linked": True})
    books.later(days=1)

    calls = books.read()

    assert calls == FIRST_RUN
    assert books.status(invoice) == ("partly_paid", "36.30")
    assert events(books, "payments_start_over") == [
        "Exact has moved the division, so all payments are read again."
    ]
    assert books.read() == RUN
    assert books.amounts(invoice) == [Decimal("36.30")]


UNTOLD = ["forbidden_403", "unavailable_503", "garbage_json"]


@pytest.mark.parametrize("fault", UNTOLD)
def test_whether_it_was_moved_is_asked_hourly_while_exact_does_not_tell(books, fault):
    """No payment waits for that answer, and no run takes a third call for it."""
    books.division.sandbox.sandbox.faults.add(
        {"fault": fault, "path": "system/Divisions", "times": None}
    )
    invoice = books.invoice()
    books.pay((invoice, "36.30"))

    assert books.read() == FIRST_RUN
    assert books.status(invoice) == ("partly_paid", "36.30")
    assert books.reload().payments_sync_problem == ""

    books.pay((invoice, "84.70"))
    books.later(hours=1)
    assert books.runs() == [[MOVES], RUN]
    assert books.status(invoice) == ("paid", "121.00")
    books.invoice()
    books.later(minutes=30)
    assert MOVES not in books.read_on()

    books.division.sandbox.sandbox.faults.clear()
    books.later(hours=1)
    assert books.runs() == [[MOVES], RUN]
    assert events(books, "payments_start_over") == []
    assert books.read() == RUN


@pytest.mark.parametrize("fault", UNTOLD)
def test_a_move_is_noticed_although_exact_did_not_tell_at_first(books, fault):
    invoice = books.invoice()
    books.read()
    books.pay((invoice, "36.30"))
    books.division.sandbox.sandbox.faults.add(
        {"fault": fault, "path": "system/Divisions", "times": 1}
    )
    books.division.control("POST", f"divisions/{books.division.code}/move")
    books.later(days=1)

    assert books.runs()[:2] == [[MOVES], RUN]
    assert events(books, "payments_start_over") == []
    books.read()

    assert len(events(books, "payments_start_over")) == 1
    assert books.status(invoice) == ("partly_paid", "36.30")
