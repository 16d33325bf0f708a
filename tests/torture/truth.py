"""What is in the sandbox's books against what was asked for: lost, duplicated, mismatched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from invoices.models import CopyKind, CopyRequest, CopyState, Invoice, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES
from tests.torture.offices import Office
from tests.torture.sandbox import SandboxControl

# What `offices` writes in each line; Exact has it whoever numbers the invoice.
_ITS_NUMBER = re.compile(r" of (\d+)$")
_A_PERSON = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT)
_SHOWN = 10


@dataclass
class Truth:
    """How many invoices were asked for, and what became of them. `examples` say what was wrong, a few of them."""

    asked: int = 0
    copied: int = 0
    lost: int = 0
    duplicated: int = 0
    mismatched: int = 0
    # Said to be waiting for a person, and not in Exact.
    held: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_flawless(self) -> bool:
        """Whether nothing is lost, duplicated or mismatched."""
        return not (self.lost or self.duplicated or self.mismatched)

    @property
    def is_good(self) -> bool:
        """Whether all is in Exact, and as it should be."""
        return self.is_flawless and not self.held

    def figures(self) -> dict[str, float]:
        """This function will return the counts for an outcome."""
        return {
            "invoices": self.asked,
            "copied": self.copied,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "mismatched": self.mismatched,
            "held for a person": self.held,
        }

    def sentence(self) -> str:
        """This function will say it in one sentence."""
        told = (
            f"{self.asked} invoices: {self.lost} lost, {self.duplicated} duplicated, "
            f"{self.mismatched} mismatched"
        )
        held = f", {self.held} held for a person" if self.held else ""
        return f"{told}{held}" + (f" ({self.examples[0]})" if self.examples else "")

    def note(self, sentence: str) -> None:
        """This function will keep an example of what was wrong."""
        if len(self.examples) < _SHOWN:
            self.examples.append(sentence)


def compare(sandbox: SandboxControl, offices: Iterable[Office]) -> Truth:
    """This function will hold the sandbox's books of every office against its invoices and our rows."""
    truth = Truth()
    for office in offices:
        _compare_office(truth, office, sandbox.entries(office.division))
    return truth


def _compare_office(truth: Truth, office: Office, entries: list[dict[str, Any]]) -> None:
    by_number: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        told = [line["description"] or "" for line in entry["lines"]]
        by_number[number_in(told) or entry["your_ref"] or ""].append(entry)
    with office.rows():
        invoices = Invoice.objects.filter(pk__in=office.asked).prefetch_related("lines")
        requests = {
            request.invoice_id: request
            for request in CopyRequest.objects.filter(
                invoice__in=office.asked, kind=CopyKind.CREATE
            ).order_by("id")
        }
        documents: dict[int, list[PostedDocument]] = defaultdict(list)
        for document in PostedDocument.objects.filter(invoice__in=office.asked):
            documents[document.invoice_id].append(document)
        known = {document.exact_id: None for found in documents.values() for document in found}
        for invoice in invoices:
            own = number_in([line.description for line in invoice.lines.all()])
            _compare_invoice(
                truth,
                invoice,
                by_number[own or invoice.number],
                requests.get(invoice.pk),
                documents[invoice.pk],
            )
    assert len(known) <= len(entries) or truth.lost, "More documents than entries"


def number_in(descriptions: Iterable[str]) -> str:
    """This function will return the number that `offices` writes in each line; empty when it wrote none."""
    found = [match[1] for one in descriptions if (match := _ITS_NUMBER.search(one))]
    return found[0] if found else ""


def _compare_invoice(
    truth: Truth,
    invoice: Invoice,
    entries: list[dict[str, Any]],
    request: CopyRequest | None,
    documents: list[PostedDocument],
) -> None:
    truth.asked += 1
    state = request.state if request else "no request"
    if len(entries) > 1:
        truth.duplicated += 1
        truth.note(f"{invoice.number} is booked {len(entries)} times, state {state}")
    elif not entries and state in _A_PERSON and request is not None:
        truth.held += 1
        truth.note(f"{invoice.number} is held: {request.problem_sentence}")
    elif not entries:
        truth.lost += 1
        truth.note(f"{invoice.number} is not in Exact, state {state}")
    elif wrong := _differences(invoice, entries[0], request, documents):
        truth.mismatched += 1
        truth.note(f"{invoice.number}: {', '.join(wrong)}")
    else:
        truth.copied += 1


def _differences(
    invoice: Invoice,
    entry: dict[str, Any],
    request: CopyRequest | None,
    documents: list[PostedDocument],
) -> list[str]:
    lines = sorted(Decimal(line["amount"]) for line in entry["lines"])
    wanted = sorted(line.net_amount for line in invoice.lines.all())
    state = request.state if request else "no request"
    frozen = (request.payload or {}).get("draft", {}) if request else {}
    return [
        sentence
        for is_wrong, sentence in (
            (state in ACTIVE_COPY_STATES, f"never ended, state {state}"),
            (state != CopyState.COPIED, f"booked, but its state is {state}"),
            (len(documents) != 1, f"{len(documents)} documents of ours"),
            (
                any(str(document.exact_id) != entry["entry_id"] for document in documents),
                "our document is another entry",
            ),
            (Decimal(entry["amount"]) != invoice.gross_amount, f"total {entry['amount']}"),
            (Decimal(entry["vat_amount"]) != invoice.vat_amount, f"VAT {entry['vat_amount']}"),
            (lines != wanted, f"lines {lines} instead of {wanted}"),
            (entry["customer"] != frozen.get("customer_id"), "another customer"),
            (invoice.state != "finalized", f"the invoice is {invoice.state}"),
        )
        if is_wrong
    ]
