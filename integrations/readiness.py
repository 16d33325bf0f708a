"""The check at the end of setup: goes through the settings as the next copy will, and writes nothing.

It reads our copies of Exact's lists only. Each line is one sentence with the page where it is mended.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations import connection_lifecycle, queries
from integrations.models import (
    ExactConnection,
    PaymentCondition,
    ServiceTypeLedger,
    TaxRateVatCode,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check: ``kind`` is good, attention or failed; ``step`` is the page where it is mended."""

    kind: str
    sentence: str
    step: str = ""


def check(connection: ExactConnection) -> list[Finding]:
    """This function will go through the settings as the next copy will, and return a line for each."""
    return [
        _check_subsidiary(connection),
        _check_numbering(connection),
        _check_journal(connection),
        _check_ledger(connection),
        _check_service_types(connection),
        *_check_vat(connection),
        _check_payment_conditions(connection),
        _check_payments(connection),
    ]


def is_blocking(finding: Finding) -> bool:
    """This function will tell whether setup can not be finished with this finding."""
    return finding.kind == "failed"


def _check_subsidiary(connection: ExactConnection) -> Finding:
    other = connection_lifecycle.find_taker(connection, connection.subsidiary)
    if other is not None:
        return Finding(
            "failed",
            f"Invoices of {connection.subsidiary.name} already go through “{other.name}”. Choose another subsidiary.",
            "settings",
        )
    return Finding(
        "good",
        f"Invoices of {connection.subsidiary.name} go to {connection.division_name} ({connection.division}).",
    )


def _check_numbering(connection: ExactConnection) -> Finding:
    if not connection.numbering:
        return Finding("failed", "Choose which system generates invoice numbers.", "settings")
    return Finding("good", f"{connection.get_numbering_display()} generates invoice numbers.")


def _check_journal(connection: ExactConnection) -> Finding:
    journals = {row.code: row for row in queries.list_usable_sales_journals(connection)}
    if not journals:
        return Finding(
            "attention",
            "The division has no sales journal that can be booked in. Make one in Exact, then refresh the lists.",
            "settings",
        )
    code = connection.default_journal_code
    if not code:
        return Finding("good", "No default journal: it is chosen at each copy.", "settings")
    if code not in journals:
        return Finding(
            "failed", f"Journal {code} can not be booked in any more. Choose another.", "settings"
        )
    journal = journals[code]
    if not journal.allow_variable_currency:
        return Finding("good", f"Journal {journal} takes invoices in {journal.currency} only.")
    return Finding("good", f"Journal {journal} takes invoices in any currency.")


def _check_ledger(connection: ExactConnection) -> Finding:
    if connection.default_ledger_exact_id is None:
        if connection.manual_ledger:
            return Finding("good", "The ledger is chosen by hand at each copy.", "mapping")
        return Finding(
            "attention",
            "No default ledger: every line without a mapping has to be given one at each copy.",
            "mapping",
        )
    ledger = (
        queries.list_revenue_ledgers(connection)
        .filter(exact_id=connection.default_ledger_exact_id)
        .first()
    )
    if ledger is None:
        return Finding(
            "failed", "The default ledger can not be booked on any more. Choose another.", "mapping"
        )
    return Finding("good", f"Lines are booked on {ledger} unless something else is chosen.")


def _check_service_types(connection: ExactConnection) -> Finding:
    if not connection.map_service_types:
        return Finding("good", "Service types are not mapped.", "mapping")
    mapped = ServiceTypeLedger.objects.filter(connection=connection).count()
    total = queries.list_active_service_types().count()
    return Finding(
        "good", f"{mapped} of {total} service types have a ledger of their own.", "mapping"
    )


def _check_vat(connection: ExactConnection) -> list[Finding]:
    usable = set(queries.list_vat_codes(connection).values_list("code", flat=True))
    mapped = {
        row.tax_rate_id: row.vat_code
        for row in TaxRateVatCode.objects.filter(connection=connection)
    }
    rates = list(queries.list_active_tax_rates())
    findings = [
        Finding(
            "failed",
            f"VAT code {mapped[rate.pk]} of {rate.name} can not be used any more. Choose another.",
            "mapping",
        )
        for rate in rates
        if rate.pk in mapped and mapped[rate.pk] not in usable
    ]
    open_rates = [rate.name for rate in rates if rate.pk not in mapped]
    if open_rates and connection.default_vat_code not in usable:
        findings.append(
            Finding(
                "attention",
                f"No VAT code for {', '.join(open_rates)}: it has to be chosen at each copy.",
                "mapping",
            )
        )
    if not findings:
        findings.append(Finding("good", "Every tax rate has a VAT code.", "mapping"))
    return findings


def _check_payment_conditions(connection: ExactConnection) -> Finding:
    if PaymentCondition.objects.filter(connection=connection, is_gone=False).exists():
        return Finding("good", "The division has payment conditions.")
    return Finding(
        "attention", "The division has no payment condition, so Exact works out no due dates."
    )


def _check_payments(connection: ExactConnection) -> Finding:
    if connection.sync_payments:
        return Finding("good", "Payments in Exact come back by themselves.")
    return Finding("good", "Payments are not read from Exact.", "settings")
