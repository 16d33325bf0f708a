"""Builds files of invoices as agencies export them: three currencies, credit notes, and faults put in on purpose."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from integrations.psa.csv_file.columns import ALL

_CLIENTS = (
    ("Bakkerij Jansen", "JANSEN", "NL001234567B01", "NL"),
    ("Müller & Söhne GmbH", "MUELLER", "DE136695976", "DE"),
    ("Café “De Kroon”; Gent", "KROON", "BE0428759497", "BE"),
    ("O'Brien Ltd", "OBRIEN", "", "IE"),
    ("東京デザイン株式会社", "TOKYO", "", "JP"),
)
_WORK = (
    ("Design", "Design sprint"),
    ("Development", "API development, second half"),
    ("Strategy", "Brand workshop\nwith the whole team"),
)
_RATES = ("21", "9", "0", "19", "6")


def comma(amount: Decimal) -> str:
    """An amount as a Dutch spreadsheet writes it."""
    return str(amount).replace(".", ",")


def line(number: str, line_no: int = 1, **cells: str) -> dict[str, str]:
    """One row that is right; what a test is about is overridden."""
    return {
        "invoice_number": number,
        "invoice_type": "invoice",
        "invoice_date": "2026-03-31",
        "due_date": "30-04-2026",
        "currency": "EUR",
        "customer_name": "Bakkerij Jansen",
        "customer_code": "JANSEN",
        "line_no": str(line_no),
        "description": "Design sprint",
        "line_net": "1000,00",
        "tax_rate_pct": "21",
    } | cells


def as_file(
    rows: Iterable[dict[str, str]], *, delimiter: str = ";", header: Iterable[str] = ALL
) -> bytes:
    """The rows as a CSV file with a byte order mark, the way Excel saves it."""
    out = io.StringIO()
    writer = csv.DictWriter(
        out, list(header), restval="", delimiter=delimiter, extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff".encode() + out.getvalue().encode()


def three_hundred_invoices() -> list[dict[str, str]]:
    """300 invoices of one to four lines in EUR, USD and JPY; every tenth is a credit note for the one before it."""
    rows: list[dict[str, str]] = []
    for index in range(300):
        currency = (
            ("EUR", "USD", "JPY")[index % 3]
            if index % 10
            else ("EUR", "USD", "JPY")[(index - 1) % 3]
        )
        unit = Decimal(1) if currency == "JPY" else Decimal("0.01")
        name, code, vat_number, country = _CLIENTS[index % len(_CLIENTS)]
        is_credit = index % 10 == 0 and index > 0
        lines = []
        for line_no in range(1, index % 4 + 2):
            service_type, description = _WORK[(index + line_no) % len(_WORK)]
            net = (Decimal(7919 * (index + 1) * line_no % 99991) / 7).quantize(unit, ROUND_HALF_UP)
            lines.append(
                (line_no, service_type, description, net, _RATES[(index + line_no) % len(_RATES)])
            )
        net_total = sum((entry[3] for entry in lines), Decimal(0))
        vat_total = sum(
            ((entry[3] * Decimal(entry[4]) / 100).quantize(unit, ROUND_HALF_UP) for entry in lines),
            Decimal(0),
        )
        rows += [
            line(
                f"2026-{index:04}",
                line_no,
                invoice_type="credit_note" if is_credit else "invoice",
                original_invoice_number=f"2026-{index - 1:04}" if is_credit else "",
                currency=currency,
                customer_name=name,
                customer_code=code,
                customer_vat=vat_number,
                country=country,
                description=description,
                line_net=comma(net),
                tax_rate_pct=rate,
                service_type=service_type,
                invoice_net=comma(net_total),
                invoice_vat=comma(vat_total),
                invoice_gross=comma(net_total + vat_total),
            )
            for line_no, service_type, description, net, rate in lines
        ]
    return rows
