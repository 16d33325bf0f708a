"""The fields of the mapping page in which what is suggested is decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.forms.items import ITEM_OF_TYPE
from integrations.forms.ledgers import LEDGER_OF_TYPE
from integrations.forms.mapping import RATE, RATE_IN_EU, RATE_OF_EXPORT
from integrations.mappings.situations import Situation
from integrations.mappings.suggestions import About, Suggestion
from integrations.models import ExactConnection, Route

_OF_RATE = {
    Situation.DOMESTIC: RATE,
    Situation.REVERSE_CHARGE: RATE_IN_EU,
    Situation.EXPORT: RATE_OF_EXPORT,
}
_OF_TYPE = {Route.BOOKING: LEDGER_OF_TYPE, Route.EXACT_INVOICE: ITEM_OF_TYPE}


@dataclass(frozen=True, slots=True)
class SuggestedRow:
    """A suggestion with the name of its field, and the key by which a person accepts exactly this value."""

    it: Suggestion
    field: str

    @property
    def key(self) -> str:
        """The field and the value: when either is another by now, nothing is accepted."""
        return f"{self.field}:{self.it.proposed}"


def rows(connection: ExactConnection, suggestions: Iterable[Suggestion]) -> list[SuggestedRow]:
    """This function will tie suggestions to the fields of the connection's mapping page."""
    of_type = _OF_TYPE[Route(connection.route)]
    return [
        SuggestedRow(
            one,
            f"{of_type if one.about == About.SERVICE_TYPE else _OF_RATE[one.situation]}{one.pk}",
        )
        for one in suggestions
    ]
