"""The settings screen of tax categories: each tax rate's VAT code in each connection, in one table (H-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from connector.forms import StyledForm
from integrations import queries
from integrations.forms.choices import fill, usual_vat_choice, vat_choices
from integrations.mappings.touched import RuleCounts
from integrations.models import ExactConnection, Route, TaxRate, TaxRateVatCode, VatCode


@dataclass(frozen=True, slots=True)
class Category:
    """A row of the table: a tax rate, and its field in each connection with how many open invoices have the rate."""

    tax_rate: TaxRate
    fields: Sequence[tuple[ExactConnection, forms.BoundField, int]]


class TaxCategoriesForm(StyledForm):
    """A select for each tax rate and connection; the same records as the setup's own table."""

    def __init__(
        self,
        *args: Any,
        connections: Sequence[ExactConnection],
        counts: Mapping[int, RuleCounts],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.connections = connections
        self.counts = counts
        self._tax_rates = list(queries.list_active_tax_rates())
        self._usable: dict[int, set[str]] = {}
        for connection in connections:
            codes = list(queries.list_vat_codes(connection))
            self._usable[connection.pk] = {row.code for row in codes}
            self._add_column(connection, codes)

    def _add_column(self, connection: ExactConnection, codes: Sequence[VatCode]) -> None:
        saved = dict(
            TaxRateVatCode.objects.filter(connection=connection).values_list(
                "tax_rate_id", "vat_code"
            )
        )
        for tax_rate in self._tax_rates:
            name = _name(tax_rate, connection)
            label = _("VAT code of %(rate)s in %(connection)s") % {
                "rate": tax_rate.name,
                "connection": connection.name,
            }
            self.fields[name] = forms.ChoiceField(label=label, required=False)
            self.initial[name] = saved.get(tax_rate.pk, "")
            fill(self, name, vat_choices(codes, _default_of(connection, codes)))

    @property
    def rows(self) -> list[Category]:
        """The rows of the table."""
        return [
            Category(
                rate,
                [
                    (one, self[_name(rate, one)], self.counts[one.pk].by_tax_rate.get(rate.pk, 0))
                    for one in self.connections
                ],
            )
            for rate in self._tax_rates
        ]

    def clean(self) -> dict[str, Any]:
        """This function will refuse VAT codes that Exact no longer takes, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for connection in self.connections:
            for tax_rate in self._tax_rates:
                name = _name(tax_rate, connection)
                code = values.get(name)
                if code and code not in self._usable[connection.pk]:
                    self.add_error(
                        name, _("This VAT code is blocked or gone in Exact. Choose another.")
                    )
        return values

    def vat_codes_of(self, connection: ExactConnection) -> dict[int, str]:
        """This function will return what was chosen for a connection; call it when the form is valid."""
        chosen = {rate.pk: self.cleaned_data[_name(rate, connection)] for rate in self._tax_rates}
        return {rate: code for rate, code in chosen.items() if code}


def _name(tax_rate: TaxRate, connection: ExactConnection) -> str:
    return f"rate_{tax_rate.pk}_{connection.pk}"


def _default_of(connection: ExactConnection, codes: Sequence[VatCode]) -> str:
    if connection.default_vat_code:
        return _("Default: %(code)s") % {"code": connection.default_vat_code}
    if connection.route == Route.EXACT_INVOICE:
        return usual_vat_choice(codes)
    return _("Asked at each copy")
