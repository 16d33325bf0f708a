"""What is odd about an invoice, and a person may want all the same: asked once, with one tick for all of it.

Pure functions. The engine refuses what was not confirmed, just as the dialog does.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _, gettext_lazy

from connector.money import format_money, format_number
from connector.sentences import Money, sentence, together
from integrations.mappings.resolve import Gap
from invoices.document_plan import InvoiceContent
from invoices.sales_invoice import quantity_and_price
from invoices.vat_check import VatCheck

DOUBTS = frozenset({"vat_differs", "credit_too_large", "total_zero"})
_IN_THE_PSA = gettext_lazy("Correct it in the PSA and import it again, or confirm it.")


def find_doubts(
    content: InvoiceContent, check: VatCheck | None, *, is_sent_by_exact: bool
) -> Iterator[Gap]:
    """This function will name what has to be confirmed before the invoice goes to Exact."""
    if check is not None and not check.agrees:
        yield Gap(
            "vat_differs",
            sentence(
                "Exact will book %(booked)s VAT, the invoice says %(ours)s.",
                booked=Money(check.booked, check.currency),
                ours=Money(check.ours, check.currency),
            ),
            sentence(
                "Choose the VAT codes that fit the invoice's rates, or confirm the difference."
            ),
        )
    yield from _credit_too_large(content)
    if is_sent_by_exact and content.lines and not content.gross:
        yield Gap(
            "total_zero",
            sentence(
                "It comes to %(total)s: Exact would number it, book it and send it to the customer.",
                total=Money(content.gross, content.currency),
            ),
            together(_IN_THE_PSA),
        )


def _credit_too_large(content: InvoiceContent) -> Iterator[Gap]:
    credited = content.credited
    if credited is None or content.gross + credited.by_others <= credited.gross:
        return
    currency = content.currency
    whole = Money(credited.gross, currency)
    if credited.by_others:
        said = sentence(
            "With other credit notes %(credited)s of invoice %(number)s would be credited; it came to %(whole)s.",
            credited=Money(content.gross + credited.by_others, currency),
            number=credited.number,
            whole=whole,
        )
    else:
        said = sentence(
            "The credit note of %(amount)s is larger than invoice %(number)s, which came to %(whole)s.",
            amount=Money(content.gross, currency),
            number=credited.number,
            whole=whole,
        )
    yield Gap("credit_too_large", said, together(_IN_THE_PSA))


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
        words = (
            _(
                "Line %(line)s has quantity %(quantity)s, for which no price comes to its amount: Exact gets %(sent)s "
                "piece of %(price)s."
            )
            if line.quantity
            else _("Line %(line)s has quantity 0: Exact gets %(sent)s piece of %(price)s.")
        )
        yield words % {
            "line": line.position,
            "quantity": format_number(line.quantity),
            "sent": format_number(quantity),
            "price": format_money(price, content.currency),
        }
