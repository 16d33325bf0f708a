"""What is odd about an invoice, and a person may want all the same: asked once, with one tick for all of it.

Pure functions. The engine refuses what was not confirmed, just as the dialog does.
"""

from __future__ import annotations

from collections.abc import Iterator

from connector.money import format_money
from integrations.mappings.resolve import Gap
from invoices.document_plan import InvoiceContent
from invoices.sales_invoice import quantity_and_price
from invoices.vat_check import VatCheck

DOUBTS = frozenset({"vat_differs", "credit_too_large", "total_zero"})
_IN_THE_PSA = "Correct it in the PSA and import it again, or confirm it."


def find_doubts(
    content: InvoiceContent, check: VatCheck | None, *, is_sent_by_exact: bool
) -> Iterator[Gap]:
    """This function will name what has to be confirmed before the invoice goes to Exact."""
    if check is not None and not check.agrees:
        yield Gap(
            "vat_differs",
            f"Exact will book {format_money(check.booked, check.currency)} VAT, "
            f"the invoice says {format_money(check.ours, check.currency)}.",
            "Choose the VAT codes that fit the invoice's rates, or confirm the difference.",
        )
    yield from _credit_too_large(content)
    if is_sent_by_exact and content.lines and not content.gross:
        yield Gap(
            "total_zero",
            f"It comes to {format_money(content.gross, content.currency)}: "
            "Exact would number it, book it and send it to the customer.",
            _IN_THE_PSA,
        )


def _credit_too_large(content: InvoiceContent) -> Iterator[Gap]:
    credited = content.credited
    if credited is None or content.gross + credited.by_others <= credited.gross:
        return
    currency = content.currency
    whole = format_money(credited.gross, currency)
    if credited.by_others:
        sentence = (
            f"With other credit notes {format_money(content.gross + credited.by_others, currency)} of invoice "
            f"{credited.number} would be credited; it came to {whole}."
        )
    else:
        sentence = (
            f"The credit note of {format_money(content.gross, currency)} is larger than invoice {credited.number}, "
            f"which came to {whole}."
        )
    yield Gap("credit_too_large", sentence, _IN_THE_PSA)


def find_notes(content: InvoiceContent, check: VatCheck | None) -> Iterator[str]:
    """This function will tell which lines Exact gets with another quantity than the PSA gave (H-36)."""
    vats = {line.line_id: line for line in check.lines} if check else {}
    for line in content.lines:
        vat = vats.get(line.line_id)
        amount = line.net + vat.amount if vat and vat.vat.includes_vat else line.net
        if line.quantity is None or not amount:
            continue
        quantity, price = quantity_and_price(line, amount, content.currency)
        if quantity == line.quantity:
            continue
        why = (
            "has quantity 0"
            if not line.quantity
            else f"has quantity {line.quantity.normalize():f}, for which no price comes to its amount"
        )
        yield (
            f"Line {line.position} {why}: Exact gets {quantity:f} piece of "
            f"{format_money(price, content.currency)}."
        )
