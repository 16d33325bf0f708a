"""The lines of the check that differ by route: ledger accounts where invoices are booked, items where Exact sells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from integrations import queries
from integrations.findings import Finding
from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts
from integrations.models import ExactConnection, Route, Sending


def check(connection: ExactConnection, facts: ConnectionFacts, *, today: date) -> list[Finding]:
    """This function will check what lines are booked on or sold as, on the connection's route."""
    return list(_CHECKS[facts.route](connection, facts, today))


def check_no_default_vat_code(facts: ConnectionFacts, open_rates: Sequence[str]) -> list[Finding]:
    """This function will say what an empty default comes to; ``open_rates`` are tax rates without a code of their own."""
    if facts.route == Route.EXACT_INVOICE:
        if facts.has_usual_vat_code:
            usual = facts.vat_codes[USUAL_VAT_CODE]
            sentence = (
                f"Lines without a VAT code get Exact's usual code {usual.code}, "
                f"which is {(usual.fraction * 100).normalize():f}% here."
            )
            return [Finding("good", sentence, "mapping")]
        return [
            Finding(
                "failed",
                f"There is no default VAT code, and VAT code {USUAL_VAT_CODE}, which Exact takes then, is not in this "
                "division. Choose a default.",
                "mapping",
            )
        ]
    if not open_rates:
        return []
    return [
        Finding(
            "attention",
            f"No VAT code for {', '.join(open_rates)}: it has to be chosen at each copy.",
            "mapping",
        )
    ]


# --- Booking --------------------------------------------------------------------------------------------------------


def _check_ledgers(
    connection: ExactConnection, facts: ConnectionFacts, today: date
) -> Iterator[Finding]:
    yield _check_default_ledger(facts)
    if not facts.map_service_types:
        yield Finding("good", "Service types are not mapped.", "mapping")
        return
    usable = {ledger.exact_id for ledger in facts.revenue_ledgers}
    types = list(queries.list_active_service_types())
    mapped = [row for row in types if row.pk in facts.service_type_ledgers]
    gone = [row.name for row in mapped if facts.service_type_ledgers[row.pk] not in usable]
    if gone:
        yield Finding(
            "failed",
            f"The ledger of {', '.join(gone)} can not be booked on any more. Choose another.",
            "mapping",
        )
    else:
        yield Finding(
            "good",
            f"{len(mapped)} of {len(types)} service types have a ledger of their own.",
            "mapping",
        )


def _check_default_ledger(facts: ConnectionFacts) -> Finding:
    if facts.default_ledger_id is None:
        if facts.manual_ledger:
            return Finding("good", "The ledger is chosen by hand at each copy.", "mapping")
        return Finding(
            "attention",
            "No default ledger: every line without a mapping has to be given one at each copy.",
            "mapping",
        )
    ledger = facts.ledgers.get(facts.default_ledger_id)
    if ledger is None or not (ledger.is_usable and ledger.is_revenue):
        return Finding(
            "failed", "The default ledger can not be booked on any more. Choose another.", "mapping"
        )
    return Finding("good", f"Lines are booked on {ledger} unless something else is chosen.")


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
        why = item.why_not_sold(today) if item else "is not in Exact any more"
        if why:
            is_fine = False
            yield Finding(
                "failed",
                f"Item {item or ''} of service type {row.name} {why}. Choose another.".replace(
                    "  ", " "
                ),
                "mapping",
            )
    if is_fine:
        sentence = f"{len(mapped)} of {len(types)} service types have an item of their own."
        yield Finding("good", sentence, "mapping")
    yield Finding("good", _SENDING[connection.sending], "settings")


def _check_default_item(facts: ConnectionFacts, today: date) -> Finding:
    if facts.default_item_id is None:
        return Finding("failed", "Choose the item that lines are sold as.", "mapping")
    item = facts.items.get(facts.default_item_id)
    if item is None:
        return Finding(
            "failed", "The default item is not in Exact any more. Choose another.", "mapping"
        )
    if why := item.why_not_sold(today):
        return Finding("failed", f"The default item {item} {why}. Choose another.", "mapping")
    return Finding("good", f"Lines are sold as {item} unless something else is chosen.")


_SENDING: Mapping[str, str] = {
    Sending.EMAIL: "Exact sends invoices by e-mail.",
    Sending.ACCOUNT: "Exact sends each invoice as the customer prefers there.",
    Sending.PEPPOL: "Exact sends invoices by Peppol.",
    Sending.POSTBOX: "Exact sends invoices to the customer's digital postbox.",
    Sending.NONE: "Exact numbers and books invoices, and sends them to nobody.",
}
_CHECKS: Mapping[str, Callable[[ExactConnection, ConnectionFacts, date], Iterator[Finding]]] = {
    Route.BOOKING: _check_ledgers,
    Route.EXACT_INVOICE: _check_items,
}
