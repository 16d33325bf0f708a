"""The filter of the payments page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _, gettext_lazy

from connector.forms import StyledForm, as_id
from integrations.models import ExactConnection
from invoices.forms import CleanedCharField
from payments.incoming import PaymentSelection
from payments.models import PaymentKind


def read_id(text: str) -> int:
    """This function will return the id that an address or a form names. Raises Http404 when it is none."""
    found = as_id(text)
    if found is None:
        raise Http404("No such row.")
    return found


class PaymentFilter(StyledForm):
    """Client, period, kind and connection; all optional."""

    text = CleanedCharField(
        required=False,
        label=gettext_lazy("Search"),
        max_length=100,
        widget=forms.SearchInput(
            attrs={"placeholder": gettext_lazy("Client, invoice or reference")}
        ),
    )
    connection = forms.ChoiceField(required=False, label=gettext_lazy("Connection"))
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("Any kind")), *PaymentKind.choices],
    )
    paid_from = forms.DateField(
        required=False,
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    paid_to = forms.DateField(
        required=False,
        label=gettext_lazy("To"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, connections: Sequence[ExactConnection], **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections
        field = self.fields["connection"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker; declared above
        field.choices = [
            ("", _("All connections")),
            *((str(one.pk), one.name) for one in connections),
        ]

    def as_selection(self) -> PaymentSelection:
        """This function will return what narrows the payments; a field that is not valid narrows nothing.

        Raises Http404 for a connection that is none.
        """
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if value}
        return PaymentSelection(**values | {"connection": self._connection()})

    def _connection(self) -> ExactConnection | None:
        asked = str(self.data.get("connection", ""))
        if not asked:
            return None
        wanted = read_id(asked)
        found = next((one for one in self._connections if one.pk == wanted), None)
        if found is None:
            raise Http404("No such connection.")
        return found

    def clean(self) -> dict[str, Any]:
        """This function will refuse a period that ends before it begins."""
        values = super().clean() or {}
        first: date | None = values.get("paid_from")
        last: date | None = values.get("paid_to")
        if first and last and last < first:
            self.add_error("paid_to", _("The period ends before it begins."))
        return values
