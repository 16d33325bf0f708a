"""The form of the page: a cost center and a cost unit for each client on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from connector.forms import StyledForm
from integrations import queries
from integrations.forms.choices import fill
from integrations.forms.costs import cost_choices, refuse_gone
from integrations.mappings.facts import NO_COSTS, Costs
from integrations.models import ExactConnection
from invoices.models import Client


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client on the page, its two fields, and how many open invoices it has."""

    client: Client
    center: forms.BoundField
    unit: forms.BoundField
    count: int


class ClientCostsForm(StyledForm):
    """Cost centers and units of the clients that are shown; other clients keep theirs."""

    def __init__(
        self,
        *args: Any,
        connection: ExactConnection,
        clients: Sequence[Client],
        saved: Mapping[int, Costs],
        counts: Mapping[int, int],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.clients, self._saved, self._counts = clients, saved, counts
        self._centers = cost_choices(queries.list_cost_centers(connection))
        self._units = cost_choices(queries.list_cost_units(connection))
        for client in clients:
            costs = saved.get(client.pk, NO_COSTS)
            words = {"name": client.name}
            for name, label, choices, value in (
                (_center(client), _("Cost center of %(name)s"), self._centers, costs.center),
                (_unit(client), _("Cost unit of %(name)s"), self._units, costs.unit),
            ):
                self.fields[name] = forms.ChoiceField(label=label % words, required=False)
                self.initial[name] = value
                fill(self, name, choices)

    @property
    def rows(self) -> list[ClientRow]:
        """The rows of the table."""
        return [
            ClientRow(
                client,
                self[_center(client)],
                self[_unit(client)],
                self._counts.get(client.pk, 0),
            )
            for client in self.clients
        ]

    def clean(self) -> dict[str, Any]:
        """This function will refuse what Exact no longer has, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for client in self.clients:
            refuse_gone(self, values, _center(client), self._centers)
            refuse_gone(self, values, _unit(client), self._units)
        return values

    def changes(self) -> dict[int, Costs]:
        """This function will return what is another than what is stored, by client; call it when the form is valid."""
        chosen = {
            client.pk: Costs(self.cleaned_data[_center(client)], self.cleaned_data[_unit(client)])
            for client in self.clients
        }
        return {pk: costs for pk, costs in chosen.items() if costs != self._saved.get(pk, NO_COSTS)}


def _center(client: Client) -> str:
    return f"center_{client.pk}"


def _unit(client: Client) -> str:
    return f"unit_{client.pk}"
