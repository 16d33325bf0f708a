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
_TEXT = "q"
# By all that the filters show: the reader's language, what was chosen and what may be. A text is anybody's own, so its field
# is written each time.
_written: OrderedDict[tuple[object, ...], SafeString] = OrderedDict()


def write_filters(form: FilterForm, chosen: QueryDict) -> SafeString:
    """This function will write the fields of the form that was made of ``chosen``."""
    subsidiary: Any = form.fields["subsidiary"]
    currency: Any = form.fields["currency"]
    # Read in one statement; the field itself would take three, for what may be many.
    companies = [(one.pk, str(one)) for one in subsidiary.queryset]
    subsidiary.choices = [("", subsidiary.empty_label), *companies]
    # Of the other fields the choices are always the same.
    ours = [*subsidiary.choices, *currency.choices]
    values = tuple(tuple(chosen.getlist(name)) for name in form.fields if name != _TEXT)
    is_filtered = any(any(value) for value in (*values, chosen.getlist(_TEXT)))
    shown = tuple((str(value), str(label)) for value, label in ours)
    key = (get_language(), values, is_filtered, shown)
    others = _written.pop(key, None) or render_to_string(
        "invoices/_filters.html", {"form": form, "is_filtered": is_filtered}
    )
    _written[key] = others
    while len(_written) > _REMEMBERED:
        _written.popitem(last=False)
    return render_to_string("shared/_form_field.html", {"field": form[_TEXT]}) + others
