"""Names everything that stands in the way of copying: what, where, and what a person can do about it.

Pure functions over the plain values of `facts` and `lines`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connector.sentences import Sentence, sentence, together
from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts, CustomerFacts
from integrations.mappings.lines import Gap, Reason, ResolvedLine, tell

_CUSTOMER = "C"


def _or_refresh(other: Sentence) -> Sentence:
    return together(other, sentence("Refresh the lists from Exact if it was changed there."))


def customer_gaps(customer: CustomerFacts | None) -> Iterator[Gap]:
    """This function will name what is wrong with the chosen customer account."""
    if customer is None:
        return
    if not customer.is_usable:
        yield Gap(
            "customer_blocked",
            sentence("Customer %(name)s is blocked or no longer in Exact.", name=customer.name),
            sentence(
                "Choose another customer, or unblock this one in Exact and refresh the lists."
            ),
        )
    elif customer.status != _CUSTOMER:
        yield Gap(
            "customer_not_a_customer",
            sentence("%(name)s is a relation in Exact, but not a customer.", name=customer.name),
            sentence(
                "Set its status to Customer in Exact and refresh the lists, or choose another customer."
            ),
        )


def journal_gaps(facts: ConnectionFacts, code: str, currency: str) -> Iterator[Gap]:
    """This function will name what keeps the journal from taking an invoice in the currency."""
    if not code:
        yield Gap(
            "journal_missing",
            sentence("No journal is chosen."),
            sentence("Choose the sales journal to post to."),
        )
        return
    journal = facts.journals.get(code)
    other = sentence("Choose another journal.")
    if journal is None:
        yield Gap(
            "journal_unknown",
            sentence("Journal %(code)s is not in Exact.", code=code),
            _or_refresh(other),
        )
    elif not journal.is_usable:
        yield Gap(
            "journal_blocked",
            sentence("Journal %(journal)s is blocked or no longer in Exact.", journal=str(journal)),
            _or_refresh(other),
        )
    elif not journal.is_sales:
        yield Gap(
            "journal_not_sales",
            sentence("Journal %(journal)s is not a sales journal.", journal=str(journal)),
            other,
        )
    elif not journal.takes(currency):
        yield Gap(
            "journal_currency",
            sentence(
                "Journal %(journal)s takes %(only)s only, and this invoice is in %(currency)s.",
                journal=str(journal),
                only=journal.currency,
                currency=currency,
            ),
            sentence(
                "Choose a journal that allows other currencies, or allow them for this journal in Exact."
            ),
        )


def vat_list_gaps(facts: ConnectionFacts) -> Iterator[Gap]:
    """This function will name an empty list of VAT codes, once for all lines."""
    if not facts.sales_vat_codes:
        yield Gap(
            "vat_list_empty",
            sentence("This division has no VAT codes for sales yet."),
            sentence("Set up VAT codes in Exact, then refresh the lists here."),
        )


def payment_condition_gaps(facts: ConnectionFacts) -> Iterator[Gap]:
    """This function will name a payment condition of the connection that Exact no longer has."""
    code = facts.payment_condition_code
    if code and code not in facts.payment_conditions:
        yield Gap(
            "payment_condition_unknown",
            sentence("Payment condition %(code)s of the connection is not in Exact.", code=code),
            _or_refresh(sentence("Choose another in the connection's mapping.")),
        )


def ledger_gaps(resolved: ResolvedLine, day: date | None) -> Iterator[Gap]:
    """This function will name what keeps a line from its ledger account; the day does not matter to it."""
    line, ledger = resolved.line, resolved.ledger
    n, other = line.position, sentence("Choose another ledger account for this line.")

    def gap(code: str, words: Sentence, remedy: Sentence) -> Gap:
        return Gap(code, words, remedy, line.line_id)

    if ledger is None:
        if not resolved.ledger_reason:
            yield gap(
                "ledger_missing",
                sentence("Line %(n)s has no ledger account.", n=n),
                sentence("Choose one for the line or for the invoice."),
            )
        else:
            yield gap(
                "ledger_unknown",
                sentence(
                    "Line %(n)s: its ledger account (%(reason)s) is no longer in Exact.",
                    n=n,
                    reason=tell(resolved.ledger_reason),
                ),
                _or_refresh(other),
            )
    elif not ledger.is_usable:
        yield gap(
            "ledger_blocked",
            sentence(
                "Line %(n)s: ledger account %(ledger)s is blocked or no longer in Exact.",
                n=n,
                ledger=str(ledger),
            ),
            _or_refresh(other),
        )
    elif not ledger.is_revenue:
        yield gap(
            "ledger_not_revenue",
            sentence(
                "Line %(n)s: ledger account %(ledger)s is not a revenue account.",
                n=n,
                ledger=str(ledger),
            ),
            other,
        )
    elif ledger.needs_cost_center and not resolved.cost_center.code:
        yield gap(
            "cost_center_missing",
            sentence(
                "Line %(n)s: ledger account %(ledger)s requires a cost center, and the line has none.",
                n=n,
                ledger=str(ledger),
            ),
            sentence(
                "Add a cost center to the line in the PSA or by a rule of the mapping, or choose another ledger account."
            ),
        )
    elif ledger.needs_cost_unit and not resolved.cost_unit.code:
        yield gap(
            "cost_unit_missing",
            sentence(
                "Line %(n)s: ledger account %(ledger)s requires a cost unit, and the line has none.",
                n=n,
                ledger=str(ledger),
            ),
            sentence(
                "Add a cost unit to the line in the PSA or by a rule of the mapping, or choose another ledger account."
            ),
        )


def item_gaps(resolved: ResolvedLine, day: date | None) -> Iterator[Gap]:
    """This function will name what keeps a line from selling its item on that day; None: whatever the day."""
    line, item = resolved.line, resolved.item
    n, other = line.position, sentence("Choose another item for this line.")
    if item is None and not resolved.item_reason:
        yield Gap(
            "item_missing",
            sentence("Line %(n)s has no item.", n=n),
            sentence("Choose one for the line or for the invoice."),
            line.line_id,
        )
    elif item is None:
        reason = tell(resolved.item_reason)
        yield Gap(
            "item_unknown",
            sentence(
                "Line %(n)s: its item %(code)s (%(reason)s) is not in Exact.",
                n=n,
                code=line.item_code,
                reason=reason,
            )
            if resolved.item_reason == Reason.LINE
            else sentence("Line %(n)s: its item (%(reason)s) is not in Exact.", n=n, reason=reason),
            _or_refresh(other),
            line.line_id,
        )
    elif refusal := item.why_not_sold(day):
        yield Gap(
            "item_blocked",
            sentence("Line %(n)s: item %(item)s %(why)s.", n=n, item=str(item), why=refusal),
            _or_refresh(other),
            line.line_id,
        )


def vat_gaps(resolved: ResolvedLine, *, tried_usual: bool) -> Iterator[Gap]:
    """This function will name what keeps a line from its VAT code; ``tried_usual``: Exact's usual code is not there."""
    line, vat = resolved.line, resolved.vat
    n, other = line.position, sentence("Choose another VAT code for this line.")
    if vat is None:
        if not resolved.vat_wanted:
            yield Gap(
                "vat_missing",
                sentence(
                    "Line %(n)s has no VAT code, and VAT code %(usual)s, Exact's usual one, is not in this division.",
                    n=n,
                    usual=USUAL_VAT_CODE,
                )
                if tried_usual
                else sentence("Line %(n)s has no VAT code.", n=n),
                sentence("Choose one for the line or for the invoice."),
                line.line_id,
            )
        else:
            yield Gap(
                "vat_unknown",
                sentence(
                    "Line %(n)s: VAT code %(code)s (%(reason)s) is not in Exact.",
                    n=n,
                    code=resolved.vat_wanted,
                    reason=tell(resolved.vat_reason),
                ),
                _or_refresh(other),
                line.line_id,
            )
    elif not vat.is_usable:
        yield Gap(
            "vat_blocked",
            sentence(
                "Line %(n)s: VAT code %(vat)s is blocked or no longer in Exact.", n=n, vat=str(vat)
            ),
            _or_refresh(other),
            line.line_id,
        )
    elif not vat.is_for_sales:
        yield Gap(
            "vat_not_for_sales",
            sentence("Line %(n)s: VAT code %(vat)s is for purchases only.", n=n, vat=str(vat)),
            other,
            line.line_id,
        )
