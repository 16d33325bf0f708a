"""From a copy request's choices to the document that is sent: reads our rows, decides, builds, freezes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.exact.sales_entries import SalesEntryDraft
from invoices.models import CopyRequest
from invoices.problems import Problem


@dataclass(frozen=True, slots=True)
class Prepared:
    """The frozen document, or the problem that stands in its way."""

    payload: dict[str, Any]
    payload_hash: str = ""
    your_ref: str = ""
    entry_number: int | None = None
    problem: Problem | None = None

    def columns(self) -> dict[str, Any]:
        """This function will return the columns of the copy request that hold the document."""
        return {
            "payload": self.payload,
            "payload_hash": self.payload_hash,
            "your_ref": self.your_ref,
            "entry_number": self.entry_number,
        }


def prepare(request: CopyRequest, *, customer_exact_id: UUID | None) -> Prepared:
    """This function will build the document of a request, or say what is missing, all of it at once."""
    raise NotImplementedError


def stored_draft(request: CopyRequest) -> SalesEntryDraft:
    """This function will return the document as it was frozen."""
    return SalesEntryDraft.model_validate((request.payload or {})["draft"])
