"""What a route is: a pure builder and a resource of Exact, behind one set of names for the flow of a copy.

`posting.py`, `updating.py` and the dialog know no route by name; what is special about one stands in its module.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from connector.sentences import Sentence, sentence
from integrations.exact.client import ExactClient
from integrations.exact.rows import Page
from integrations.lanes import LaneJob
from integrations.mappings.resolve import Resolution
from integrations.models import Route
from invoices.document_changes import Comparison, Operation
from invoices.document_plan import (
    DocumentDraft,
    DocumentPlan,
    InvoiceContent,
    MadeDocument,
    PlanTerms,
    Records,
)
from invoices.models import CopyRequest
from invoices.problems import Obstacle, Problem

# Exact's clock is not ours; what was made this long before our send can still be ours.
CLOCK_MARGIN = timedelta(hours=1)


class DocumentRoute(ABC):
    """One way into Exact."""

    key: ClassVar[Route]
    # What Exact's document is called in sentences.
    noun: ClassVar[str]
    # Where it is posted: a path of `integrations.exact.endpoints`.
    made_at: ClassVar[str]
    # Exact works out the VAT of the lines by itself (H-37).
    exact_computes_vat: ClassVar[bool]
    # After it is made, Exact is asked to number, book and send it.
    is_sent_by_exact: ClassVar[bool]
    # The PDF and UBL that came with the invoice go along; otherwise Exact makes its own.
    takes_files: ClassVar[bool]
    # Whether the invoice's own exchange rate goes along.
    sends_rate: ClassVar[bool]
    # How many copies whose answers were lost are looked up in one call.
    looked_up_together: ClassVar[int]
    comparison: ClassVar[Comparison]

    @abstractmethod
    def plan(
        self,
        *,
        invoice: InvoiceContent,
        resolution: Resolution,
        records: Records,
        terms: PlanTerms,
    ) -> DocumentPlan:
        """Build the document. Raises NotDecided."""

    @abstractmethod
    def draft(self, stored: Mapping[str, Any]) -> DocumentDraft:
        """Read a draft as it was frozen."""

    @abstractmethod
    def made(self, stored: Mapping[str, Any]) -> MadeDocument:
        """Read what Exact had of a document as it was kept (`PostedDocument.seen`)."""

    @abstractmethod
    def records(self, job: LaneJob, request: CopyRequest, obstacle: Obstacle) -> Records | None:
        """Make what the document refers to; None: look at the request again later.

        `obstacle` is asked before anything is made: what cannot be copied leaves nothing in Exact.
        """

    @abstractmethod
    def create(self, client: ExactClient, draft: DocumentDraft) -> MadeDocument:
        """Post the document: one call."""

    @abstractmethod
    def find_sent(
        self, client: ExactClient, sent: Sequence[tuple[CopyRequest, DocumentDraft]]
    ) -> Sequence[MadeDocument]:
        """Read everything in Exact that these drafts may have become: their answers were lost."""

    def find_taken(
        self, draft: DocumentDraft, found: Sequence[MadeDocument]
    ) -> Sequence[MadeDocument]:
        """Of what was found and is not ours: what stands in the way of sending it again."""
        del draft, found
        return ()

    def in_the_way(self, request: CopyRequest, taken: Sequence[MadeDocument]) -> Problem:
        """What a person reads of what `find_taken` found."""
        numbers = ", ".join(str(made.entry_number) for made in taken)
        return Problem(
            "number_in_use",
            sentence(
                "Exact already has number %(numbers)s in journal %(journal)s, and it is not a copy of this invoice.",
                numbers=numbers,
                journal=request.journal_code,
            ),
            sentence(
                "Check it in Exact. If it is this invoice, delete or renumber it there; then copy again."
            ),
        )

    def refused(self, request: CopyRequest, problem: Problem) -> None:
        """Write down what else a refusal means, in the transaction that holds the request."""
        del request, problem

    @abstractmethod
    def get(self, client: ExactClient, exact_id: UUID) -> MadeDocument:
        """Read a document with its lines. Raises NotFound."""

    @abstractmethod
    def read(self, client: ExactClient, exact_ids: Sequence[UUID]) -> Sequence[MadeDocument]:
        """Read these documents with their lines in one call; those that are gone are left out."""

    @abstractmethod
    def changed_since(
        self, client: ExactClient, since: datetime, *, start: str = ""
    ) -> Iterator[Page[MadeDocument]]:
        """Read everything in Exact that was made or changed since a time, page by page, whoever made it."""

    @abstractmethod
    def line_differences(self, sent: Any, booked: Any) -> Iterator[Sentence]:
        """Say where a line is booked on something else than was sent; amounts are compared for all routes alike."""

    @abstractmethod
    def write(self, client: ExactClient, exact_id: UUID, change: Operation) -> None:
        """Write one change: one call."""


def details_apart(sent: Any, booked: Any) -> Iterator[Sentence]:
    """This function will say where a line's period, cost center or cost unit is not what was sent.

    What was not sent is Exact's own to fill in; codes are compared as people read them, whatever their case.
    """
    if sent.from_date and (booked.from_date, booked.to_date) != (sent.from_date, sent.to_date):
        yield sentence("another period") if booked.from_date else sentence("no period")
    if _is_apart(sent.cost_center, booked.cost_center):
        yield sentence(
            "cost center %(seen)s instead of %(expected)s",
            seen=booked.cost_center or sentence("none"),
            expected=sent.cost_center,
        )
    if _is_apart(sent.cost_unit, booked.cost_unit):
        yield sentence(
            "cost unit %(seen)s instead of %(expected)s",
            seen=booked.cost_unit or sentence("none"),
            expected=sent.cost_unit,
        )


def vat_code_apart(seen: str | None, expected: str) -> Sentence:
    """This function will say that a line has another VAT code than was sent."""
    return sentence(
        "VAT code %(seen)s instead of %(expected)s",
        seen=seen or sentence("none"),
        expected=expected,
    )


def _is_apart(wanted: str | None, found: str | None) -> bool:
    return bool(wanted) and str(wanted).strip().casefold() != (found or "").strip().casefold()
