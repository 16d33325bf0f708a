"""The second screen of the setup window: what lines are booked on or sold as, with which VAT code, on what condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from connector.forms import StyledForm
from integrations import queries
from integrations.connection_mappings import Mappings, RateCodes
from integrations.forms.choices import NOT_CHOSEN, fill, vat_choices
from integrations.forms.costs import CostRow, CostsOfTypes
from integrations.mappings.facts import NO_COSTS
from integrations.mappings.situations import Situation, situation_name
from integrations.mappings.touched import RuleCounts
from integrations.models import (
    ExactConnection,
    PaymentCondition,
    ServiceType,
    ServiceTypeItem,
    TaxRate,
    TaxRateVatCode,
)

VAT_OF_TYPE = "vat_of_type_"
RATE = "tax_rate_"
RATE_IN_EU = "eu_rate_"
RATE_OF_EXPORT = "export_rate_"
_ABROAD = (RATE_IN_EU, RATE_OF_EXPORT)


@dataclass(frozen=True, slots=True)
class AbroadCell:
    """The field of a tax rate's VAT code in one situation, and how many open invoices are in it."""

    field: forms.BoundField
    label: str
    count: int


class MappingForm(StyledForm):
    """What both routes ask: VAT codes of tax rates and service types, and a payment condition."""

    default_vat_code = forms.ChoiceField(
        label=gettext_lazy("Default VAT code"),
        required=False,
        help_text=gettext_lazy(
            "For tax rates without a VAT code of their own. Left empty, it is asked at each copy."
        ),
    )
    payment_condition = forms.ChoiceField(
        label=gettext_lazy("Payment condition"),
        required=False,
        help_text=gettext_lazy(
            "Goes on every invoice, and on customers that are made in Exact. Left empty, Exact takes the "
            "customer's own, or the default that is set there."
        ),
    )

    use_costs = forms.BooleanField(
        label=gettext_lazy("Give lines a cost center or cost unit by rule"),
        required=False,
        help_text=gettext_lazy(
            "What a line brings from the PSA goes first, then the client's, then the service type's."
        ),
    )

    def __init__(
        self,
        *args: Any,
        connection: ExactConnection,
        today: date,
        counts: RuleCounts,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.connection = connection
        self.today = today
        self.counts = counts
        self.vat_codes = list(queries.list_vat_codes(connection))
        self._conditions = list(queries.list_payment_conditions(connection))
        self.service_types = list(queries.list_active_service_types())
        self._tax_rates = list(queries.list_active_tax_rates())
        self.initial.update(
            default_vat_code=connection.default_vat_code,
            payment_condition=connection.payment_condition_code,
        )
        fill(self, "default_vat_code", vat_choices(self.vat_codes, self.empty_vat_code()))
        conditions = [(row.code, str(row)) for row in self._conditions]
        fill(
            self, "payment_condition", [("", _("Exact's own")), *conditions], self._condition_name()
        )
        self._add_vat_codes()
        self.costs = CostsOfTypes(self, connection, self.service_types)

    def empty_vat_code(self) -> str:
        """This function will say what no default VAT code comes to."""
        return str(NOT_CHOSEN)

    def _condition_name(self) -> str:
        code = self.connection.payment_condition_code
        rows = PaymentCondition.objects.filter(connection=self.connection, code=code)
        return str(rows.first() or code)

    def _add_vat_codes(self) -> None:
        rates = {
            row.tax_rate_id: row
            for row in TaxRateVatCode.objects.filter(connection=self.connection)
        }
        types = dict(
            ServiceTypeItem.objects.filter(connection=self.connection).values_list(
                "service_type_id", "vat_code"
            )
        )
        for tax_rate in self._tax_rates:
            saved = rates.get(tax_rate.pk) or TaxRateVatCode()
            self._add_vat_code(f"{RATE}{tax_rate.pk}", tax_rate.name, saved.vat_code)
            for prefix, situation, code in (
                (RATE_IN_EU, Situation.REVERSE_CHARGE, saved.reverse_charge_vat_code),
                (RATE_OF_EXPORT, Situation.EXPORT, saved.export_vat_code),
            ):
                label = _("VAT code of %(rate)s for %(situation)s") % {
                    "rate": tax_rate.name,
                    "situation": situation_name(situation),
                }
                self._add_vat_code(f"{prefix}{tax_rate.pk}", label, code, _("As at home"))
        for row in self.service_types:
            self._add_vat_code(
                f"{VAT_OF_TYPE}{row.pk}",
                _("VAT code of %(name)s") % {"name": row.name},
                types.get(row.pk),
                _("As the tax rate"),
            )

    def _add_vat_code(self, name: str, label: str, saved: str | None, empty: str = "") -> None:
        self.fields[name] = forms.ChoiceField(label=label, required=False)
        self.initial[name] = saved or ""
        fill(self, name, vat_choices(self.vat_codes, empty or _("Use the default")))

    @property
    def tax_rate_rows(self) -> list[tuple[TaxRate, forms.BoundField, int]]:
        """The rows of the VAT table: tax rate, field, and how many open invoices have it."""
        return [
            (row, self[f"{RATE}{row.pk}"], self.counts.by_tax_rate.get(row.pk, 0))
            for row in self._tax_rates
        ]

    @property
    def abroad_rows(self) -> list[tuple[TaxRate, list[AbroadCell]]]:
        """The rows of the table for customers abroad: tax rate, and what EU reverse charge and export are there."""
        return [
            (
                row,
                [
                    AbroadCell(
                        self[f"{prefix}{row.pk}"],
                        name,
                        self.counts.by_situation.get((row.pk, situation), 0),
                    )
                    for prefix, situation, name in (
                        (RATE_IN_EU, Situation.REVERSE_CHARGE, _("EU reverse charge")),
                        (RATE_OF_EXPORT, Situation.EXPORT, _("Export")),
                    )
                ],
            )
            for row in self._tax_rates
        ]

    @property
    def has_codes_abroad(self) -> bool:
        """Whether the table for customers abroad has to be seen: something in it is chosen, wrong, or needed."""
        return any(
            cell.field.value() or cell.field.errors or cell.count
            for _rate, cells in self.abroad_rows
            for cell in cells
        )

    @property
    def service_type_vat_rows(self) -> list[tuple[ServiceType, forms.BoundField, int]]:
        """Service type, the field of its VAT code, and how many open invoices have it."""
        return [
            (row, self[f"{VAT_OF_TYPE}{row.pk}"], self.count(row)) for row in self.service_types
        ]

    def count(self, service_type: ServiceType) -> int:
        """This function will return how many open invoices have a line of the service type."""
        return self.counts.by_service_type.get(service_type.pk, 0)

    @property
    def has_vat_code_by_type(self) -> bool:
        """Whether the table that most do without has to be seen: something is chosen in it, or wrong."""
        return any(
            field.value() or field.errors for _row, field, _count in self.service_type_vat_rows
        )

    def clean(self) -> dict[str, Any]:
        """This function will refuse what Exact no longer takes, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        usable = {row.code for row in self.vat_codes}
        for name, value in list(values.items()):
            is_vat = name.startswith((RATE, *_ABROAD, VAT_OF_TYPE)) or name == "default_vat_code"
            if is_vat and value and value not in usable:
                self.add_error(
                    name, _("This VAT code is blocked or gone in Exact. Choose another.")
                )
        condition = values.get("payment_condition")
        if condition and condition not in {row.code for row in self._conditions}:
            self.add_error(
                "payment_condition",
                _("This payment condition is blocked or gone in Exact. Choose another."),
            )
        self.costs.clean(values)
        return values

    def to_mappings(self) -> Mappings:
        """This function will return what was chosen; call it when the form is valid."""
        values = self.cleaned_data
        return Mappings(
            default_vat_code=values["default_vat_code"],
            payment_condition_code=values["payment_condition"],
            tax_rate_vat_codes={
                row.pk: RateCodes(*(values[f"{prefix}{row.pk}"] for prefix in (RATE, *_ABROAD)))
                for row in self._tax_rates
            },
            service_type_vat_codes=given(values, VAT_OF_TYPE, self.type_ids),
            use_costs=values["use_costs"],
            service_type_costs={
                pk: costs for pk, costs in self.costs.chosen(values).items() if costs != NO_COSTS
            },
        )

    @property
    def cost_rows(self) -> list[CostRow]:
        """The rows of the table of costs."""
        return self.costs.rows(self.counts.by_service_type)

    @property
    def type_ids(self) -> list[int]:
        """Our ids of the service types on the screen."""
        return [row.pk for row in self.service_types]


def given(values: Mapping[str, Any], prefix: str, keys: list[int]) -> dict[int, Any]:
    """This function will return what was chosen in the fields of one kind, by the ids of our rows."""
    return {key: values[f"{prefix}{key}"] for key in keys if values[f"{prefix}{key}"]}
