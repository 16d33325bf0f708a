"""What every dialog has (connector/dialogs.py)."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_block_tag(takes_context=True)
def dialogform(context: template.Context, content: str, address: str = "") -> str:
    """This function will make a dialog's form of what is between {% dialogform %} and {% enddialogform %}.

    It is sent to the ``address``, that of the page when left out: by htmx within the dialog, else as a page of its own.
    """
    values = {
        "address": address or context["request"].path,
        "content": content,
        "csrf_token": context.get("csrf_token"),
    }
    return render_to_string("shared/_dialog_form.html", values)
