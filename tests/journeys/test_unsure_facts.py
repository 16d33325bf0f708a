"""The main job in every position of every fact about Exact that nobody is sure of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import requests

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox
from exact_sandbox.switches import SWITCHES
from integrations.models import CreditSign, Numbering
from invoices.models import CopyState, DeliveryState, PostedDocumentState
from tests.exact import unlimited_sandbox
from tests.journeys.main_job import MainJob
from tests.journeys.written_job import MAKING, PRINTING, WrittenJob

# An installation has an address of its own; a sandbox of App Center may take no localhost at all.
CALLBACK = "https://connector.example/exact/callback"
UNSURE = {name: switch for name, switch in SWITCHES.items() if switch.unsure}
# Enough for 56 facts: so many ways there are to take more than a half of eight.
OTHERWISE = 8


def other_positions(name: str) -> list[object]:
    """Where a switch can stand besides its likelier position."""
    return [position for position in UNSURE[name].tried if position != UNSURE[name].default]


def cases() -> dict[str, dict[str, object]]:
    """Cases in which every two unsure facts stand in each of the four ways: both as is likelier, one otherwise, both.

    Each fact stands otherwise in a half of the cases of its own, and no two halves are the same: of two such halves each has
    a case that the other has not, they have one in common, and the first case is in none (Kleitman and Spencer, 1973). A fact
    with more than two positions takes its others in turn.
    """
    found: list[dict[str, object]] = [{} for _ in range(OTHERWISE)]
    halves = itertools.combinations(range(OTHERWISE), OTHERWISE // 2 + 1)
    for name, half in zip(sorted(UNSURE), halves, strict=False):
        for case, position in zip(half, itertools.cycle(other_positions(name)), strict=False):
            found[case][name] = position
    return {
        "all as is likelier": {},
        **{f"otherwise, {number}": case for number, case in enumerate(found, 1)},
        "both numbers ignored": {"entry_number": "ignored", "invoice_number": "ignored"},
        "all otherwise": {name: other_positions(name)[-1] for name in UNSURE},
    }


def test_the_cases_hold_every_position_and_every_two_facts_in_each_way():
    turned = [{name: name in case for name in UNSURE} for case in cases().values()]
    for one, other in itertools.combinations(UNSURE, 2):
        assert {(case[one], case[other]) for case in turned} == set(
            itertools.product((False, True), repeat=2)
        ), (one, other)
    for name in UNSURE:
        tried = [case[name] for case in cases().values() if name in case]
        assert all(position in tried for position in other_positions(name)), name


CASES = [pytest.param(position, id=name) for name, position in cases().items()]
IN_PART = {("ignored", "honored"), ("ignored", "hint")}
# Seconds that are waited for a document whose answer was lost: Exact refuses a second with the same number, or not.
GUARDED, UNGUARDED = 120, 960


@pytest.fixture(scope="module")
def unsure_exact() -> Iterator[RunningSandbox]:
    with unlimited_sandbox(redirect_uris=(CALLBACK,)) as running:
        yield running


@pytest.fixture
def position(request) -> dict[str, object]:
    """The switches that stand otherwise than is likelier."""
    return request.param


@pytest.fixture
def exact_in_position(transactional_db, unsure_exact, settings, position) -> RunningSandbox:
    """Exact in the position, as the product's own."""
    unsure_exact.sandbox.reset()
    answer = requests.patch(f"{unsure_exact.base_url}/_sandbox/switches", json=position, timeout=10)
    assert answer.ok, answer.text
    settings.EXACT_BASE_URL = unsure_exact.base_url
    settings.EXACT_CLIENT_ID = DEFAULT_CLIENT_ID
    settings.EXACT_CLIENT_SECRET = DEFAULT_CLIENT_SECRET
    settings.EXACT_REDIRECT_URI = CALLBACK
    settings.COPY_SETTLE_SECONDS = UNGUARDED
    settings.COPY_SETTLE_SECONDS_GUARDED = GUARDED
    return unsure_exact


@pytest.fixture
def job(exact_in_position) -> MainJob:
    """A connected agency, with Exact in the position."""
    return MainJob(exact_in_position)


@pytest.mark.parametrize("position", CASES, indirect=True)
def test_the_main_job_is_done(job: MainJob, position):
    entry_number = position.get("entry_number", "honored")
    invoice_number = position.get("invoice_number", "honored")
    # An entry that has an invoice number only takes it for its own, too.
    keeps_numbers = entry_number == "honored" or (entry_number, invoice_number) in IN_PART

    # A new customer, with a number of ours that Exact can take.
    ours = job.invoice(number="27000417")
    job.copy(ours, refuses_number=entry_number == "refused")
    assert (job.entry(ours)["entry_number"] == 27000417) == keeps_numbers
    # The customer is known now; a number that Exact cannot take is the reference.
    printed = job.invoice(number="2026/INV-0418")
    job.copy(printed)
    assert job.entry(printed)["your_ref"] == "2026/INV-0418"

    # An answer that was lost: never booked twice, never forgotten.
    delay = GUARDED if keeps_numbers else UNGUARDED
    assert job.lose_the_answer(job.invoice(number="27000419"), "commit_then_drop") == delay
    assert job.lose_the_answer(job.invoice(number="27000420"), "drop_before") == delay

    # Exact gives the number.
    job.number_by(Numbering.EXACT)
    numbered = job.invoice(number="")
    job.copy(numbered)
    assert job.world.fresh_invoice(numbered).number == str(job.entry(numbered)["invoice_number"])
    assert job.lose_the_answer(job.invoice(number=""), "commit_then_drop") == UNGUARDED

    # Afterwards.
    job.number_by(Numbering.PSA)
    job.update(ours, "200.00")
    job.create_new(printed)
    note = job.credit()
    assert job.entry(note)["type"] == (21 if position.get("credit_note_type", True) else 20)

    # Paid in full, in part, two at once, and not paid after all.
    full = job.pay((ours, "242.00"))
    job.pay((printed, "21.00"), (numbered, "121.00"))
    assert job.statuses(ours, printed, numbered) == [
        ("paid", "242.00"),
        ("partly_paid", "21.00"),
        ("paid", "121.00"),
    ]
    job.remove(full)
    assert job.statuses(ours, printed) == [("open", "0.00"), ("partly_paid", "21.00")]

    # Connected again, it goes on where it stopped.
    job.reconnect()
    job.copy(job.invoice())
    job.pay((ours, "242.00"))
    assert job.statuses(ours) == [("paid", "242.00")]
    assert job.world.control("GET", "books/1000001/check") == {"problems": []}


# --- The other route -------------------------------------------------------------------------------------------------


@pytest.fixture
def written(exact_in_position) -> WrittenJob:
    """A connected agency whose invoices Exact makes and sends, with Exact in the position."""
    return WrittenJob(exact_in_position)


@pytest.mark.parametrize("position", CASES, indirect=True)
def test_the_main_job_of_the_exact_invoice_route_is_done(written: WrittenJob, position):
    job = written
    right = CreditSign(position.get("sales_credit_note_sign", "negative"))
    [wrong] = set(CreditSign) - {right}

    # A new customer with a new contact, and then known ones.
    first, second = job.invoice(), job.invoice()
    job.world.forget_calls()
    job.send(first)
    job.send(second)
    making, printing = "POST SalesInvoices", "POST PrintedSalesInvoices"
    assert job.world.calls(method="POST") == [
        *("POST Accounts", "POST Contacts", making, printing),
        *(making, printing),
    ]

    # An answer that was lost: never made twice, never sent twice, never forgotten.
    for fault, path in (
        ("commit_then_drop", MAKING),
        ("drop_before", MAKING),
        ("drop_before", PRINTING),
    ):
        lost = job.invoice()
        job.lose(lost, fault, path)
        job.is_sent_once(lost)
    unsure = job.invoice()
    job.lose(unsure, "commit_then_drop", PRINTING)
    job.is_sent_once(unsure, DeliveryState.UNSURE)
    # Only a person has it sent again, and Exact may refuse that.
    again = job.send_again(unsure)
    if position.get("print_again") == "sends_again":
        assert (again.state, job.emails(unsure)) == (CopyState.COPIED, 2)
    else:
        assert (again.problem_code, job.emails(unsure)) == ("sent_before", 1)

    # Changed and deleted before it was sent.
    changed = job.update_before_it_is_sent("200.00")
    gone = job.delete_before_it_is_sent()
    job.statuses(gone)
    if position.get("deleted_sales_invoice_key") != "invoice":
        assert job.send_again(gone).problem_code == "deleted_in_exact"
    assert job.document(gone).state == PostedDocumentState.DELETED_IN_EXACT

    # A credit note in the sign that the division wants, and in the other one.
    note, sending = job.credit_with(right)
    assert (sending.state, job.entry(note)["amount"]) == (CopyState.COPIED, "-121")
    odd, sending = job.credit_with(wrong)
    assert (sending.state, job.entry(odd)["amount"]) == (CopyState.MISMATCH, "121")
    assert "wants the other sign" in sending.problem_sentence

    # Paid in full, in part, two at once, and not paid after all.
    full = job.pay((first, "121.00"))
    job.pay((second, "21.00"), (changed, "242.00"))
    assert job.statuses(first, second, changed) == [
        ("paid", "121.00"),
        ("partly_paid", "21.00"),
        ("paid", "242.00"),
    ]
    job.remove(full)
    assert job.statuses(first, second) == [("open", "0.00"), ("partly_paid", "21.00")]

    # Connected again, it goes on where it stopped.
    job.reconnect()
    job.send(job.invoice())
    job.pay((first, "121.00"))
    assert job.statuses(first) == [("paid", "121.00")]
    assert job.books_are_good()
