"""What Exact wrote, booked and sent, past all faults, against what was asked for: the second route's twin of `truth`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from invoices.models import CopyRequest, CopyState, DeliveryState, Invoice, PostedDocument
from tests.torture.offices import Office
from tests.torture.sandbox import SandboxControl
from tests.torture.truth import number_in

_SHOWN = 10


@dataclass
class WrittenTruth:
    """How many invoices were asked for, and what became of them. `examples` say what was wrong, a few of them."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    WRONG = ("lost", "made twice", "mailed twice", "mismatched", "customers or contacts made twice")
    UNFINISHED = ("held for a person", "not sent yet")

    @property
    def is_good(self) -> bool:
        """Whether all is in Exact and went out, nothing twice, and nothing is other than it is said to be."""
        return not any(self.counts[kind] for kind in (*self.WRONG, *self.UNFINISHED))

    def figures(self) -> dict[str, float]:
        """This function will return the counts for an outcome."""
        more = ("invoices", "sent", "unsure whether sent", *self.UNFINISHED)
        return {kind: self.counts[kind] for kind in (*more, *self.WRONG)}

    def sentence(self) -> str:
        """This function will say it in one sentence."""
        kinds = [*self.WRONG, *(kind for kind in self.UNFINISHED if self.counts[kind])]
        told = ", ".join(f"{self.counts[kind]} {kind}" for kind in kinds)
        example = f" ({self.examples[0]})" if self.examples else ""
        return (
            f"{self.counts['invoices']} invoices: {told}{example}; {self.counts['sent']} sent and "
            f"{self.counts['unsure whether sent']} unsure whether sent"
        )

    def note(self, kind: str, sentence: str) -> None:
        """This function will count one that is wrong, and keep an example."""
        self.counts[kind] += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(f"{kind}: {sentence}")


def compare(sandbox: SandboxControl, offices: Iterable[Office]) -> WrittenTruth:
    """This function will hold the sandbox's invoices, entries and outbox of every office against our rows."""
    truth = WrittenTruth()
    for office in offices:
        made: dict[str, list[dict[str, Any]]] = defaultdict(list)
        accounts: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in sandbox.sales_invoices(office.division):
            made[number_in(line["description"] or "" for line in one["lines"])].append(one)
            accounts[one["invoice_to_name"]].add((one["invoice_to"], one["contact"]))
        for name, found in accounts.items():
            if len(found) > 1:
                truth.note("customers or contacts made twice", f"{name}: {sorted(found)}")
        mails = Counter(one["invoice_id"] for one in sandbox.mails(office.division))
        entries = Counter(
            number_in(line["description"] or "" for line in entry["lines"])
            for entry in sandbox.entries(office.division)
        )
        with office.rows():
            _compare_office(truth, office, made, mails, entries)
    return truth


def _compare_office(
    truth: WrittenTruth,
    office: Office,
    made: dict[str, list[dict[str, Any]]],
    mails: Counter[str],
    entries: Counter[str],
) -> None:
    for invoice in Invoice.objects.filter(pk__in=office.asked).prefetch_related("lines"):
        truth.counts["invoices"] += 1
        number = number_in(line.description for line in invoice.lines.all())
        found = made[number]
        documents = list(PostedDocument.objects.filter(invoice=invoice))
        wishes = CopyRequest.objects.filter(invoice=invoice).exclude(state=CopyState.CANCELLED)
        states = set(wishes.values_list("state", flat=True))
        held = wishes.filter(state__in=(CopyState.NEEDS_CHOICE, CopyState.CONFLICT)).last()
        if not found and held is not None:
            truth.note("held for a person", f"{number}: {held.problem_sentence}")
        elif not found:
            truth.note("lost", f"{number} is not in Exact, states {states}")
        elif len(found) > 1 or entries[number] > 1:
            truth.note("made twice", f"{number}: {len(found)} invoices, {entries[number]} entries")
        elif mails[found[0]["invoice_id"]] > 1:
            truth.note("mailed twice", f"{number}: {mails[found[0]['invoice_id']]} e-mails")
        elif wrong := _differences(
            invoice, found[0], documents, mails[found[0]["invoice_id"]], entries[number]
        ):
            truth.note("mismatched", f"{number}: {', '.join(wrong)}, states {states}")
        else:
            truth.counts[_FATES[documents[0].delivery]] += 1


_FATES = {
    DeliveryState.SENT: "sent",
    DeliveryState.UNSURE: "unsure whether sent",
    DeliveryState.WAITING: "not sent yet",
}


def _differences(
    invoice: Invoice,
    made: dict[str, Any],
    documents: list[PostedDocument],
    mails: int,
    entries: int,
) -> list[str]:
    if len(documents) != 1 or str(documents[0].exact_id) != made["invoice_id"]:
        return [f"{len(documents)} documents of ours, or another one"]
    [document] = documents
    is_printed = made["entry_id"] is not None
    return [
        sentence
        for is_wrong, sentence in (
            (document.delivery not in _FATES, f"its delivery is {document.delivery}"),
            (document.delivery == DeliveryState.SENT and mails != 1, "said to be sent, and is not"),
            (document.delivery == DeliveryState.WAITING and is_printed, "printed, and not known"),
            (document.delivery != DeliveryState.WAITING and entries != 1, "no entry"),
            (is_printed and invoice.state != "finalized", f"the invoice is {invoice.state}"),
            (
                is_printed and invoice.number != str(made["invoice_number"]),
                f"its number is {invoice.number}",
            ),
            (Decimal(made["amount"]) != invoice.gross_amount, f"total {made['amount']}"),
            (Decimal(made["vat_amount"]) != invoice.vat_amount, f"VAT {made['vat_amount']}"),
        )
        if is_wrong
    ]
