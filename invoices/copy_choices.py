"""What a person chose in the copy dialog, as it is stored with the copy request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CopyChoices:
    """The choices of one copy; the lines' choices are keyed by our line id.

    `customer_exact_id` None: the account that surely is the client, else a new one. `matched_by`: how the account was
    found (`customer_match.Rule`), empty when a person chose it. `create_customer`: the person saw accounts that match,
    and wanted a new one anyway. Empty codes: what the connection's settings say.
    `sending` (integrations.models.Sending) says how Exact sends an invoice that it writes; empty: as the connection says.
    `document_exact_id` is the copy that is to be changed or sent, and no earlier one.
    `with_files`: the invoice's PDF and UBL are put beside the booking (B-9).
    `accept_difference`: the person saw that Exact will book another VAT amount, and agreed.
    """

    customer_exact_id: UUID | None = None
    matched_by: str = ""
    create_customer: bool = False
    journal_code: str = ""
    ledger_exact_id: UUID | None = None
    item_exact_id: UUID | None = None
    vat_code: str = ""
    line_ledgers: Mapping[int, UUID] = field(default_factory=dict)
    line_items: Mapping[int, UUID] = field(default_factory=dict)
    line_vat_codes: Mapping[int, str] = field(default_factory=dict)
    accept_difference: bool = False
    sending: str = ""
    document_exact_id: UUID | None = None
    with_files: bool = True

    @property
    def item_ids(self) -> frozenset[UUID]:
        """The items that were chosen, for the invoice or a line."""
        chosen = set(self.line_items.values())
        return frozenset(chosen | {self.item_exact_id} if self.item_exact_id else chosen)

    def to_json(self) -> dict[str, Any]:
        """This function will return the choices in values that JSON has."""
        return {
            "customer_exact_id": _text(self.customer_exact_id),
            "matched_by": self.matched_by,
            "create_customer": self.create_customer,
            "journal_code": self.journal_code,
            "ledger_exact_id": _text(self.ledger_exact_id),
            "item_exact_id": _text(self.item_exact_id),
            "vat_code": self.vat_code,
            "line_ledgers": {str(line): str(ledger) for line, ledger in self.line_ledgers.items()},
            "line_items": {str(line): str(item) for line, item in self.line_items.items()},
            "line_vat_codes": {str(line): code for line, code in self.line_vat_codes.items()},
            "accept_difference": self.accept_difference,
            "sending": self.sending,
            "document_exact_id": _text(self.document_exact_id),
            "with_files": self.with_files,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """This function will read what `to_json` wrote; what is missing is what was not chosen."""
        return cls(
            customer_exact_id=_uuid(stored.get("customer_exact_id")),
            matched_by=stored.get("matched_by", ""),
            create_customer=bool(stored.get("create_customer", False)),
            journal_code=stored.get("journal_code", ""),
            ledger_exact_id=_uuid(stored.get("ledger_exact_id")),
            item_exact_id=_uuid(stored.get("item_exact_id")),
            vat_code=stored.get("vat_code", ""),
            line_ledgers={
                int(line): UUID(ledger) for line, ledger in stored.get("line_ledgers", {}).items()
            },
            line_items={
                int(line): UUID(item) for line, item in stored.get("line_items", {}).items()
            },
            line_vat_codes={
                int(line): code for line, code in stored.get("line_vat_codes", {}).items()
            },
            accept_difference=bool(stored.get("accept_difference", False)),
            sending=stored.get("sending", ""),
            document_exact_id=_uuid(stored.get("document_exact_id")),
            with_files=bool(stored.get("with_files", True)),
        )


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None
