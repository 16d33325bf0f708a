"""What open invoices use and no rule is about, with a value where only one can be meant. Pure functions.

Nothing here is ever used by itself: a person accepts it. Where several values would do none is proposed, and for customers
abroad never one: what comes to 0 % may be reverse charge, export or exempt, and only a person knows which code is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from integrations.mappings import precedence
from integrations.mappings.facts import ConnectionFacts, ItemFacts, VatFacts
from integrations.mappings.lines import Reason
from integrations.mappings.open_lines import LineKind, OpenInvoices
from integrations.mappings.resolve import same_percentage
from integrations.mappings.situations import Situation, situation_name
from integrations.mappings.touched import NOTHING_CHOSEN
from integrations.models import Route

_NOT_BY_A_RULE = {"", Reason.DEFAULT, Reason.USUAL}


class About(StrEnum):
    """What a rule would be about."""

    TAX_RATE = "tax_rate"
    SERVICE_TYPE = "service_type"


@dataclass(frozen=True, slots=True)
class Named:
    """A tax rate or service type by our id; `percentage` is 21 for 21 %."""

    pk: int
    name: str
    percentage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that open invoices use and no rule covers. `now` says what becomes of it as the rules are.

    `proposed` is the value as the mapping page's field takes it - a VAT code, the id of a ledger account or the code of an
    item - and `proposed_name` what people call it; empty when nothing can be proposed.
    """

    about: About
    pk: int
    name: str
    count: int
    now: str
    situation: Situation = Situation.DOMESTIC
    proposed: str = ""
    proposed_name: str = ""
    because: str = ""


def suggest(
    facts: ConnectionFacts,
    opened: OpenInvoices,
    *,
    tax_rates: Sequence[Named],
    service_types: Sequence[Named],
    items: Iterable[ItemFacts] = (),
) -> list[Suggestion]:
    """This function will list what open invoices use and no rule covers: tax rates, situations, then service types.

    `items` are those that can be sold and are called like a service type; only the route on which Exact writes the invoice
    asks for them.
    """
    return [
        *_tax_rates(facts, opened, tax_rates),
        *_situations(facts, opened, tax_rates),
        *(
            _ledgers(facts, opened, service_types)
            if facts.route == Route.BOOKING
            else _items(facts, opened, service_types, list(items))
        ),
    ]


def _vat(facts: ConnectionFacts, kind: LineKind) -> tuple[VatFacts | None, str]:
    code, reason = precedence.vat_code_of(
        facts,
        NOTHING_CHOSEN,
        kind.to_line(),
        may_be_usual=facts.route == Route.EXACT_INVOICE,
        buyer=kind.buyer(facts.country),
    )
    return facts.vat_codes.get(code), reason


def _tax_rates(
    facts: ConnectionFacts, opened: OpenInvoices, tax_rates: Sequence[Named]
) -> Iterator[Suggestion]:
    for rate in tax_rates:

        def is_uncovered(kind: LineKind, rate: Named = rate) -> bool:
            if kind.tax_rate_id != rate.pk:
                return False
            vat, reason = _vat(facts, kind)
            # A default of the same percentage is what the rate means.
            fits = vat is not None and vat.charged_fraction * 100 == rate.percentage
            return reason in _NOT_BY_A_RULE and not fits

        if not (count := opened.count(is_uncovered)):
            continue
        kind = next(kind for kind in opened.kinds if is_uncovered(kind))
        vat, _reason = _vat(facts, kind)
        proposed = same_percentage(facts, rate.percentage)
        yield Suggestion(
            About.TAX_RATE,
            rate.pk,
            rate.name,
            count,
            _("Now the default, %(code)s.") % {"code": vat}
            if vat
            else _("No VAT code: it has to be chosen at each copy."),
            proposed=proposed.code if proposed else "",
            proposed_name=str(proposed or ""),
            because=_("the only VAT code of this percentage") if proposed else "",
        )


def _situations(
    facts: ConnectionFacts, opened: OpenInvoices, tax_rates: Sequence[Named]
) -> Iterator[Suggestion]:
    for rate in tax_rates:
        for situation in (Situation.REVERSE_CHARGE, Situation.EXPORT):
            if (rate.pk, situation) in facts.situation_vat_codes:
                continue

            def is_charged(
                kind: LineKind, rate: Named = rate, situation: Situation = situation
            ) -> bool:
                buyer = kind.buyer(facts.country)
                if kind.tax_rate_id != rate.pk or buyer.situation != situation:
                    return False
                if kind.has_own_vat_code:
                    return False
                vat, _reason = _vat(facts, kind)
                return bool(precedence.charged_abroad(vat, buyer))

            if count := opened.count(is_charged):
                kind = next(kind for kind in opened.kinds if is_charged(kind))
                yield Suggestion(
                    About.TAX_RATE,
                    rate.pk,
                    _("%(rate)s for %(situation)s")
                    % {"rate": rate.name, "situation": situation_name(situation)},
                    count,
                    _("Now %(code)s, which charges VAT.") % {"code": _vat(facts, kind)[0]},
                    situation=situation,
                )


def _ledgers(
    facts: ConnectionFacts, opened: OpenInvoices, service_types: Sequence[Named]
) -> Iterator[Suggestion]:
    if not facts.map_service_types or facts.manual_ledger:
        return
    default = facts.ledgers.get(facts.default_ledger_id) if facts.default_ledger_id else None
    for row in service_types:
        if row.pk in facts.service_type_ledgers:
            continue
        fitting = [one for one in facts.revenue_ledgers if _is_called(one.description, row.name)]
        proposed = fitting[0] if len(fitting) == 1 else None
        # Many service types are meant to go by the default; without one they can not be booked.
        if default and (proposed is None or proposed == default):
            continue
        if count := opened.count(_has_type(row.pk)):
            yield Suggestion(
                About.SERVICE_TYPE,
                row.pk,
                row.name,
                count,
                _("Now the default, %(ledger)s.") % {"ledger": default}
                if default
                else _("No ledger account: it has to be chosen at each copy."),
                proposed=str(proposed.exact_id) if proposed else "",
                proposed_name=str(proposed or ""),
                because=_("the ledger account of that name") if proposed else "",
            )


def _items(
    facts: ConnectionFacts,
    opened: OpenInvoices,
    service_types: Sequence[Named],
    items: Sequence[ItemFacts],
) -> Iterator[Suggestion]:
    default = facts.items.get(facts.default_item_id) if facts.default_item_id else None
    for row in service_types:
        if row.pk in facts.service_type_items:
            continue
        fitting = [one for one in items if _is_called(one.description, row.name)]
        if len(fitting) != 1 or fitting[0] == default:
            continue
        if count := opened.count(_has_type(row.pk, without_own_item=True)):
            yield Suggestion(
                About.SERVICE_TYPE,
                row.pk,
                row.name,
                count,
                _("Now the default, %(item)s.") % {"item": default}
                if default
                else _("No item: it has to be chosen at each copy."),
                proposed=fitting[0].code,
                proposed_name=str(fitting[0]),
                because=_("the item of that name"),
            )


def _has_type(pk: int, *, without_own_item: bool = False) -> Callable[[LineKind], bool]:
    return lambda kind: kind.service_type_id == pk and not (without_own_item and kind.has_own_item)


def _is_called(description: str, name: str) -> bool:
    return bool(name.strip()) and description.strip().casefold() == name.strip().casefold()
