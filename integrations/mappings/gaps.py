"""Names everything that stands in the way of copying: what, where, and what a person can do about it.

Pure functions over the plain values of `facts` and `lines`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts, CustomerFacts
from integrations.mappings.lines import Gap, Reason, ResolvedLine

_CUSTOMER = "C"
_REFRESH = "Refresh the lists from Exact if it was changed there."


def customer_gaps(customer: CustomerFacts | None) -> Iterator[Gap]:
    """This function will name what is wrong with the chosen customer account."""
    if customer is None:
        return
    if not customer.is_usable:
        yield Gap(
            "customer_blocked",
            f"Customer {customer.name} is blocked or no longer in Exact.",
            "Choose another customer, or unblock this one in Exact and refresh the lists.",
        )
    elif customer.status != _CUSTOMER:
        yield Gap(
            "customer_not_a_customer",
            f"{customer.name} is a relation in Exact, but not a customer.",
            "Set its status to Customer in Exact and refresh the lists, or choose another customer.",
        )


def journal_gaps(facts: ConnectionFacts, code: str, currency: str) -> Iterator[Gap]:
    """This function will name what keeps the journal from taking an invoice in the currency."""
    if not code:
        yield Gap(
            "journal_missing", "No journal is chosen.", "Choose the sales journal to post to."
        )
        return
    journal = facts.journals.get(code)
    other = "Choose another journal."
    if journal is None:
        yield Gap("journal_unknown", f"Journal {code} is not in Exact.", f"{other} {_REFRESH}")
    elif not journal.is_usable:
        yield Gap(
            "journal_blocked",
            f"Journal {journal} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
        )
    elif not journal.is_sales:
        yield Gap("journal_not_sales", f"Journal {journal} is not a sales journal.", other)
    elif not journal.takes(currency):
        yield Gap(
            "journal_currency",
            f"Journal {journal} takes {journal.currency} only, and this invoice is in {currency}.",
            "Choose a journal that allows other currencies, or allow them for this journal in Exact.",
        )


def vat_list_gaps(facts: ConnectionFacts) -> Iterator[Gap]:
    """This function will name an empty list of VAT codes, once for all lines."""
    if not facts.sales_vat_codes:
        yield Gap(
            "vat_list_empty",
            "This division has no VAT codes for sales yet.",
            "Set up VAT codes in Exact, then refresh the lists here.",
        )


def payment_condition_gaps(facts: ConnectionFacts) -> Iterator[Gap]:
    """This function will name a payment condition of the connection that Exact no longer has."""
    code = facts.payment_condition_code
    if code and code not in facts.payment_conditions:
        yield Gap(
            "payment_condition_unknown",
            f"Payment condition {code} of the connection is not in Exact.",
            f"Choose another in the connection's mapping. {_REFRESH}",
        )


def ledger_gaps(resolved: ResolvedLine, day: date | None) -> Iterator[Gap]:
    """This function will name what keeps a line from its ledger account; the day does not matter to it."""
    line, ledger = resolved.line, resolved.ledger
    where, other = f"Line {line.position}", "Choose another ledger account for this line."

    def gap(code: str, sentence: str, remedy: str) -> Gap:
        return Gap(code, sentence, remedy, line.line_id)

    if ledger is None:
        if not resolved.ledger_reason:
            yield gap(
                "ledger_missing",
                f"{where} has no ledger account.",
                "Choose one for the line or for the invoice.",
            )
        else:
            yield gap(
                "ledger_unknown",
                f"{where}: its ledger account ({resolved.ledger_reason}) is no longer in Exact.",
                f"{other} {_REFRESH}",
            )
    elif not ledger.is_usable:
        yield gap(
            "ledger_blocked",
            f"{where}: ledger account {ledger} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
        )
    elif not ledger.is_revenue:
        yield gap(
            "ledger_not_revenue",
            f"{where}: ledger account {ledger} is not a revenue account.",
            other,
        )
    elif ledger.needs_cost_center and not resolved.cost_center.code:
        yield gap(
            "cost_center_missing",
            f"{where}: ledger account {ledger} requires a cost center, and the line has none.",
            "Add a cost center to the line in the PSA or by a rule of the mapping, or choose another ledger account.",
        )
    elif ledger.needs_cost_unit and not resolved.cost_unit.code:
        yield gap(
            "cost_unit_missing",
            f"{where}: ledger account {ledger} requires a cost unit, and the line has none.",
            "Add a cost unit to the line in the PSA or by a rule of the mapping, or choose another ledger account.",
        )


def item_gaps(resolved: ResolvedLine, day: date | None) -> Iterator[Gap]:
    """This function will name what keeps a line from selling its item on that day; None: whatever the day."""
    line, item = resolved.line, resolved.item
    where, other = f"Line {line.position}", "Choose another item for this line."
    if item is None and not resolved.item_reason:
        yield Gap(
            "item_missing",
            f"{where} has no item.",
            "Choose one for the line or for the invoice.",
            line.line_id,
        )
    elif item is None:
        named = f" {line.item_code}" if resolved.item_reason == Reason.LINE else ""
        yield Gap(
            "item_unknown",
            f"{where}: its item{named} ({resolved.item_reason}) is not in Exact.",
            f"{other} {_REFRESH}",
            line.line_id,
        )
    elif refusal := item.why_not_sold(day):
        yield Gap(
            "item_blocked",
            f"{where}: item {item} {refusal}.",
            f"{other} {_REFRESH}",
            line.line_id,
        )


def vat_gaps(resolved: ResolvedLine, *, tried_usual: bool) -> Iterator[Gap]:
    """This function will name what keeps a line from its VAT code; ``tried_usual``: Exact's usual code is not there."""
    line, vat = resolved.line, resolved.vat
    where, other = f"Line {line.position}", "Choose another VAT code for this line."
    if vat is None:
        if not resolved.vat_wanted:
            usual = f", and VAT code {USUAL_VAT_CODE}, Exact's usual one, is not in this division"
            yield Gap(
                "vat_missing",
                f"{where} has no VAT code{usual if tried_usual else ''}.",
                "Choose one for the line or for the invoice.",
                line.line_id,
            )
        else:
            yield Gap(
                "vat_unknown",
                f"{where}: VAT code {resolved.vat_wanted} ({resolved.vat_reason}) is not in Exact.",
                f"{other} {_REFRESH}",
                line.line_id,
            )
    elif not vat.is_usable:
        yield Gap(
            "vat_blocked",
            f"{where}: VAT code {vat} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
            line.line_id,
        )
    elif not vat.is_for_sales:
        yield Gap(
            "vat_not_for_sales",
            f"{where}: VAT code {vat} is for purchases only.",
            other,
            line.line_id,
        )
