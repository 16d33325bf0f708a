"""How amounts and quantities of invoices are written."""

from __future__ import annotations

from decimal import Decimal

from django import template

from invoices import intake_changes

register = template.Library()


@register.filter
def signed(amount: Decimal, sign: int) -> Decimal:
    """This function will make a credit note's amount negative: {{ invoice.gross_amount|signed:invoice.sign }}."""
    return amount * sign if amount else amount


@register.filter
def field_label(field: str) -> str:
    """This function will say what people call a field that was changed: {{ change.field|field_label }}."""
    return intake_changes.label_of(field)
