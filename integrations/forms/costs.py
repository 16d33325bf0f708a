"""The cost centers and units of service types on the mapping screen (B-14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from integrations import queries, reference_lists
from integrations.forms.choices import fill
from integrations.mappings.facts import NO_COSTS, Costs
from integrations.models import ExactConnection, ServiceType, ServiceTypeCost

CENTER_OF_TYPE = "cost_center_of_type_"
UNIT_OF_TYPE = "cost_unit_of_type_"


class CostFields:
    """A select for the cost center and one for the cost unit of each service type, of a form."""

    def __init__(
        self, form: forms.Form, connection: ExactConnection, service_types: Sequence[ServiceType]
    ) -> None:
        self._form = form
        self._service_types = service_types
        kinds = reference_lists.COST_LISTS
        known = reference_lists.freshness(connection)
        lists = [known[kind] for kind in kinds if kind in known]
        self.are_read = len(lists) == len(kinds) and all(one.refreshed_at for one in lists)
        self.problems = [one for one in lists if one.problem]
        self.centers = cost_choices(queries.list_cost_centers(connection))
        self.units = cost_choices(queries.list_cost_units(connection))
        form.initial["use_costs"] = connection.use_costs
        saved = {
            row.service_type_id: Costs(row.cost_center, row.cost_unit)
            for row in ServiceTypeCost.objects.filter(connection=connection)
        }
        for row in service_types:
            costs = saved.get(row.pk, NO_COSTS)
            words = {"name": row.name}
            self._add(
                f"{CENTER_OF_TYPE}{row.pk}",
                _("Cost center of %(name)s") % words,
                self.centers,
                costs.center,
            )
            self._add(
                f"{UNIT_OF_TYPE}{row.pk}",
                _("Cost unit of %(name)s") % words,
                self.units,
                costs.unit,
            )

    def _add(self, name: str, label: str, choices: list[tuple[str, str]], saved: str) -> None:
        self._form.fields[name] = forms.ChoiceField(label=label, required=False)
        self._form.initial[name] = saved
        fill(self._form, name, choices)

    @property
    def rows(self) -> list[tuple[ServiceType, forms.BoundField, forms.BoundField]]:
        """The rows of the table: service type, cost center and cost unit."""
        return [
            (row, self._form[f"{CENTER_OF_TYPE}{row.pk}"], self._form[f"{UNIT_OF_TYPE}{row.pk}"])
            for row in self._service_types
        ]

    def clean(self, values: Mapping[str, Any]) -> None:
        """This function will refuse what Exact no longer has, while the rules are used."""
        if not values.get("use_costs") or not self.are_read:
            return
        for row in self._service_types:
            refuse_gone(self._form, values, f"{CENTER_OF_TYPE}{row.pk}", self.centers)
            refuse_gone(self._form, values, f"{UNIT_OF_TYPE}{row.pk}", self.units)

    def chosen(self, values: Mapping[str, Any]) -> dict[int, Costs]:
        """This function will return what was chosen, by our ids of service types; those with nothing are left out."""
        found = {
            row.pk: Costs(values[f"{CENTER_OF_TYPE}{row.pk}"], values[f"{UNIT_OF_TYPE}{row.pk}"])
            for row in self._service_types
        }
        return {key: costs for key, costs in found.items() if costs != NO_COSTS}


def refuse_gone(
    form: forms.Form, values: Mapping[str, Any], name: str, usable: Sequence[tuple[str, str]]
) -> None:
    """This function will say at a field that what is chosen in it is gone in Exact."""
    if values.get(name) and values[name] not in {code for code, _name in usable}:
        form.add_error(name, _("This is not active or gone in Exact. Choose another."))


def cost_choices(rows: Any) -> list[tuple[str, str]]:
    """This function will return cost centers or units to choose from, the empty choice first."""
    return [("", _("None")), *((row.code, str(row)) for row in rows)]
