"""The filters of the invoice list as HTML. They take longer to write than fifty invoices, so what was written is remembered."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from invoices.forms import FilterForm

_REMEMBERED = 200
# By all that the filters show: the reader's language, what was chosen and what may be. A text is anybody's own.
_written: OrderedDict[tuple[object, ...], SafeString] = OrderedDict()


def write_filters(form: FilterForm, chosen: QueryDict) -> SafeString:
    """This function will write the fields of the form that was made of ``chosen``."""
    subsidiary: Any = form.fields["subsidiary"]
    currency: Any = form.fields["currency"]
    # Read once; a list would ask how many there are first.
    subsidiary.choices = [one for one in subsidiary.choices]  # noqa: C416
    # Of the other fields the choices are always the same.
    ours = [*subsidiary.choices, *currency.choices]
    values = tuple(tuple(chosen.getlist(name)) for name in form.fields)
    key = (get_language(), values, tuple((str(value), str(label)) for value, label in ours))
    if any(chosen.getlist("q")):
        return _write(form, values)
    html = _written.pop(key, None) or _write(form, values)
    _written[key] = html
    while len(_written) > _REMEMBERED:
        _written.popitem(last=False)
    return html


def _write(form: FilterForm, values: tuple[tuple[str, ...], ...]) -> SafeString:
    is_filtered = any(any(value) for value in values)
    return render_to_string("invoices/_filters.html", {"form": form, "is_filtered": is_filtered})
