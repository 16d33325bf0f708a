"""From the body of a REST request to a neutral invoice: the API's fields are those of `SourceInvoice`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.psa.fields import shortened
from integrations.psa.source import BadInput, Problem, SourceInvoice, read_invoice

MAX_BATCH = 500


@dataclass(frozen=True)
class Item:
    """One invoice of a request: readable, or its problems. `source_id` is what the caller called it, if anything."""

    source_id: str | None
    invoice: SourceInvoice | None
    problems: tuple[Problem, ...] = ()


def translate(data: Any) -> Item:
    """This function will read one invoice and never raises."""
    given = data.get("id") if isinstance(data, dict) else None
    source_id = shortened(given) if isinstance(given, str) else None
    try:
        return Item(source_id, read_invoice(data))
    except BadInput as problem:
        return Item(source_id, None, tuple(problem.problems))


def translate_put(source_id: str, data: Any) -> Item:
    """This function will read an invoice whose id stands in the address; the body may repeat it."""
    try:
        return translate(with_id(source_id, data))
    except BadInput as problem:
        return Item(source_id, None, tuple(problem.problems))


def with_id(source_id: str, data: Any) -> Any:
    """This function will add the id of the address to a body, or raise BadInput when the body has another one."""
    if not isinstance(data, dict):
        return data
    if data.get("id", source_id) != source_id:
        sentence = (
            "The id in the body differs from the one in the address. Leave it out of the body."
        )
        raise BadInput([Problem("id", sentence)])
    return data | {"id": source_id}


def translate_batch(data: Any) -> list[Item]:
    """This function will read a batch, each invoice for itself; raises BadInput when it is no batch at all."""
    invoices = (
        data.get("invoices") if isinstance(data, dict) and data.keys() == {"invoices"} else None
    )
    if not isinstance(invoices, list):
        raise BadInput(
            [Problem("invoices", 'Send an object with one field, "invoices", that holds a list.')]
        )
    if not 1 <= len(invoices) <= MAX_BATCH:
        sentence = f"A batch holds 1 to {MAX_BATCH} invoices; this one has {len(invoices):,}. Send several batches."
        raise BadInput([Problem("invoices", sentence)])
    return [translate(invoice) for invoice in invoices]
