"""The look of every form: Bootstrap's classes on Django's own widgets; and how ids in addresses are read."""

from __future__ import annotations

from typing import Any

from django import forms

_CLASS_BY_WIDGET: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
]


# The database's ids have no more digits.
_LONGEST_ID = 18


def as_id(text: str) -> int | None:
    """This function will return the id that a text is; None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID else None


class StyledForm(forms.Form):
    """A form whose fields are drawn with templates/shared/_form_field.html."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            _add_class(field.widget)


def _add_class(widget: forms.Widget) -> None:
    name = next(name for kind, name in _CLASS_BY_WIDGET if isinstance(widget, kind))
    classes = widget.attrs.get("class", "").split()
    if name not in classes:
        widget.attrs["class"] = " ".join([*classes, name])
