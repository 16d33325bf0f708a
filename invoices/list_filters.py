"""The filters of the invoice list as HTML. They take longer to write than fifty invoices, so what was written is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from invoices.forms import FilterForm

_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class _Shown:
    """All that the filters show: the reader's language, what may be chosen and what was."""

    language: str | None
    chosen: tuple[tuple[str, ...], ...]
    choices: tuple[tuple[str, str], ...]
    form: FilterForm = field(compare=False)


def write_filters(form: FilterForm, chosen: QueryDict) -> SafeString:
    """This function will write the fields of the form that was made of ``chosen``."""
    subsidiary: Any = form.fields["subsidiary"]
    currency: Any = form.fields["currency"]
    # Read once; a list would ask how many there are first.
    subsidiary.choices = [one for one in subsidiary.choices]  # noqa: C416
    # Of the other fields the choices are always the same.
    ours = [*subsidiary.choices, *currency.choices]
    shown = _Shown(
        language=get_language(),
        chosen=tuple(tuple(chosen.getlist(name)) for name in form.fields),
        choices=tuple((str(value), str(label)) for value, label in ours),
        form=form,
    )
    return _write(shown)


@lru_cache(maxsize=_REMEMBERED)
def _write(shown: _Shown) -> SafeString:
    is_filtered = any(any(values) for values in shown.chosen)
    return render_to_string(
        "invoices/_filters.html", {"form": shown.form, "is_filtered": is_filtered}
    )
