"""The first screen of the setup window: how invoices get into Exact, who numbers them, where they go."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from connector.forms import StyledForm
from integrations import queries
from integrations.connection_setup import Settings
from integrations.forms.choices import NAME_ERRORS, NOT_CHOSEN, field_of, with_current
from integrations.models import (
    CreditSign,
    ExactConnection,
    Numbering,
    Route,
    Sending,
    Subsidiary,
)

# Value, what it is called here, and a sentence on it.
ROUTES = (
    (
        Route.BOOKING,
        gettext_lazy("Book the invoice"),
        gettext_lazy(
            "Your PSA makes the invoice and sends it. Exact books it, each line on a ledger account."
        ),
    ),
    (
        Route.EXACT_INVOICE,
        gettext_lazy("Let Exact write and send the invoice"),
        gettext_lazy(
            "Exact makes the invoice from items, numbers it and sends it, in the layout that you set up there."
        ),
    ),
)
NUMBERINGS = (
    (
        Numbering.PSA,
        Numbering.PSA.label,
        gettext_lazy("The invoice keeps the number it has here. Exact books it under that number."),
    ),
    (
        Numbering.EXACT,
        Numbering.EXACT.label,
        gettext_lazy(
            "The next number of the journal in Exact is used and comes back to the invoice here."
        ),
    ),
)

_OLDEST = date(1900, 1, 1)


class SettingsForm(StyledForm):
    """The first screen of the setup window. The division is not in it: choosing one is a change of its own.

    Fields that the chosen route has no use for may be missing; they stay as they are then.
    """

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=NAME_ERRORS,
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label=gettext_lazy("Subsidiary"),
        queryset=None,
        empty_label=None,
        error_messages={"invalid_choice": gettext_lazy("Choose one of your active subsidiaries.")},
    )
    route = forms.ChoiceField(
        label=gettext_lazy("How do invoices get into Exact?"),
        choices=Route.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the two.")},
    )
    numbering = forms.ChoiceField(
        label=gettext_lazy("Which system generates invoice numbers?"),
        choices=Numbering.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the two.")},
    )
    sending = forms.ChoiceField(
        label=gettext_lazy("How does Exact send it?"),
        choices=Sending.choices,
        required=False,
        help_text=gettext_lazy(
            "By e-mail, it goes to the contact of the invoice, or else to the customer's address."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose one from the list.")},
    )
    credit_sign = forms.ChoiceField(
        label=gettext_lazy("Amounts of a credit note"),
        choices=CreditSign.choices,
        required=False,
        help_text=gettext_lazy(
            "Exact usually takes them as negative amounts. "
            "Choose Positive if credit notes arrive there as if they were invoices."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose one from the list.")},
    )
    default_journal_code = forms.ChoiceField(
        label=gettext_lazy("Default journal"),
        required=False,
        help_text=gettext_lazy("A sales journal of the division."),
        error_messages={
            "invalid_choice": gettext_lazy("Choose a sales journal that can be booked in.")
        },
    )
    sync_payments = forms.BooleanField(
        label=gettext_lazy("Synchronize payments from Exact"),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    payments_from = forms.DateField(
        label=gettext_lazy("Of invoices dated from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Payments booked in Exact before the sync was on are read too. Empty: those of all invoices. "
            "Those of invoices that were copied from here are always read."
        ),
    )

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        options["initial"] = {
            "name": connection.name,
            "subsidiary": connection.subsidiary_id,
            "route": connection.route,
            "numbering": connection.numbering,
            "sending": connection.sending,
            "credit_sign": connection.credit_sign,
            "default_journal_code": connection.default_journal_code,
            "sync_payments": connection.sync_payments,
            "payments_from": connection.payments_from,
        } | (options.get("initial") or {})
        super().__init__(*args, **options)
        field_of(self, "subsidiary").queryset = queries.list_active_subsidiaries()
        journals = [(row.code, str(row)) for row in queries.list_usable_sales_journals(connection)]
        field_of(self, "default_journal_code").choices = with_current(
            [("", str(NOT_CHOSEN)), *journals], connection.default_journal_code
        )
        self._usable_journals = {code for code, _name in journals}
        for name in ("sending", "credit_sign"):
            # They always have a value; only who does not know the field may leave it out.
            self.fields[name].required = not self.is_bound or name in self.data

    @property
    def shown_route(self) -> str:
        """The route that is ticked now."""
        value = self["route"].value()
        return str(value) if value in Route.values else str(self.initial["route"])

    @property
    def is_credit_sign_unusual(self) -> bool:
        """Whether the choice that hardly anybody needs has to be seen."""
        return self["credit_sign"].value() == CreditSign.POSITIVE or bool(
            self["credit_sign"].errors
        )

    def clean_route(self) -> str:
        """This function will keep the present route when none was sent."""
        return self._or_as_it_is("route")

    def clean_sending(self) -> str:
        """This function will keep the present way of sending when none was sent."""
        return self._or_as_it_is("sending")

    def clean_credit_sign(self) -> str:
        """This function will keep the present sign when none was sent."""
        return self._or_as_it_is("credit_sign")

    def _or_as_it_is(self, name: str) -> str:
        return str(self.cleaned_data[name] or self.initial[name])

    def clean_default_journal_code(self) -> str:
        """This function will refuse a journal that Exact no longer takes, with a sentence at the field."""
        code = str(self.cleaned_data["default_journal_code"])
        if code and code not in self._usable_journals:
            raise forms.ValidationError(
                _("Journal %(code)s can not be booked in any more.") % {"code": code}
            )
        return code

    def clean_payments_from(self) -> date | None:
        """This function will refuse a day to come, and keep the present one when none was sent."""
        day: date | None = self.cleaned_data["payments_from"]
        if "payments_from" not in self.data:
            return cast("date | None", self.initial["payments_from"])
        if day is not None and not _OLDEST <= day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day between 1900 and today, or none."))
        return day

    def clean(self) -> dict[str, Any]:
        """This function will ask for what the route needs: a numbering, or a journal that Exact numbers in."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("route") == Route.EXACT_INVOICE:
            self.errors.pop("numbering", None)
            values["numbering"] = Numbering.EXACT.value
            if self._usable_journals and values.get("default_journal_code") == "":
                self.add_error(
                    "default_journal_code", _("Choose the sales journal that Exact numbers in.")
                )
        elif values.get("numbering") == "":
            self.add_error("numbering", _("Choose which system generates invoice numbers."))
        return values

    def to_settings(self) -> Settings:
        """This function will return what was chosen; call it when the form is valid."""
        return Settings(**{name: self.cleaned_data[name] for name in Settings.__annotations__})
