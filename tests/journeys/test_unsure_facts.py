"""The main job in every position of every fact about Exact that nobody is sure of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox, running_sandbox
from exact_sandbox.switches import SWITCHES
from integrations.models import Numbering
from tests.journeys.main_job import MainJob

# An installation has an address of its own; a sandbox of App Center may take no localhost at all.
CALLBACK = "https://connector.example/exact/callback"
UNSURE = {name: switch for name, switch in SWITCHES.items() if switch.unsure}
# About what the connector never asks of Exact; these are turned together, every other fact by itself.
ASIDE = frozenset(
    {
        "attachment_on_get",
        "contact_names",
        "deleted_sales_invoice_key",
        "downloads_counted",
        "entry_document_put",
        "merge",
        "new_item_is_sales_item",
        "new_sales_invoice_status",
        "print_again",
        "receivables_list_currency",
        "receivables_list_sign",
        "sales_credit_note_sign",
        "sales_invoice_number",
        *(name for name in UNSURE if name.startswith("webhook_")),
    }
)


def other_positions(name: str) -> list[object]:
    """Where a switch can stand besides its likelier position."""
    return [position for position in UNSURE[name].tried if position != UNSURE[name].default]


def cases() -> dict[str, dict[str, object]]:
    """Every position of every unsure fact, and what may come together."""
    found: dict[str, dict[str, object]] = {"all as is likelier": {}}
    for name in (name for name in UNSURE if name not in ASIDE):
        for position in other_positions(name):
            found[f"{name}={position}"] = {name: position}
    aside = {name: other_positions(name) for name in sorted(ASIDE)}
    for turn in range(max(map(len, aside.values()))):
        found[f"what is aside, otherwise ({turn + 1})"] = {
            name: positions[min(turn, len(positions) - 1)] for name, positions in aside.items()
        }
    found["both numbers ignored"] = {"entry_number": "ignored", "invoice_number": "ignored"}
    found["all otherwise"] = {name: other_positions(name)[-1] for name in UNSURE}
    return found


CASES = [pytest.param(position, id=name) for name, position in cases().items()]
IN_PART = {("ignored", "honored"), ("ignored", "hint")}
# Seconds that are waited for a document whose answer was lost: Exact refuses a second with the same number, or not.
GUARDED, UNGUARDED = 120, 960


@pytest.fixture(scope="module")
def unsure_exact() -> Iterator[RunningSandbox]:
    with running_sandbox(
        redirect_uris=(CALLBACK,), minute_limit=1_000_000, day_limit=1_000_000
    ) as running:
        yield running


@pytest.fixture
def position(request) -> dict[str, object]:
    """The switches that stand otherwise than is likelier."""
    return request.param


@pytest.fixture
def job(transactional_db, unsure_exact, settings, position) -> MainJob:
    """A connected agency, with Exact in the position."""
    unsure_exact.sandbox.reset()
    answer = requests.patch(f"{unsure_exact.base_url}/_sandbox/switches", json=position, timeout=10)
    assert answer.ok, answer.text
    settings.EXACT_BASE_URL = unsure_exact.base_url
    settings.EXACT_CLIENT_ID = DEFAULT_CLIENT_ID
    settings.EXACT_CLIENT_SECRET = DEFAULT_CLIENT_SECRET
    settings.EXACT_REDIRECT_URI = CALLBACK
    settings.COPY_SETTLE_SECONDS = UNGUARDED
    settings.COPY_SETTLE_SECONDS_GUARDED = GUARDED
    return MainJob(unsure_exact)


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
