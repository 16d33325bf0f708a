"""Totals of a neutral invoice: computed where left out, compared where given, and turned to positive amounts."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from connector.money import fits, minor_digits, quantize, smallest_unit
from connector.sentences import Money, sentence
from integrations.psa.fields import MAX_AMOUNT
from integrations.psa.source import Problem, SourceInvoice, SourceLine, SourceTaxRate

PercentageOf = Callable[[SourceTaxRate], Decimal | None]
# What tells one file from another: its kind, its name, and the SHA-256 of its content.
FileMark = tuple[str, str, str]
_NOT_CONTENT = {"state", "paid_on", "source_url"}
_REFERENCES = {"client", "contact", "subsidiary"}
_PARTS = {"lines", "files"}
_LINE_REFERENCES = {"tax_rate", "service_type"}
# These came later: while they are empty they are no part of the hash, so that hashes of before stay what they are.
_LINE_ADDED_LATER = {"item_code", "vat_code"}


def complete(
    invoice: SourceInvoice, percentage_of: PercentageOf
) -> tuple[SourceInvoice, list[Problem]]:
    """This function will return the invoice with all three totals and positive amounts, and everything that does not add up.

    `percentage_of` tells what a tax rate amounts to, None when that is not known. The totals that come with an invoice are checked, not
    trusted: they must be what the lines say, up to rounding VAT per line or per invoice. A total below zero makes the
    document a credit note (and a credit note sent with negative amounts the credit note it was meant to be).
    """
    problems = _unfitting_amounts(invoice) + _impossible_dates(invoice)
    if problems:
        return invoice, problems
    rates = [percentage_of(line.tax_rate) if line.tax_rate else None for line in invoice.lines]
    net = sum((line.net_amount for line in invoice.lines), Decimal(0))
    vat, problems = _vat(invoice, rates, net)
    gross = net + vat
    problems += _differing_totals(invoice, net, vat, gross)
    if abs(gross) >= MAX_AMOUNT or abs(net) >= MAX_AMOUNT:
        problems.append(
            Problem(
                "lines", sentence("The lines add up to more than twelve digits before the point.")
            )
        )
    if problems:
        return invoice, problems
    digits = minor_digits(invoice.currency)
    totals = {
        "net_amount": quantize(net, invoice.currency),
        "vat_amount": quantize(vat, invoice.currency),
    }
    totals["gross_amount"] = totals["net_amount"] + totals["vat_amount"]
    completed = invoice.model_copy(
        update=totals | {"lines": tuple(_with_digits(line, digits) for line in invoice.lines)}
    )
    return (_turned_around(completed) if gross < 0 or (gross == 0 and net < 0) else completed), []


def content_hash(invoice: SourceInvoice, kept_files: Sequence[FileMark] = ()) -> str:
    """This function will return a hash of what would have to change in Exact when it changes.

    State, payment date and link are not part of it, nor what the client, the contact or the rates are called.
    `kept_files` are the stored ones: they count when the invoice says nothing about files.
    """
    content = _content(invoice)
    if files := kept_files if invoice.files is None else file_marks(invoice):
        content["files"] = sorted(files)
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def file_marks(invoice: SourceInvoice) -> list[FileMark]:
    """This function will return what tells the files of the invoice from others."""
    return [(file.kind, file.name, file.sha256) for file in invoice.files or ()]


def _content(invoice: SourceInvoice) -> dict[str, Any]:
    content = {
        name: _plain(getattr(invoice, name))
        for name in SourceInvoice.model_fields
        if name not in _NOT_CONTENT | _REFERENCES | _PARTS
    }
    content["client"] = invoice.client.source_id
    content["subsidiary"] = invoice.subsidiary.source_id if invoice.subsidiary else ""
    if invoice.contact:
        content["contact"] = invoice.contact.source_id
    content["lines"] = [_line_content(line) for line in invoice.lines]
    return content


def _line_content(line: SourceLine) -> dict[str, Any]:
    content = {
        name: _plain(value)
        for name in SourceLine.model_fields
        if name not in _LINE_REFERENCES
        and ((value := getattr(line, name)) or name not in _LINE_ADDED_LATER)
    }
    content["tax_rate"] = line.tax_rate.source_id if line.tax_rate else ""
    content["service_type"] = line.service_type.source_id if line.service_type else ""
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # 10 and 10.00 are the same amount.
        return format(value.normalize(), "f") if value else "0"
    return value if value is None or isinstance(value, str) else str(value)


def _unfitting_amounts(invoice: SourceInvoice) -> list[Problem]:
    amounts = [
        (name, getattr(invoice, name)) for name in ("net_amount", "vat_amount", "gross_amount")
    ]
    for index, line in enumerate(invoice.lines):
        amounts += [
            (f"lines.{index}.net_amount", line.net_amount),
            (f"lines.{index}.vat_amount", line.vat_amount),
        ]
    digits = minor_digits(invoice.currency)
    return [
        Problem(
            path,
            sentence(
                "%(amount)s has more decimals than %(currency)s allows (%(digits)s). Round it before sending.",
                amount=amount,
                currency=invoice.currency,
                digits=digits,
            ),
        )
        for path, amount in amounts
        if amount is not None and not fits(amount, invoice.currency)
    ]


def _impossible_dates(invoice: SourceInvoice) -> list[Problem]:
    return [
        Problem(f"lines.{index}.period_to", sentence("The period ends before it begins."))
        for index, line in enumerate(invoice.lines)
        if line.period_from and line.period_to and line.period_to < line.period_from
    ]


def _vat(
    invoice: SourceInvoice, rates: list[Decimal | None], net: Decimal
) -> tuple[Decimal, list[Problem]]:
    """The invoice's VAT as given or computed, and where it contradicts the lines."""
    problems = _implausible_line_vat(invoice, rates)
    given = invoice.vat_amount
    if given is None and invoice.gross_amount is not None:
        given = invoice.gross_amount - net
    unknown = [
        i for i, line in enumerate(invoice.lines) if rates[i] is None and line.vat_amount is None
    ]
    if given is None and unknown:
        return Decimal(0), [
            *problems,
            *(
                Problem(
                    f"lines.{i}.tax_rate",
                    sentence(
                        "Without a tax rate VAT cannot be computed: give a rate, or the invoice's VAT."
                    ),
                )
                for i in unknown
            ),
        ]
    if unknown and given is not None:
        return given, problems
    expected, slack = _expected_vat(invoice, rates)
    if given is not None and abs(given - expected) > slack:
        problems.append(
            Problem(
                "vat_amount",
                sentence(
                    "VAT is %(given)s, but the lines give %(expected)s. Correct the VAT or the tax rates of the lines.",
                    given=Money(given, invoice.currency),
                    expected=Money(quantize(expected, invoice.currency), invoice.currency),
                ),
            )
        )
    return (_rounded_vat(invoice, rates) if given is None else given), problems


def _implausible_line_vat(invoice: SourceInvoice, rates: list[Decimal | None]) -> list[Problem]:
    problems = []
    for index, (line, rate) in enumerate(zip(invoice.lines, rates, strict=True)):
        if line.vat_amount is None or rate is None:
            continue
        exact = line.net_amount * rate / 100
        if abs(line.vat_amount - exact) >= smallest_unit(invoice.currency):
            problems.append(
                Problem(
                    f"lines.{index}.vat_amount",
                    sentence(
                        "VAT is %(vat_amount)s, but %(rate)s %% of %(net_amount)s is %(exact)s.",
                        vat_amount=Money(line.vat_amount, invoice.currency),
                        rate=rate.normalize(),
                        net_amount=Money(line.net_amount, invoice.currency),
                        exact=Money(quantize(exact, invoice.currency), invoice.currency),
                    ),
                )
            )
    return problems


def _expected_vat(invoice: SourceInvoice, rates: list[Decimal | None]) -> tuple[Decimal, Decimal]:
    """The unrounded VAT, and by how much rounding per line or per rate can move it."""
    exact, roundings = Decimal(0), 0
    for line, rate in zip(invoice.lines, rates, strict=True):
        if line.vat_amount is not None:
            exact += line.vat_amount
        else:
            exact += line.net_amount * (rate or Decimal(0)) / 100
            roundings += 1
    return exact, smallest_unit(invoice.currency) / 2 * roundings


def _rounded_vat(invoice: SourceInvoice, rates: list[Decimal | None]) -> Decimal:
    per_line, base_per_rate = Decimal(0), defaultdict[Decimal, Decimal](Decimal)
    for line, rate in zip(invoice.lines, rates, strict=True):
        if line.vat_amount is not None:
            per_line += line.vat_amount
        else:
            base_per_rate[rate or Decimal(0)] += line.net_amount
    return per_line + sum(
        (quantize(base * rate / 100, invoice.currency) for rate, base in base_per_rate.items()),
        Decimal(0),
    )


def _differing_totals(
    invoice: SourceInvoice, net: Decimal, vat: Decimal, gross: Decimal
) -> list[Problem]:
    problems = []
    if invoice.net_amount is not None and invoice.net_amount != net:
        problems.append(
            Problem(
                "net_amount",
                sentence(
                    "The net total is %(net_amount)s, but the lines add up to %(net)s.",
                    net_amount=Money(invoice.net_amount, invoice.currency),
                    net=Money(net, invoice.currency),
                ),
            )
        )
    if (
        invoice.vat_amount is not None
        and invoice.gross_amount is not None
        and invoice.gross_amount != gross
    ):
        problems.append(
            Problem(
                "gross_amount",
                sentence(
                    "The total is %(gross_amount)s, but net %(net)s plus VAT %(vat)s is %(gross)s.",
                    gross_amount=Money(invoice.gross_amount, invoice.currency),
                    net=Money(net, invoice.currency),
                    vat=Money(vat, invoice.currency),
                    gross=Money(gross, invoice.currency),
                ),
            )
        )
    return problems


def _with_digits(line: SourceLine, digits: int) -> SourceLine:
    unit = Decimal(1).scaleb(-digits)
    amounts = {"net_amount": line.net_amount.quantize(unit)}
    if line.vat_amount is not None:
        amounts["vat_amount"] = line.vat_amount.quantize(unit)
    return line.model_copy(update=amounts)


def _turned_around(invoice: SourceInvoice) -> SourceInvoice:
    totals = {
        name: _negated(getattr(invoice, name))
        for name in ("net_amount", "vat_amount", "gross_amount")
    }
    lines = tuple(
        line.model_copy(
            update={
                name: _negated(getattr(line, name))
                for name in ("net_amount", "vat_amount", "quantity")
            }
        )
        for line in invoice.lines
    )
    return invoice.model_copy(update=totals | {"kind": "credit_note", "lines": lines})


def _negated(amount: Decimal | None) -> Decimal | None:
    # Zero has no sign: -0 would be written as "-0.00".
    return amount if not amount else -amount
