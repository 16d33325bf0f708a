"""From what stands in one invoice's way to causes that it may share with others.

Pure functions. A gap says which line it is about; here the line is forgotten and what it lacks is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from connector.sentences import Percent, english, pack, together
from integrations.exact.explain import where_to_mend
from integrations.exact.phrases.parts import Where
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import Gap, Reason, Resolution, ResolvedLine
from invoices.causes.parts import About, Cause, distinct, of_any_line


class _Held(Protocol):
    """What a copy request keeps of its problem."""

    @property
    def problem_code(self) -> Any: ...
    @property
    def problem_sentence(self) -> Any: ...
    @property
    def problem_causes(self) -> Any: ...


def causes_of_gaps(
    gaps: Iterable[Gap],
    *,
    resolution: Resolution,
    facts: ConnectionFacts,
    currency: str,
    client: tuple[int, str],
) -> tuple[Cause, ...]:
    """This function will name the causes of an invoice's gaps. `client` is its id and name."""
    lines = {line.line.line_id: line for line in resolution.lines}
    return distinct(
        _cause(
            gap,
            lines.get(gap.line_id) if gap.line_id is not None else None,
            resolution,
            facts,
            currency,
            client,
        )
        for gap in gaps
    )


def stored_causes(request: _Held) -> tuple[Cause, ...]:
    """This function will return the causes for which a copy request is held; Exact's refusals by what they say."""
    if request.problem_causes:
        return tuple(Cause.from_json(stored) for stored in request.problem_causes)
    code = str(request.problem_code)
    if not code:
        return ()
    if code in _OF_COPIES:
        return (Cause(code, where=where_to_mend(code)),)
    return (_said(code, request.problem_sentence, where_to_mend(code)),)


def unsure_customer(client_id: int, name: str) -> Cause:
    """This function will name the cause that it is not sure which account in Exact a client is."""
    return Cause("customer_ambiguous", About.CLIENT, client_id, name)


def _cause(
    gap: Gap,
    line: ResolvedLine | None,
    resolution: Resolution,
    facts: ConnectionFacts,
    currency: str,
    client: tuple[int, str],
) -> Cause:
    if gap.code in _OF_LINES and line is not None:
        return _OF_LINES[gap.code](gap.code, line, facts)
    if gap.code in _OF_CLIENTS:
        return Cause(gap.code, About.CLIENT, *client, where=_OF_CLIENTS[gap.code])
    if gap.code in _OF_INVOICES:
        return Cause(gap.code, where=_OF_INVOICES[gap.code])
    if gap.code == "journal_currency":
        journal = f"{resolution.journal or ''}, {currency}"
        return Cause(gap.code, About.JOURNAL, 0, journal, "connection_settings")
    if gap.code.startswith("journal_"):
        journal = str(resolution.journal or facts.default_journal_code)
        return Cause(gap.code, About.JOURNAL, 0, journal, "connection_settings")
    if gap.code == "payment_condition_unknown":
        return Cause(gap.code, About.CONDITION, 0, facts.payment_condition_code, "mapping")
    return _said(gap.code, gap.sentence)


def _said(code: str, told: str, where: Where = "") -> Cause:
    return Cause(code, About.SAID, 0, of_any_line(english(told)), where, pack(told))


# --- What a line lacks ------------------------------------------------------------------------------------------------


def _where(reason: str) -> Where:
    """Where what a line names was named: in the PSA, at a tax rate, or in the connection's mapping."""
    if reason == Reason.LINE:
        return "psa"
    if reason in {Reason.BY_HAND, Reason.INVOICE}:
        return ""
    return "tax_categories" if reason == Reason.TAX_RATE else "mapping"


def _no_vat_code(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    del facts
    source = line.line
    if source.tax_rate_id is None:
        return Cause(code, where="mapping")
    name, said = source.tax_rate_name, ""
    if not name and source.percentage is not None:
        rate = together(Percent(source.percentage.normalize()))
        name, said = english(rate), pack(rate)
    return Cause(code, About.TAX_RATE, source.tax_rate_id, name, "tax_categories", said)


def _vat_code(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    del facts
    name = str(line.vat) if line.vat else line.vat_wanted
    return Cause(code, About.VAT_CODE, 0, name, _where(line.vat_reason))


def _no_place(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    source = line.line
    if facts.manual_ledger and code == "ledger_missing":
        return Cause(code, About.BY_HAND, where="mapping")
    if source.service_type_id is None:
        return Cause(code, About.NO_SERVICE_TYPE, where="mapping")
    return Cause(
        code, About.SERVICE_TYPE, source.service_type_id, source.service_type_name, "mapping"
    )


def _lost_ledger(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    if line.ledger_reason == Reason.DEFAULT:
        return Cause(code, About.DEFAULT, where="mapping")
    if line.ledger_reason in {Reason.BY_HAND, Reason.INVOICE}:
        return Cause(code, About.BY_HAND)
    return _no_place(code, line, facts)


def _ledger(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    del facts
    return Cause(code, About.LEDGER, 0, str(line.ledger or ""), _where(line.ledger_reason))


def _no_cost(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    # One rule mends it for all; without rules each line needs its own.
    where: Where = "mapping" if facts.use_costs else "psa"
    return Cause(code, About.LEDGER, 0, str(line.ledger or ""), where)


def _lost_cost(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    del facts
    cost = line.cost_center if code == "cost_center_unknown" else line.cost_unit
    return Cause(code, About.COST, 0, cost.code, "mapping")


def _item(code: str, line: ResolvedLine, facts: ConnectionFacts) -> Cause:
    name = str(line.item) if line.item else line.line.item_code
    if not name:
        return _no_place(code, line, facts)
    return Cause(code, About.ITEM, 0, name, _where(line.item_reason))


_OF_LINES: Mapping[str, Callable[[str, ResolvedLine, ConnectionFacts], Cause]] = {
    "vat_missing": _no_vat_code,
    "vat_unknown": _vat_code,
    "vat_blocked": _vat_code,
    "vat_not_for_sales": _vat_code,
    "ledger_missing": _no_place,
    "ledger_unknown": _lost_ledger,
    "ledger_blocked": _ledger,
    "ledger_not_revenue": _ledger,
    "cost_center_missing": _no_cost,
    "cost_unit_missing": _no_cost,
    "cost_center_unknown": _lost_cost,
    "cost_unit_unknown": _lost_cost,
    "item_missing": _no_place,
    "item_unknown": _item,
    "item_blocked": _item,
}
_OF_CLIENTS: Mapping[str, Where] = {
    "customer_ambiguous": "",
    "customer_blocked": "exact_customer",
    "customer_not_a_customer": "exact_customer",
    "email_missing": "psa",
}
# What each copy tells in its own words, with numbers and amounts.
_OF_COPIES = frozenset(
    {
        "mismatch",
        "booked_twice",
        "number_in_use",
        "forgotten_by_restore",
        "customer_ambiguous",
        "contact_ambiguous",
    }
)
_OF_INVOICES: Mapping[str, Where] = {
    "vat_list_empty": "exact_settings",
    "no_lines": "psa",
    "number_missing": "psa",
    "amount_does_not_fit": "psa",
    "totals_differ": "psa",
    "vat_differs": "",
    "credit_too_large": "",
    "total_zero": "",
}
