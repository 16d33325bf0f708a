"""Fields for cost centers and units (B-14): of service types on the mapping screen, of clients on a page of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from integrations import queries, reference_lists
from integrations.forms.choices import fill
from integrations.mappings.facts import NO_COSTS, Costs
from integrations.models import ExactConnection, ServiceType, ServiceTypeCost


@dataclass(frozen=True, slots=True)
class CostTarget:
    """A service type or client that a rule is about."""

    pk: int
    name: str
    saved: Costs = NO_COSTS


@dataclass(frozen=True, slots=True)
class CostRow:
    """A row of the table: what the rule is about, its two fields, and how many open invoices have it."""

    pk: int
    name: str
    center: forms.BoundField
    unit: forms.BoundField
    count: int


class CostFields:
    """A select for the cost center and one for the cost unit of each target, of a form; their names begin with `prefixes`."""

    def __init__(
        self,
        form: forms.Form,
        connection: ExactConnection,
        targets: Sequence[CostTarget],
        *,
        prefixes: tuple[str, str],
    ) -> None:
        self._form, self._targets = form, targets
        self._center, self._unit = prefixes
        self._centers = _choices(queries.list_cost_centers(connection))
        self._units = _choices(queries.list_cost_units(connection))
        for one in targets:
            words = {"name": one.name}
            label = _("Cost center of %(name)s") % words
            self._add(f"{self._center}{one.pk}", label, self._centers, one.saved.center)
            label = _("Cost unit of %(name)s") % words
            self._add(f"{self._unit}{one.pk}", label, self._units, one.saved.unit)

    def _add(self, name: str, label: str, choices: list[tuple[str, str]], saved: str) -> None:
        self._form.fields[name] = forms.ChoiceField(label=label, required=False)
        self._form.initial[name] = saved
        fill(self._form, name, choices)

    def rows(self, counts: Mapping[int, int]) -> list[CostRow]:
        """This function will return the rows of the table; `counts` are the open invoices by target."""
        return [
            CostRow(
                one.pk,
                one.name,
                self._form[f"{self._center}{one.pk}"],
                self._form[f"{self._unit}{one.pk}"],
                counts.get(one.pk, 0),
            )
            for one in self._targets
        ]

    def refuse_gone(self, values: Mapping[str, Any]) -> None:
        """This function will refuse what Exact no longer has, each at its field."""
        for prefix, usable in ((self._center, self._centers), (self._unit, self._units)):
            codes = {code for code, _name in usable}
            for one in self._targets:
                name = f"{prefix}{one.pk}"
                if values.get(name) and values[name] not in codes:
                    sentence = _("This is not active or gone in Exact. Choose another.")
                    self._form.add_error(name, sentence)

    def chosen(self, values: Mapping[str, Any]) -> dict[int, Costs]:
        """This function will return what was chosen, by target."""
        return {
            one.pk: Costs(values[f"{self._center}{one.pk}"], values[f"{self._unit}{one.pk}"])
            for one in self._targets
        }


class CostsOfTypes(CostFields):
    """The rules of service types, with whether the two lists can be chosen from, and what is wrong with them."""

    def __init__(
        self, form: forms.Form, connection: ExactConnection, service_types: Sequence[ServiceType]
    ) -> None:
        kinds = reference_lists.COST_LISTS
        known = reference_lists.freshness(connection)
        lists = [known[kind] for kind in kinds if kind in known]
        self.are_read = len(lists) == len(kinds) and all(one.refreshed_at for one in lists)
        self.problems = [one for one in lists if one.problem]
        form.initial["use_costs"] = connection.use_costs
        saved = {
            row.service_type_id: Costs(row.cost_center, row.cost_unit)
            for row in ServiceTypeCost.objects.filter(connection=connection)
        }
        targets = [
            CostTarget(row.pk, row.name, saved.get(row.pk, NO_COSTS)) for row in service_types
        ]
        prefixes = ("cost_center_of_type_", "cost_unit_of_type_")
        super().__init__(form, connection, targets, prefixes=prefixes)

    def clean(self, values: Mapping[str, Any]) -> None:
        """This function will refuse what Exact no longer has, while the rules are used."""
        if values.get("use_costs") and self.are_read:
            self.refuse_gone(values)


def _choices(rows: Any) -> list[tuple[str, str]]:
    return [("", _("None")), *((row.code, str(row)) for row in rows)]
