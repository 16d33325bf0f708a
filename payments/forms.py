"""The filter of the payments page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from connector.forms import StyledForm
from integrations.models import ExactConnection


class PaymentFilter(StyledForm):
    """Connection and period; all optional."""

    connection = forms.ChoiceField(required=False)
    paid_from = forms.DateField(
        required=False,
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    paid_to = forms.DateField(
        required=False,
        label="To",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, connections: Iterable[ExactConnection], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["connection"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker; declared above
        field.choices = [("", "All connections"), *((str(one.pk), one.name) for one in connections)]

    def clean(self) -> dict[str, Any]:
        """This function will refuse a period that ends before it begins."""
        values = super().clean() or {}
        first: date | None = values.get("paid_from")
        last: date | None = values.get("paid_to")
        if first and last and last < first:
            self.add_error("paid_to", "The period ends before it begins.")
        return values
