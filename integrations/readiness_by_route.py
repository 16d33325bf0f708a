"""The lines of the check that differ by route: ledger accounts where invoices are booked, items where Exact sells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _, gettext_lazy

from connector.money import format_number
from connector.sentences import Words
from integrations import queries
from integrations.findings import Finding
from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts, ItemFacts
from integrations.models import ExactConnection, Route, Sending, ServiceType


def check(connection: ExactConnection, facts: ConnectionFacts, *, today: date) -> list[Finding]:
    """This function will check what lines are booked on or sold as, on the connection's route."""
    return list(_CHECKS[facts.route](connection, facts, today))


def check_no_default_vat_code(facts: ConnectionFacts, open_rates: Sequence[str]) -> list[Finding]:
    """This function will say what an empty default comes to; ``open_rates`` are tax rates without a code of their own."""
    if facts.route == Route.EXACT_INVOICE:
        if facts.has_usual_vat_code:
            usual = facts.vat_codes[USUAL_VAT_CODE]
            sentence = _(
                "Lines without a VAT code get Exact's usual code %(code)s, which is %(rate)s%% here."
            ) % {"code": usual.code, "rate": format_number(usual.fraction * 100)}
            return [Finding("good", sentence, "mapping")]
        return [
            Finding(
                "failed",
                _(
                    "There is no default VAT code, and VAT code %(code)s, which Exact takes then, is not in this "
                    "division. Choose a default."
                )
                % {"code": USUAL_VAT_CODE},
                "mapping",
            )
        ]
    if not open_rates:
        return []
    return [
        Finding(
            "attention",
            _("No VAT code for %(names)s: it has to be chosen at each copy.")
            % {"names": ", ".join(open_rates)},
            "mapping",
        )
    ]


# --- Booking --------------------------------------------------------------------------------------------------------


def _check_ledgers(
    connection: ExactConnection, facts: ConnectionFacts, today: date
) -> Iterator[Finding]:
    yield _check_default_ledger(facts)
    if not facts.map_service_types:
        yield Finding("good", _("Service types are not mapped."), "mapping")
        return
    usable = {ledger.exact_id for ledger in facts.revenue_ledgers}
    types = list(queries.list_active_service_types())
    mapped = [row for row in types if row.pk in facts.service_type_ledgers]
    gone = [row.name for row in mapped if facts.service_type_ledgers[row.pk] not in usable]
    if gone:
        yield Finding(
            "failed",
            _("The ledger of %(names)s can not be booked on any more. Choose another.")
            % {"names": ", ".join(gone)},
            "mapping",
        )
    else:
        yield Finding(
            "good",
            _("%(mapped)s of %(types)s service types have a ledger of their own.")
            % {"mapped": len(mapped), "types": len(types)},
            "mapping",
        )


def _check_default_ledger(facts: ConnectionFacts) -> Finding:
    if facts.default_ledger_id is None:
        if facts.manual_ledger:
            return Finding("good", _("The ledger is chosen by hand at each copy."), "mapping")
        return Finding(
            "attention",
            _("No default ledger: every line without a mapping has to be given one at each copy."),
            "mapping",
        )
    ledger = facts.ledgers.get(facts.default_ledger_id)
    if ledger is None or not (ledger.is_usable and ledger.is_revenue):
        return Finding(
            "failed",
            _("The default ledger can not be booked on any more. Choose another."),
            "mapping",
        )
    return Finding(
        "good",
        _("Lines are booked on %(ledger)s unless something else is chosen.") % {"ledger": ledger},
    )


# --- Exact writes the invoice ---------------------------------------------------------------------------------------


def _check_items(
    connection: ExactConnection, facts: ConnectionFacts, today: date
) -> Iterator[Finding]:
    yield _check_default_item(facts, today)
    types = list(queries.list_active_service_types())
    mapped = [row for row in types if row.pk in facts.service_type_items]
    is_fine = True
    for row in mapped:
        item = facts.items.get(facts.service_type_items[row.pk])
        problem = _item_problem(item, row, today)
        if problem:
            is_fine = False
            yield Finding("failed", problem, "mapping")
    if is_fine:
        sentence = _("%(mapped)s of %(types)s service types have an item of their own.") % {
            "mapped": len(mapped),
            "types": len(types),
        }
        yield Finding("good", sentence, "mapping")
    yield Finding("good", str(_SENDING[connection.sending]), "settings")


def _item_problem(item: ItemFacts | None, row: ServiceType, today: date) -> str:
    if item is None:
        return _("Item of service type %(name)s is not in Exact any more. Choose another.") % {
            "name": row.name
        }
    if why := item.why_not_sold(today):
        words = {"item": item, "name": row.name, "why": why}
        return _("Item %(item)s of service type %(name)s %(why)s. Choose another.") % words
    return ""


def _check_default_item(facts: ConnectionFacts, today: date) -> Finding:
    if facts.default_item_id is None:
        return Finding("failed", _("Choose the item that lines are sold as."), "mapping")
    item = facts.items.get(facts.default_item_id)
    if item is None:
        return Finding(
            "failed", _("The default item is not in Exact any more. Choose another."), "mapping"
        )
    if why := item.why_not_sold(today):
        return Finding(
            "failed",
            _("The default item %(item)s %(why)s. Choose another.") % {"item": item, "why": why},
            "mapping",
        )
    return Finding(
        "good", _("Lines are sold as %(item)s unless something else is chosen.") % {"item": item}
    )


_SENDING: Mapping[str, Words] = {
    Sending.EMAIL: gettext_lazy("Exact sends invoices by e-mail."),
    Sending.ACCOUNT: gettext_lazy("Exact sends each invoice as the customer prefers there."),
    Sending.PEPPOL: gettext_lazy("Exact sends invoices by Peppol."),
    Sending.POSTBOX: gettext_lazy("Exact sends invoices to the customer's digital postbox."),
    Sending.NONE: gettext_lazy("Exact numbers and books invoices, and sends them to nobody."),
}
_CHECKS: Mapping[str, Callable[[ExactConnection, ConnectionFacts, date], Iterator[Finding]]] = {
    Route.BOOKING: _check_ledgers,
    Route.EXACT_INVOICE: _check_items,
}
