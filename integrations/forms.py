"""The forms of the App Marketplace. Every choice comes from our copies of Exact's lists, never from Exact itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings

from connector.forms import StyledForm
from integrations import queries
from integrations.connection_setup import Mappings
from integrations.exact import hosts
from integrations.models import (
    ExactConnection,
    LedgerAccount,
    Numbering,
    ServiceType,
    ServiceTypeLedger,
    Subsidiary,
    TaxRate,
    TaxRateVatCode,
    VatCode,
)

NUMBERING_NOTES = {
    Numbering.PSA: "The invoice keeps the number it has here. Exact books it under that number.",
    Numbering.EXACT: "The next number of the journal in Exact is used and comes back to the invoice here.",
}
_NOT_CHOSEN = "Not chosen"
_NAME_ERRORS = {"required": "Give the connection a name."}


def country_choices() -> list[tuple[str, str]]:
    """This function will return the countries that this installation offers, in the order of its setting."""
    return [(code, hosts.COUNTRIES[code].name) for code in settings.EXACT_COUNTRIES]


class ConnectForm(StyledForm):
    """The first choices: what to call the connection, whose invoices it takes, and which Exact."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="You will recognize the connection by this name.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages=_NAME_ERRORS,
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label="Subsidiary",
        queryset=None,  # set below, when the organization is known
        empty_label="Choose a subsidiary",
        help_text="Invoices billed from this subsidiary go through this connection.",
        error_messages={
            "required": "Choose the subsidiary that the invoices are billed from.",
            "invalid_choice": "Choose one of your active subsidiaries.",
        },
    )
    country = forms.ChoiceField(
        label="Exact Online of",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the country of your Exact Online.",
            "invalid_choice": "Choose one of these countries.",
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _field(self, "subsidiary").queryset = queries.list_active_subsidiaries()
        _field(self, "country").choices = country_choices()


class SettingsForm(StyledForm):
    """The first screen of the setup window. The division is not in it: choosing one is a change of its own."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=_NAME_ERRORS,
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label="Subsidiary",
        queryset=None,
        empty_label=None,
        error_messages={"invalid_choice": "Choose one of your active subsidiaries."},
    )
    numbering = forms.ChoiceField(
        label="Which system generates invoice numbers?",
        choices=Numbering.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose which system generates invoice numbers.",
            "invalid_choice": "Choose one of the two.",
        },
    )
    default_journal_code = forms.ChoiceField(
        label="Default journal",
        required=False,
        help_text="A sales journal of the division. Leave it empty to choose at each copy.",
        error_messages={"invalid_choice": "Choose a sales journal that can be booked in."},
    )
    sync_payments = forms.BooleanField(
        label="Synchronize payments from Exact",
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        options["initial"] = {
            "name": connection.name,
            "subsidiary": connection.subsidiary_id,
            "numbering": connection.numbering,
            "default_journal_code": connection.default_journal_code,
            "sync_payments": connection.sync_payments,
        } | (options.get("initial") or {})
        super().__init__(*args, **options)
        _field(self, "subsidiary").queryset = queries.list_active_subsidiaries()
        journals = [(row.code, str(row)) for row in queries.list_usable_sales_journals(connection)]
        _field(self, "default_journal_code").choices = _with_current(
            [("", _NOT_CHOSEN), *journals], connection.default_journal_code
        )
        self._usable_journals = {code for code, _ in journals}

    def clean_default_journal_code(self) -> str:
        """This function will refuse a journal that Exact no longer takes, with a sentence at the field."""
        code = str(self.cleaned_data["default_journal_code"])
        if code and code not in self._usable_journals:
            raise forms.ValidationError(f"Journal {code} can not be booked in any more.")
        return code


class MappingForm(StyledForm):
    """The second screen: a ledger and a VAT code for everything, and one for each service type and tax rate."""

    default_ledger = forms.ChoiceField(
        label="Default Exact ledger",
        required=False,
        help_text="Used for every line, unless its service type has a ledger of its own.",
    )
    manual_ledger = forms.BooleanField(
        label="Manually select ledger on invoice",
        required=False,
        help_text="Nothing is filled in beforehand: the ledger is chosen at each copy.",
    )
    map_service_types = forms.BooleanField(
        label="Map service types to Exact ledger",
        required=False,
        help_text="A service type without a ledger of its own uses the default.",
    )
    default_vat_code = forms.ChoiceField(
        label="Default VAT code",
        required=False,
        help_text="For tax rates without a VAT code of their own. Left empty, it is asked at each copy.",
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ledgers = list(queries.list_revenue_ledgers(connection))
        self._vat_codes = list(queries.list_vat_codes(connection))
        self._service_types = list(queries.list_active_service_types())
        self._tax_rates = list(queries.list_active_tax_rates())
        self.initial.update(
            default_ledger=str(connection.default_ledger_exact_id or ""),
            manual_ledger=connection.manual_ledger,
            map_service_types=connection.map_service_types,
            default_vat_code=connection.default_vat_code,
        )
        self._fill("default_ledger", self._ledger_choices(), _ledger_name(connection))
        self._fill("default_vat_code", self._vat_choices())
        self._add_service_types(connection)
        self._add_tax_rates(connection)

    def _add_service_types(self, connection: ExactConnection) -> None:
        saved = {
            row.service_type_id: row.ledger_exact_id
            for row in ServiceTypeLedger.objects.filter(connection=connection)
        }
        names = _ledger_names(connection, saved.values())
        for service_type in self._service_types:
            name = f"service_type_{service_type.pk}"
            self.fields[name] = forms.ChoiceField(label=service_type.name, required=False)
            current = saved.get(service_type.pk)
            self.initial[name] = str(current or "")
            self._fill(
                name, self._ledger_choices("Use the default"), names.get(current) if current else ""
            )

    def _add_tax_rates(self, connection: ExactConnection) -> None:
        saved = {
            row.tax_rate_id: row.vat_code
            for row in TaxRateVatCode.objects.filter(connection=connection)
        }
        for tax_rate in self._tax_rates:
            name = f"tax_rate_{tax_rate.pk}"
            self.fields[name] = forms.ChoiceField(label=tax_rate.name, required=False)
            self.initial[name] = saved.get(tax_rate.pk, "")
            self._fill(name, self._vat_choices("Use the default"))

    def _fill(
        self, name: str, choices: list[tuple[str, str]], current_name: str | None = ""
    ) -> None:
        field = _field(self, name)
        field.choices = _with_current(choices, str(self.initial[name]), current_name or "")
        field.widget.attrs["class"] = "form-select"
        field.error_messages["invalid_choice"] = "Choose one from the list."

    def _ledger_choices(self, empty: str = _NOT_CHOSEN) -> list[tuple[str, str]]:
        return [("", empty), *((str(row.exact_id), str(row)) for row in self._ledgers)]

    def _vat_choices(self, empty: str = _NOT_CHOSEN) -> list[tuple[str, str]]:
        return [("", empty), *((row.code, vat_code_name(row)) for row in self._vat_codes)]

    @property
    def service_type_rows(self) -> list[tuple[ServiceType, forms.BoundField]]:
        """The rows of the ledger table: service type and field."""
        return [(row, self[f"service_type_{row.pk}"]) for row in self._service_types]

    @property
    def tax_rate_rows(self) -> list[tuple[TaxRate, forms.BoundField]]:
        """The rows of the VAT table: tax rate and field."""
        return [(row, self[f"tax_rate_{row.pk}"]) for row in self._tax_rates]

    def clean(self) -> dict[str, Any]:
        """This function will refuse ledgers and VAT codes that Exact no longer takes, each at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        ledgers = {str(row.exact_id) for row in self._ledgers}
        codes = {row.code for row in self._vat_codes}
        for name, value in list(values.items()):
            if not isinstance(value, str) or not value:
                continue
            is_vat = name.startswith("tax_rate_") or name == "default_vat_code"
            if value not in (codes if is_vat else ledgers):
                what = "VAT code" if is_vat else "ledger account"
                self.add_error(name, f"This {what} is blocked or gone in Exact. Choose another.")
        return values

    def to_mappings(self) -> Mappings:
        """This function will return what was chosen; call it when the form is valid."""
        values = self.cleaned_data
        ledger = values["default_ledger"]
        return Mappings(
            default_ledger_exact_id=UUID(ledger) if ledger else None,
            default_vat_code=values["default_vat_code"],
            manual_ledger=values["manual_ledger"],
            map_service_types=values["map_service_types"],
            service_type_ledgers={
                row.pk: UUID(values[f"service_type_{row.pk}"])
                for row in self._service_types
                if values[f"service_type_{row.pk}"]
            },
            tax_rate_vat_codes={
                row.pk: values[f"tax_rate_{row.pk}"]
                for row in self._tax_rates
                if values[f"tax_rate_{row.pk}"]
            },
        )


class DisconnectForm(StyledForm):
    """Asks for the connection's name, so that nobody disconnects the wrong one."""

    confirmation = forms.CharField(
        label="Name of the connection",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Type the name of the connection."},
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        super().__init__(*args, **options)
        self._name = connection.name

    def clean_confirmation(self) -> str:
        """This function will compare the names, whatever their case and outer spaces."""
        typed = str(self.cleaned_data["confirmation"])
        if typed.strip().casefold() != self._name.strip().casefold():
            raise forms.ValidationError(f"This is not the name. Type: {self._name}")
        return typed


def vat_code_name(row: VatCode) -> str:
    """This function will write a VAT code with its percentage: "2 BTW hoog (21%)"."""
    percentage = (row.percentage * 100).normalize()
    return f"{row} ({percentage:f}%)"


def _field(form: forms.Form, name: str) -> Any:
    return form.fields[name]


def _with_current(
    choices: list[tuple[str, str]], current: str, current_name: str = ""
) -> list[tuple[str, str]]:
    """Add what is stored but no longer offered, so that the screen shows it in place of another choice."""
    if not current or current in {value for value, _ in choices}:
        return choices
    return [*choices, (current, f"{current_name or current} (blocked or gone in Exact)")]


def _ledger_name(connection: ExactConnection) -> str:
    stored = connection.default_ledger_exact_id
    return _ledger_names(connection, [stored]).get(stored, "") if stored else ""


def _ledger_names(connection: ExactConnection, exact_ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = LedgerAccount.objects.filter(connection=connection, exact_id__in=list(exact_ids))
    return {row.exact_id: str(row) for row in rows}
