"""The forms that begin and end a connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _

from connector.forms import StyledForm
from integrations import countries, queries
from integrations.forms.choices import NAME_ERRORS, field_of
from integrations.models import ExactConnection, Subsidiary


def country_choices() -> list[tuple[str, str]]:
    """This function will return the countries that this installation offers, in the order of its setting."""
    return [(code, countries.name_of(code)) for code in settings.EXACT_COUNTRIES]


class ConnectForm(StyledForm):
    """The first choices: what to call the connection, whose invoices it takes, and which Exact."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("You will recognize the connection by this name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages=NAME_ERRORS,
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label=_("Subsidiary"),
        queryset=None,  # set below, when the organization is known
        empty_label=_("Choose a subsidiary"),
        help_text=_("Invoices billed from this subsidiary go through this connection."),
        error_messages={
            "required": _("Choose the subsidiary that the invoices are billed from."),
            "invalid_choice": _("Choose one of your active subsidiaries."),
        },
    )
    country = forms.ChoiceField(
        label=_("Exact Online of"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the country of your Exact Online."),
            "invalid_choice": _("Choose one of these countries."),
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field_of(self, "subsidiary").queryset = queries.list_active_subsidiaries()
        field_of(self, "country").choices = country_choices()


class DisconnectForm(StyledForm):
    """Asks for the connection's name, so that nobody disconnects the wrong one."""

    confirmation = forms.CharField(
        label=_("Name of the connection"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": _("Type the name of the connection.")},
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        super().__init__(*args, **options)
        self._name = connection.name

    def clean_confirmation(self) -> str:
        """This function will compare the names, whatever their case and outer spaces."""
        typed = str(self.cleaned_data["confirmation"])
        if typed.strip().casefold() != self._name.strip().casefold():
            raise forms.ValidationError(
                gettext("This is not the name. Type: %(name)s") % {"name": self._name}
            )
        return typed
