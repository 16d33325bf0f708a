"""Who has the last word on a line's ledger account, item, VAT code and period: D-2, D-3, H-35, B-12 and B-13.

Pure functions. Each returns what is named and why, also when Exact does not have it; `gaps` says so then.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from connector.sentences import sentence
from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts, ItemFacts, VatFacts
from integrations.mappings.lines import Chosen, MappedLine, Period, Reason
from integrations.mappings.situations import AT_HOME, Buyer
from integrations.models import Deferral, Route


def mapped_ledger(facts: ConnectionFacts, line: MappedLine) -> UUID | None:
    """This function will return the ledger account of the line's service type, or None while mapping is off."""
    if not facts.map_service_types or line.service_type_id is None:
        return None
    return facts.service_type_ledgers.get(line.service_type_id)


def ledger_of(facts: ConnectionFacts, chosen: Chosen, line: MappedLine) -> tuple[UUID | None, str]:
    """This function will choose by hand, then the service type's, then the invoice's, then the connection's ledger.

    With manual choice only what was chosen by hand counts.
    """
    if by_hand := chosen.line_ledgers.get(line.line_id):
        return by_hand, Reason.BY_HAND
    mapped = mapped_ledger(facts, line)
    if mapped and not facts.manual_ledger:
        return mapped, _of_service_type(line)
    default = None if facts.manual_ledger else facts.default_ledger_id
    if chosen.ledger_exact_id and chosen.ledger_exact_id != default:
        return chosen.ledger_exact_id, Reason.INVOICE
    return (default, Reason.DEFAULT) if default else (None, "")


def item_of(
    facts: ConnectionFacts, chosen: Chosen, line: MappedLine
) -> tuple[ItemFacts | None, str]:
    """This function will choose by hand, then the line's own item, then its service type's, the invoice's, the default.

    An item that is named but not in Exact is None with a reason: nothing else takes its place.
    """
    if by_hand := chosen.line_items.get(line.line_id):
        return facts.items.get(by_hand), Reason.BY_HAND
    if line.item_code:
        return facts.find_item(line.item_code), Reason.LINE
    mapped = facts.service_type_items.get(line.service_type_id) if line.service_type_id else None
    if mapped:
        return facts.items.get(mapped), _of_service_type(line)
    if chosen.item_exact_id and chosen.item_exact_id != facts.default_item_id:
        return facts.items.get(chosen.item_exact_id), Reason.INVOICE
    if facts.default_item_id:
        return facts.items.get(facts.default_item_id), Reason.DEFAULT
    return None, ""


def vat_code_of(
    facts: ConnectionFacts,
    chosen: Chosen,
    line: MappedLine,
    *,
    may_be_usual: bool,
    buyer: Buyer = AT_HOME,
) -> tuple[str, str]:
    """This function will choose the line's VAT code from the nearest that names one; it is never guessed.

    A tax rate's code for the customer's situation goes before its plain one. With ``may_be_usual`` Exact's usual code
    comes last, where the division has it.
    """
    if by_hand := chosen.line_vat_codes.get(line.line_id):
        return by_hand, Reason.BY_HAND
    if line.vat_code:
        return line.vat_code, Reason.LINE
    if line.service_type_id and (code := facts.service_type_vat_codes.get(line.service_type_id)):
        return code, _of_service_type(line)
    if line.tax_rate_id is not None:
        if code := facts.situation_vat_codes.get((line.tax_rate_id, buyer.situation)):
            return code, sentence("from the tax rate, for %(situation)s", situation=buyer.name)
        if code := facts.tax_rate_vat_codes.get(line.tax_rate_id):
            return code, Reason.TAX_RATE
    if chosen.vat_code and chosen.vat_code != facts.default_vat_code:
        return chosen.vat_code, Reason.INVOICE
    if facts.default_vat_code:
        return facts.default_vat_code, Reason.DEFAULT
    if may_be_usual and facts.has_usual_vat_code:
        return USUAL_VAT_CODE, Reason.USUAL
    return "", ""


def charged_abroad(vat: VatFacts | None, buyer: Buyer) -> str:
    """This function will say that a code charges VAT to a customer abroad, who usually gets none; empty if it does not."""
    if vat is None or not buyer.is_abroad or not vat.charged_fraction:
        return ""
    rate = (vat.charged_fraction * 100).normalize()
    return sentence(
        "charges %(rate)s%% although this is %(situation)s", rate=rate, situation=buyer.name
    )


def period_of(
    facts: ConnectionFacts, line: MappedLine, day: date | None
) -> tuple[Period | None, str]:
    """This function will choose the period that Exact is told, by the connection's rule. `day` is the invoice's date.

    Where Exact writes the invoice the period is printed on it and spreads nothing, so it always goes along.
    """
    if line.period is None:
        return None, ""
    if facts.route == Route.EXACT_INVOICE:
        return line.period, sentence("shown on the invoice")
    if facts.deferral == Deferral.EVERY:
        return line.period, sentence("every line with a period")
    if facts.deferral == Deferral.OFF:
        return None, sentence("not sent: this connection spreads no revenue")
    if day is None or line.period.goes_on_after(day):
        return line.period, sentence("goes on after the month of the invoice")
    return None, sentence("not sent: over by the end of the invoice's month")


def _of_service_type(line: MappedLine) -> str:
    return sentence("service type %(name)s", name=line.service_type_name)
