"""The forms that begin and end a connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from connector.forms import StyledForm
from integrations import queries
from integrations.exact import hosts
from integrations.forms.choices import NAME_ERRORS, field_of
from integrations.models import ExactConnection, Subsidiary


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
        error_messages=NAME_ERRORS,
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
        field_of(self, "subsidiary").queryset = queries.list_active_subsidiaries()
        field_of(self, "country").choices = country_choices()


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
