"""What `make torture` counts: each way in which an invoice can be lost, doubled or mismatched is seen as that."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from invoices.models import CopyState
from tests.torture.truth import Truth, _compare_invoice

_LINES = [Decimal("100.00"), Decimal("50.00")]


def entry(**other: Any) -> dict[str, Any]:
    return {
        "entry_id": "e-1",
        "amount": "181.5",
        "vat_amount": "31.5",
        "customer": "c-1",
        "lines": [{"amount": "50"}, {"amount": "100"}],
    } | other


def counted(entries: list[dict[str, Any]], state: str, document: str = "e-1") -> str:
    """Which of the counts the invoice falls under."""
    invoice: Any = SimpleNamespace(
        pk=1,
        number="27999999",
        gross_amount=Decimal("181.50"),
        vat_amount=Decimal("31.50"),
        state="finalized",
        lines=SimpleNamespace(all=lambda: [SimpleNamespace(net_amount=one) for one in _LINES]),
    )
    request: Any = SimpleNamespace(
        state=state, payload={"draft": {"customer_id": "c-1"}}, problem_sentence="Choose."
    )
    documents: Any = [SimpleNamespace(exact_id=document)] if document else []
    truth = Truth()
    _compare_invoice(truth, invoice, entries, request, documents)
    assert truth.asked == 1
    names = ("copied", "lost", "duplicated", "mismatched", "held")
    [name] = [name for name in names if getattr(truth, name)]
    assert truth.is_flawless == (name in {"copied", "held"})
    return name


@pytest.mark.parametrize(
    ("entries", "state", "document", "wanted"),
    [
        ([entry()], CopyState.COPIED, "e-1", "copied"),
        ([], CopyState.QUEUED, "", "lost"),
        ([], CopyState.UNKNOWN, "", "lost"),
        ([], CopyState.COPIED, "e-1", "lost"),
        ([], CopyState.NEEDS_CHOICE, "", "held"),
        ([entry(), entry(entry_id="e-2")], CopyState.COPIED, "e-1", "duplicated"),
        ([entry(amount="181.49")], CopyState.COPIED, "e-1", "mismatched"),
        ([entry(vat_amount="31.49")], CopyState.COPIED, "e-1", "mismatched"),
        ([entry(customer="c-2")], CopyState.COPIED, "e-1", "mismatched"),
        ([entry(lines=[{"amount": "150"}])], CopyState.COPIED, "e-1", "mismatched"),
        ([entry()], CopyState.COPIED, "e-9", "mismatched"),
        ([entry()], CopyState.COPIED, "", "mismatched"),
        ([entry()], CopyState.UNKNOWN, "", "mismatched"),
        ([entry()], CopyState.NEEDS_CHOICE, "", "mismatched"),
    ],
)
def test_an_invoice_is_counted_as_what_became_of_it(entries, state, document, wanted):
    assert counted(entries, state, document) == wanted
