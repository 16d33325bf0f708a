"""Fields in which an item is named by its code, with the division's items to pick from."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations import queries
from integrations.forms.choices import field_of
from integrations.mappings.reading import item_facts
from integrations.models import ExactConnection, Item

# More options than this are not put into a page: they are looked up while somebody types.
MOST_OPTIONS = 500
# Exact's codes have 30 places; spaces around them do no harm.
CODE_LENGTH = 40
LIST_ID = "item-options"


class ItemFields:
    """The item fields of a form; they share one list of options."""

    def __init__(self, form: forms.Form, connection: ExactConnection) -> None:
        self._form = form
        self._connection = connection
        self._names: list[str] = []
        sold = queries.list_sold_items(connection)
        found = list(sold[: MOST_OPTIONS + 1])
        self.is_searched = len(found) > MOST_OPTIONS
        self.options = [] if self.is_searched else found

    def fill(self, name: str, exact_id: UUID | None) -> None:
        """This function will make a field of the form one for an item, and show the one that is stored."""
        self._names.append(name)
        field = field_of(self._form, name)
        field.widget.attrs |= {
            "class": "form-control",
            "list": LIST_ID,
            "autocomplete": "off",
            "spellcheck": "false",
        }
        if self.is_searched:
            field.widget.attrs |= {
                "hx-get": reverse("connection_items", args=[self._connection.pk]),
                "hx-trigger": "input changed delay:250ms",
                "hx-target": f"#{LIST_ID}",
                "hx-sync": "this:replace",
            }
        stored = queries.find_item(self._connection, exact_id) if exact_id else None
        self._form.initial[name] = stored.code if stored else ""
        if stored:
            field.help_text = stored.description
        elif exact_id:
            field.help_text = _("The item that was chosen is not in Exact any more.")

    def clean(self, values: dict[str, Any], *, today: date) -> None:
        """This function will put the items in the place of their codes, and say at each field what can not be sold."""
        codes = [values[name] for name in self._names if values.get(name)]
        known = queries.find_items_by_code(self._connection, codes)
        for name in self._names:
            code = str(values.get(name) or "").strip()
            if not code:
                values[name] = None
                continue
            item = known.get(code.upper())
            if refusal := _refusal(code, item, today):
                self._form.add_error(name, refusal)
            else:
                values[name] = item


def _refusal(code: str, item: Item | None, today: date) -> str:
    if item is None:
        return _(
            "Item %(code)s is not in this division. Choose one of its items; if it is new there, refresh the lists first."
        ) % {"code": code}
    why = item_facts(item).why_not_sold(today)
    return _("Item %(item)s %(why)s. Choose another.") % {"item": item, "why": why} if why else ""
