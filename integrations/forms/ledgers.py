"""The second screen of the setup window on the route on which invoices are booked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from integrations import queries
from integrations.connection_mappings import LedgerMappings, Mappings
from integrations.forms.choices import NOT_CHOSEN, fill, ledger_names
from integrations.forms.mapping import MappingForm, given
from integrations.models import Deferral, ExactConnection, ServiceType, ServiceTypeLedger

LEDGER_OF_TYPE = "service_type_"


class LedgerMappingForm(MappingForm):
    """Where invoices are booked: a ledger account for everything, and one for each service type."""

    default_ledger = forms.ChoiceField(
        label=gettext_lazy("Default Exact ledger"),
        required=False,
        help_text=gettext_lazy(
            "Used for every line, unless its service type has a ledger of its own."
        ),
    )
    manual_ledger = forms.BooleanField(
        label=gettext_lazy("Manually select ledger on invoice"),
        required=False,
        help_text=gettext_lazy(
            "Nothing is filled in beforehand: the ledger is chosen at each copy."
        ),
    )
    map_service_types = forms.BooleanField(
        label=gettext_lazy("Map service types to Exact ledger"),
        required=False,
        help_text=gettext_lazy("A service type without a ledger of its own uses the default."),
    )

    deferral = forms.ChoiceField(
        label=gettext_lazy("Spread revenue over the period of a line"),
        choices=Deferral.choices,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy(
            "The period goes along with the line, and Exact books its revenue in the months of that period instead of on "
            "the invoice's date. Ask your bookkeeper; without it nothing is spread."
        ),
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        super().__init__(*args, connection=connection, **options)
        self._ledgers = list(queries.list_revenue_ledgers(connection))
        saved = dict(
            ServiceTypeLedger.objects.filter(connection=connection).values_list(
                "service_type_id", "ledger_exact_id"
            )
        )
        default = connection.default_ledger_exact_id
        names = ledger_names(connection, [*saved.values(), *([default] if default else [])])
        self.initial.update(
            default_ledger=str(default or ""),
            manual_ledger=connection.manual_ledger,
            map_service_types=connection.map_service_types,
            deferral=connection.deferral,
        )
        fill(
            self,
            "default_ledger",
            self._choices(str(NOT_CHOSEN)),
            names.get(default or UUID(int=0)),
        )
        for row in self.service_types:
            name, current = f"{LEDGER_OF_TYPE}{row.pk}", saved.get(row.pk)
            self.fields[name] = forms.ChoiceField(label=row.name, required=False)
            self.initial[name] = str(current or "")
            fill(self, name, self._choices(_("Use the default")), names.get(current or UUID(int=0)))

    def _choices(self, empty: str) -> list[tuple[str, str]]:
        return [("", empty), *((str(row.exact_id), str(row)) for row in self._ledgers)]

    @property
    def service_type_rows(self) -> list[tuple[ServiceType, forms.BoundField, int]]:
        """The rows of the ledger table: service type, field, and how many open invoices have it."""
        return [
            (row, self[f"{LEDGER_OF_TYPE}{row.pk}"], self.count(row)) for row in self.service_types
        ]

    def clean(self) -> dict[str, Any]:
        """This function will refuse ledger accounts as well that Exact no longer takes."""
        values = super().clean()
        usable = {str(row.exact_id) for row in self._ledgers}
        for name, value in list(values.items()):
            is_ledger = name.startswith(LEDGER_OF_TYPE) or name == "default_ledger"
            if is_ledger and value and value not in usable:
                self.add_error(
                    name,
                    _("This ledger account is blocked or gone in Exact. Choose another."),
                )
        return values

    def to_mappings(self) -> Mappings:
        """This function will return what was chosen; call it when the form is valid."""
        values = self.cleaned_data
        ledgers = given(values, LEDGER_OF_TYPE, self.type_ids)
        return (
            super()
            .to_mappings()
            .with_(
                # A page that was opened before there was this field leaves it as it is.
                deferral=values["deferral"] or self.connection.deferral,
                ledgers=LedgerMappings(
                    default_exact_id=UUID(values["default_ledger"])
                    if values["default_ledger"]
                    else None,
                    manual=values["manual_ledger"],
                    map_service_types=values["map_service_types"],
                    by_service_type={pk: UUID(ledger) for pk, ledger in ledgers.items()},
                ),
            )
        )
