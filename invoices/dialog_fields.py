"""What the copy dialog's template draws a field from, whatever it is a field for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from connector.money import format_percent
from integrations.mappings.facts import ConnectionFacts, VatFacts
from integrations.mappings.lines import tell


@dataclass(frozen=True, slots=True)
class Option:
    """An entry of a select."""

    value: str
    label: str
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A select, or with `is_typed` a text field with a list of suggestions.

    `label` names it for everybody, or, at a line, for screen readers. `now` is what a line comes to, with the reason.
    """

    name: str
    label: str
    blank: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    is_typed: bool = False
    is_optional: bool = False
    is_disabled: bool = False
    help: str = ""
    now: str = ""
    errors: Sequence[str] = ()

    @property
    def html_id(self) -> str:
        """The id of the control on the page."""
        return self.name.replace("_", "-")


def make_options(
    rows: Iterable[tuple[str, str]], chosen: str, chosen_label: str = ""
) -> list[Option]:
    """This function will make options; what was chosen stays on the list even when it can no longer be used."""
    options = [Option(value, label, value == chosen) for value, label in rows]
    if chosen and not any(option.is_selected for option in options):
        options.insert(
            0, Option(chosen, _("%(name)s (not usable)") % {"name": chosen_label or chosen}, True)
        )
    return options


def vat_label(vat: VatFacts) -> str:
    """This function will name a VAT code with its percentage, since descriptions do not always tell it."""
    rate = format_percent(vat.charged_fraction * 100)
    return f"{vat.code} · {rate} {vat.description}".strip()


def vat_options(facts: ConnectionFacts, chosen: str) -> list[Option]:
    """This function will return the VAT codes that sales may carry; none while the division has none."""
    if not facts.sales_vat_codes:
        return []
    return make_options(
        ((row.code, vat_label(row)) for row in facts.sales_vat_codes),
        chosen,
        str(facts.vat_codes.get(chosen, "")),
    )


def vat_field(facts: ConnectionFacts, chosen: str, *, is_suggested: bool) -> Field:
    """This function will make the field of the VAT code for the whole invoice."""
    has_codes = bool(facts.sales_vat_codes)
    return Field(
        name="vat_code",
        label=_("VAT code"),
        blank=_("As each line says") if has_codes else _("No VAT codes in Exact yet"),
        options=vat_options(facts, chosen),
        is_disabled=not has_codes,
        help=_("Suggested: the only code with the invoice’s percentage. Please check.")  # noqa: RUF001  # as on pages
        if is_suggested
        else _("For lines whose tax rate is not mapped."),
    )


def with_reason(name: str, reason: str) -> str:
    """This function will write what a line comes to: "8000 Revenue · default"."""
    return f"{name} · {tell(reason)}" if reason else name
