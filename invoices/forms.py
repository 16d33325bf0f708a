"""Forms of the invoice pages: what narrows the list, and the upload of a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from connector.forms import StyledForm
from integrations.models import Subsidiary
from integrations.psa.csv_file.numbers import DecimalMark
from integrations.psa.csv_file.read import MAX_BYTES
from integrations.psa.fields import clean_line
from invoices import payment_standing
from invoices.connection_health.standings import Sync
from invoices.models import InvoiceKind, InvoiceState
from invoices.queries import CopyStanding, InvoiceFilter, list_currencies

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CleanedCharField(forms.CharField):
    """Text on one line, without control characters."""

    def to_python(self, value: Any) -> str:
        """This function will clean the text by the rule of all input."""
        return clean_line(super().to_python(value) or "")


class ReasonField(CleanedCharField):
    """Why a person does something; it is kept with their name. The help text says what is worth knowing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Reason"),
            max_length=200,
            error_messages={
                "required": _("Write why, so that a colleague understands it later."),
                "max_length": _("The reason is too long: %(limit_value)s characters fit."),
            },
            **options,
        )


class FilterForm(StyledForm):
    """Narrows the invoice list down. Every field may stay empty."""

    q = CleanedCharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Number, client or subject")}),
    )
    copy = forms.ChoiceField(
        label="Exact", required=False, choices=[("", _("Any")), *CopyStanding.choices]
    )
    payment = forms.ChoiceField(
        label=_("Payment"), required=False, choices=[("", _("Any")), *payment_standing.CHOICES]
    )
    sync = forms.ChoiceField(
        label=_("Sync with Exact"), required=False, choices=[("", _("Any")), *Sync.choices]
    )
    look = forms.BooleanField(label=_("Needs a look"), required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Any")), *InvoiceState.choices]
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Any")), *InvoiceKind.choices]
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label=_("Subsidiary"), required=False, queryset=None, empty_label=_("Any")
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    from_date = forms.DateField(label=_("From"), required=False, widget=_DAY)
    to_date = forms.DateField(label=_("To"), required=False, widget=_DAY)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["subsidiary"].queryset = Subsidiary.objects.all()  # type: ignore[attr-defined]  # Field is the base
        self.fields["currency"].choices = [  # type: ignore[attr-defined]  # the same
            ("", _("Any")),
            *((code, code) for code in list_currencies()),
        ]

    def as_filter(self) -> InvoiceFilter:
        """This function will return what narrows the list; a field that is not valid narrows nothing."""
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if value}
        return InvoiceFilter(text=values.pop("q", ""), **values)


class ImportForm(StyledForm):
    """The upload of a file of invoices."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=format_lazy(
            _("UTF-8, at most {megabytes} MB and 20,000 rows; one row per line of an invoice."),
            megabytes=MAX_BYTES // 2**20,
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    subsidiary: forms.ModelChoiceField[Subsidiary] = forms.ModelChoiceField(
        label=_("Subsidiary"),
        queryset=None,
        help_text=_("The company of yours that sends these invoices."),
    )
    subsidiary_name = CleanedCharField(
        label=_("Your company"),
        max_length=120,
        help_text=_("The company that sends these invoices. It becomes your first subsidiary."),
    )
    decimal_mark = forms.ChoiceField(
        label=_("Decimals"),
        required=False,
        choices=[
            ("", _("Tell from the numbers")),
            (DecimalMark.COMMA.value, _("Comma: 1.234,50")),
            (DecimalMark.POINT.value, _("Point: 1,234.50")),
        ],
    )
    create_service_types = forms.BooleanField(
        label=_("Make service types that are not known yet"),
        required=False,
        help_text=_("Leave this off to have misspelled service types reported instead."),
    )
    again = forms.BooleanField(
        label=_("Import this file again"),
        required=False,
        help_text=_("Invoices that are here already stay as they are."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        subsidiaries = Subsidiary.objects.filter(archived_at=None)
        count = subsidiaries.count()
        if not count:
            del self.fields["subsidiary"]
            return
        del self.fields["subsidiary_name"]
        self.fields["subsidiary"].queryset = subsidiaries  # type: ignore[attr-defined]  # Field is the base
        if count == 1:
            self.fields["subsidiary"].initial = subsidiaries.first()

    def clean_file(self) -> Any:
        """This function will refuse a file that is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(megabytes)s MB. Split it between two invoices."),
                params={"megabytes": MAX_BYTES // 2**20},
            )
        return file
