"""The form of the page: a cost center and a cost unit for each client on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.forms import StyledForm
from integrations.forms.costs import CostFields, CostRow, CostTarget
from integrations.mappings.facts import NO_COSTS, Costs
from integrations.models import ExactConnection
from invoices.models import Client


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
        self._saved, self._counts = saved, counts
        targets = [CostTarget(row.pk, row.name, saved.get(row.pk, NO_COSTS)) for row in clients]
        self._costs = CostFields(self, connection, targets, prefixes=("center_", "unit_"))

    @property
    def rows(self) -> list[CostRow]:
        """The rows of the table."""
        return self._costs.rows(self._counts)

    def clean(self) -> dict[str, Any]:
        """This function will refuse what Exact no longer has, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self._costs.refuse_gone(values)
        return values

    def changes(self) -> dict[int, Costs]:
        """This function will return what is another than what is stored, by client; call it when the form is valid."""
        chosen = self._costs.chosen(self.cleaned_data)
        return {pk: costs for pk, costs in chosen.items() if costs != self._saved.get(pk, NO_COSTS)}
