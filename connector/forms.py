"""The look of every form: Bootstrap's classes on Django's own widgets."""

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
