"""How values are written on pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from connector.money import format_amount, format_money, format_number, format_percent

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """This function will write an amount with its currency: {{ invoice.gross_amount|money:invoice.currency }}."""
    return "" if amount is None else format_money(amount, currency)


@register.filter
def amount(value: Decimal | None, currency: str) -> str:
    """This function will write an amount without its currency, for columns that name it once."""
    return "" if value is None else format_amount(value, currency)


@register.filter
def plain(number: Decimal | None) -> str:
    """This function will write a quantity, price or rate without the zeros behind it: {{ line.quantity|plain }}."""
    return "" if number is None else format_number(number)


@register.filter
def percent(percentage: Decimal | None) -> str:
    """This function will write a percentage, 21 for 21 %: {{ line.discount_percentage|percent }}."""
    return "" if percentage is None else format_percent(percentage)


@register.filter
def entry(values: Mapping[str, object], key: str) -> object:
    """This function will return the entry of a mapping, or the key itself when it has none."""
    return values.get(key, key)


@register.filter
def within(label: object) -> str:
    """This function will write a label inside a sentence: it begins small, but in German, where it may be a noun."""
    text = str(label)
    return text if (get_language() or "").startswith("de") else text[:1].lower() + text[1:]


@register.simple_tag
def ago(at: datetime, shown: str = "") -> SafeString:
    """This function will write how long ago something was (or `shown`); hover, focus and touch show the exact time.

    Within a sentence that is translated: {% ago run.last_at as when %}, then {{ when }} in the sentence.
    """
    text = render_to_string("shared/_ago.html", {"at": at, "shown": shown})
    return mark_safe(text.strip())  # noqa: S308  # a template of ours, which escapes
