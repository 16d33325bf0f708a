"""What the forms about a connection have in common: how choices are written, and what is stored but no longer offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from connector.money import format_number, format_percent
from integrations.mappings.facts import USUAL_VAT_CODE
from integrations.models import ExactConnection, LedgerAccount, VatCode

NOT_CHOSEN = gettext_lazy("Not chosen")
NAME_ERRORS = {"required": gettext_lazy("Give the connection a name.")}


def vat_code_name(row: VatCode) -> str:
    """This function will write a VAT code with its percentage: "2 BTW hoog (21%)"."""
    return f"{row} ({format_percent(row.percentage * 100)})"


def vat_choices(rows: Iterable[VatCode], empty: str) -> list[tuple[str, str]]:
    """This function will return VAT codes to choose from, the empty choice first."""
    return [("", empty), *((row.code, vat_code_name(row)) for row in rows)]


def usual_vat_choice(rows: Iterable[VatCode]) -> str:
    """This function will say what an empty VAT code comes to where Exact writes the invoice: "Exact's usual code 2 (21%)"."""
    fractions = [row.percentage for row in rows if row.code == USUAL_VAT_CODE]
    if not fractions:
        return _("Exact's usual code %(code)s") % {"code": USUAL_VAT_CODE}
    rate = format_number(fractions[0] * 100)
    return _("Exact's usual code %(code)s (%(rate)s%%)") % {"code": USUAL_VAT_CODE, "rate": rate}


def field_of(form: forms.Form, name: str) -> Any:
    """This function will return a field of a form, whatever its kind."""
    return form.fields[name]


def with_current(
    choices: list[tuple[str, str]], current: str, current_name: str = ""
) -> list[tuple[str, str]]:
    """This function will add what is stored but no longer offered, so that it is seen in place of another choice."""
    if not current or current in {value for value, _name in choices}:
        return choices
    shown = _("%(name)s (blocked or gone in Exact)") % {"name": current_name or current}
    return [*choices, (current, shown)]


def fill(
    form: forms.Form, name: str, choices: list[tuple[str, str]], current_name: str | None = ""
) -> None:
    """This function will give a select its choices, and what the form shows at first as one of them."""
    field = field_of(form, name)
    field.choices = with_current(choices, str(form.initial[name]), current_name or "")
    field.widget.attrs["class"] = "form-select"
    field.error_messages["invalid_choice"] = _("Choose one from the list.")


def ledger_names(connection: ExactConnection, exact_ids: Iterable[UUID]) -> dict[UUID, str]:
    """This function will return the names of ledger accounts, also of those that are gone."""
    rows = LedgerAccount.objects.filter(connection=connection, exact_id__in=list(exact_ids))
    return {row.exact_id: str(row) for row in rows}
