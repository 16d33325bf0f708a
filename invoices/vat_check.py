"""VAT per line: what we send, so that Exact books the invoice's own VAT to the cent, and where it cannot.

The invoice's VAT total is the truth. Where the chosen VAT codes fit the invoice's rates, it is spread over the lines
by the rounding that produces it. Where they do not fit, Exact's computation is taken and the difference is named.
Pure functions; amounts are in the invoice's currency and carry the invoice's own sign (positive on a credit note).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from connector.money import quantize, smallest_unit
from connector.sentences import Money, Percent, Value, sentence
from integrations.mappings.facts import VatFacts

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class VatLine:
    """A line and its VAT code. `percentage` is 21 for 21 %; `own_vat` is given when the PSA rounds per line."""

    line_id: int
    position: int
    net: Decimal
    vat: VatFacts
    percentage: Decimal | None = None
    own_vat: Decimal | None = None

    @property
    def exact_vat(self) -> Decimal:
        """The VAT that the code charges, not rounded."""
        return self.net * self.vat.charged_fraction

    def fits_the_code(self, currency: str) -> bool:
        """Whether the invoice's VAT can be booked with the code, so that we may decide about the last cent."""
        if self.percentage is not None and self.percentage / 100 != self.vat.charged_fraction:
            return False
        if self.own_vat is None:
            return True
        if not self.vat.charged_fraction:
            return not self.own_vat
        # Exact takes any VAT amount with a code that excludes VAT; only a known rate vouches for an odd one.
        vouched = self.percentage is not None and not self.vat.includes_vat
        return vouched or abs(self.own_vat - self.exact_vat) < smallest_unit(currency)


@dataclass(frozen=True, slots=True)
class LineVat:
    """The VAT of one line: what we send, what Exact would compute by itself, and what the invoice says."""

    line_id: int
    position: int
    vat: VatFacts
    net: Decimal
    amount: Decimal
    computed: Decimal
    ours: Decimal


@dataclass(frozen=True, slots=True)
class CodeVat:
    """The VAT of all lines with one code."""

    vat: VatFacts
    net: Decimal
    ours: Decimal
    booked: Decimal
    computed: Decimal

    @property
    def difference(self) -> Decimal:
        """What Exact will book more than the invoice says."""
        return self.booked - self.ours


@dataclass(frozen=True, slots=True)
class VatCheck:
    """The comparison a person sees before copying. `causes` are sentences that name the lines."""

    currency: str
    lines: tuple[LineVat, ...]
    ours: Decimal
    causes: tuple[str, ...]

    @property
    def booked(self) -> Decimal:
        """The VAT that Exact will book."""
        return _sum(line.amount for line in self.lines)

    @property
    def difference(self) -> Decimal:
        """What Exact will book more than the invoice says; 0 when they agree."""
        return self.booked - self.ours

    @property
    def agrees(self) -> bool:
        """Whether Exact will book the invoice's VAT and nothing about it is odd."""
        return not self.difference and not self.causes

    @property
    def codes(self) -> list[CodeVat]:
        """The comparison per VAT code, in the order of the lines."""
        by_code: dict[str, list[LineVat]] = defaultdict(list)
        for line in self.lines:
            by_code[line.vat.code].append(line)
        return [
            CodeVat(
                vat=lines[0].vat,
                net=_sum(line.net for line in lines),
                ours=_sum(line.ours for line in lines),
                booked=_sum(line.amount for line in lines),
                computed=_sum(line.computed for line in lines),
            )
            for lines in by_code.values()
        ]


def check_vat(
    *, lines: Sequence[VatLine], total_vat: Decimal, currency: str, exact_computes: bool = False
) -> VatCheck:
    """This function will decide each line's VAT and compare it with the invoice's total VAT.

    With `exact_computes` nothing is decided here: Exact works out each line's VAT from its code.
    """
    if exact_computes:
        amounts = {line.line_id: quantize(line.exact_vat, currency) for line in lines}
    else:
        amounts = _amounts(lines, total_vat, currency)
    checked = tuple(
        LineVat(
            line_id=line.line_id,
            position=line.position,
            vat=line.vat,
            net=line.net,
            amount=amounts[line.line_id],
            computed=_computed(line, amounts[line.line_id], currency),
            ours=_ours(line, amounts[line.line_id], currency),
        )
        for line in lines
    )
    by_id = {line.line_id: line for line in lines}
    causes = [cause for line in checked if (cause := _cause(line, by_id[line.line_id], currency))]
    booked = _sum(line.amount for line in checked)
    if booked != total_vat and not causes:
        causes.append(
            sentence(
                "The lines make %(booked)s VAT, the invoice says %(ours)s.",
                booked=Money(booked, currency),
                ours=Money(total_vat, currency),
            )
        )
    return VatCheck(currency, checked, total_vat, tuple(causes))


def _ours(line: VatLine, amount: Decimal, currency: str) -> Decimal:
    """The invoice's VAT of the line: as given, or by its own rate; what is sent when the rate is the code's."""
    if line.own_vat is not None:
        return line.own_vat
    if line.fits_the_code(currency) or line.percentage is None:
        return amount
    return quantize(line.net * line.percentage / 100, currency)


def _computed(line: VatLine, amount: Decimal, currency: str) -> Decimal:
    if not line.vat.includes_vat:
        return quantize(line.exact_vat, currency)
    gross = line.net + amount
    return gross - quantize(gross / (1 + line.vat.charged_fraction), currency)


def _cause(line: LineVat, source: VatLine, currency: str) -> str:
    if source.fits_the_code(currency):
        odd = abs(line.amount - line.computed) > smallest_unit(currency)
        if not odd:
            return ""
        return sentence(
            "Line %(line)s: the invoice says %(ours)s VAT; %(rate)s would be %(computed)s.",
            line=line.position,
            ours=Money(line.amount, currency),
            rate=_charged(line.vat),
            computed=Money(line.computed, currency),
        )
    if line.ours == line.amount:
        return ""
    values: dict[str, Value] = {
        "line": line.position,
        "ours": Money(line.ours, currency),
        "code": line.vat.code,
        "code_rate": _charged(line.vat),
        "booked": Money(line.amount, currency),
    }
    if source.percentage is None:
        return sentence(
            "Line %(line)s: the invoice has %(ours)s VAT; VAT code %(code)s (%(code_rate)s) makes it %(booked)s.",
            **values,
        )
    return sentence(
        "Line %(line)s: the invoice has %(ours)s VAT at %(rate)s; VAT code %(code)s (%(code_rate)s) makes it %(booked)s.",
        rate=Percent(source.percentage.normalize()),
        **values,
    )


def _charged(vat: VatFacts) -> Percent:
    return Percent((vat.charged_fraction * 100).normalize())


# --- Spreading ------------------------------------------------------------------------------------------------------


def _amounts(lines: Sequence[VatLine], total_vat: Decimal, currency: str) -> dict[int, Decimal]:
    amounts: dict[int, Decimal] = {}
    free: list[VatLine] = []
    left = total_vat
    for line in lines:
        if not line.fits_the_code(currency):
            amounts[line.line_id] = quantize(line.exact_vat, currency)
            left -= _ours(line, _NOTHING, currency)
        elif line.own_vat is not None:
            amounts[line.line_id] = line.own_vat
            left -= line.own_vat
        elif not line.vat.charged_fraction:
            amounts[line.line_id] = _NOTHING
        else:
            free.append(line)
    return amounts | _spread(free, left, currency)


def _spread(lines: Sequence[VatLine], total: Decimal, currency: str) -> dict[int, Decimal]:
    """Round the lines' VAT so that it adds up to the total: per rate, else per line, else wherever it is nearest."""
    per_rate = _per_rate(lines, currency)
    if _sum(per_rate.values()) == total:
        return per_rate
    per_line = {line.line_id: quantize(line.exact_vat, currency) for line in lines}
    if _sum(per_line.values()) == total:
        return per_line
    return _largest_remainder(lines, total, currency) or per_rate


def _per_rate(lines: Sequence[VatLine], currency: str) -> dict[int, Decimal]:
    by_rate: dict[Decimal, list[VatLine]] = defaultdict(list)
    for line in lines:
        by_rate[line.vat.charged_fraction].append(line)
    amounts: dict[int, Decimal] = {}
    for group in by_rate.values():
        total = quantize(_sum(line.exact_vat for line in group), currency)
        amounts |= _largest_remainder(group, total, currency) or {}
    return amounts


def _largest_remainder(
    lines: Sequence[VatLine], total: Decimal, currency: str
) -> dict[int, Decimal] | None:
    """Round each line down and give the missing units to the largest remainders; None when a line would need two."""
    unit = smallest_unit(currency)
    floors = {
        line.line_id: (line.exact_vat / unit).to_integral_value(ROUND_FLOOR) * unit
        for line in lines
    }
    missing = (total - _sum(floors.values())) / unit
    if missing != missing.to_integral_value() or not 0 <= missing <= len(lines):
        return None
    # What was cut off is the larger, the more negative this difference is.
    nearest = sorted(lines, key=lambda line: (floors[line.line_id] - line.exact_vat, line.position))
    for line in nearest[: int(missing)]:
        floors[line.line_id] += unit
    return floors


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)
