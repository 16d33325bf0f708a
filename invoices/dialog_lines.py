"""The lines of the copy dialog, each with the fields of its place and its VAT code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.lines import NO_COST, Period, PlacedCost
from integrations.mappings.resolve import ResolvedLine
from invoices.copy_forms import DialogInput
from invoices.dialog_fields import Field, vat_options, with_reason
from invoices.document_texts import one_line, shorten
from invoices.places import place_of

_DESCRIPTION_SHOWN = 90


@dataclass(frozen=True, slots=True)
class DialogLine:
    """A line of the invoice with its two fields."""

    line_id: int
    position: int
    description: str
    service_type: str
    percentage: Decimal | None
    net: Decimal
    place: Field
    vat: Field
    period: Period | None = None
    period_reason: str = ""
    cost_center: PlacedCost = NO_COST
    cost_unit: PlacedCost = NO_COST

    @property
    def has_costs(self) -> bool:
        """Whether there is anything to say of a cost center or cost unit."""
        return bool(self.cost_center.reason or self.cost_unit.reason)


class FindErrors(Protocol):
    """Finds the sentences at a field, by how the codes of its gaps begin."""

    def __call__(self, *prefixes: str, line_id: int | None = None) -> Sequence[str]: ...


def draw_line(
    resolved: ResolvedLine,
    net: Decimal,
    *,
    facts: ConnectionFacts,
    filled: DialogInput,
    errors: FindErrors,
) -> DialogLine:
    """This function will return a line as the dialog shows it. `net` is in the invoice's currency."""
    line, place = resolved.line, place_of(facts.route)
    field = place.line_field(resolved, facts, filled.choices, filled.typed)
    return DialogLine(
        line_id=line.line_id,
        position=line.position,
        description=shorten(one_line(line.description), _DESCRIPTION_SHOWN),
        service_type=line.service_type_name,
        percentage=line.percentage,
        net=net,
        place=replace(field, errors=errors(*place.gap_codes, line_id=line.line_id)),
        period=line.period,
        period_reason=resolved.period_reason,
        cost_center=resolved.cost_center,
        cost_unit=resolved.cost_unit,
        vat=replace(_vat(resolved, facts, filled), errors=errors("vat_", line_id=line.line_id)),
    )


def _vat(resolved: ResolvedLine, facts: ConnectionFacts, filled: DialogInput) -> Field:
    line = resolved.line
    is_suggested = line.line_id in filled.suggested_lines
    reason = _("suggested: same percentage") if is_suggested else resolved.vat_reason
    return Field(
        name=f"vat_{line.line_id}",
        label=_("VAT code of line %(line)s") % {"line": line.position},
        blank=_("Automatic"),
        options=vat_options(facts, filled.choices.line_vat_codes.get(line.line_id, "")),
        now=with_reason(str(resolved.vat), reason) if resolved.vat else _("nothing chosen"),
    )
