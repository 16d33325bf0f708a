"""What Exact will do with an invoice that it writes, in a sentence, and the field that says how it is sent."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.models import Sending
from invoices.dialog_fields import Field, make_options
from invoices.recipients import Recipient


def sending_field(sending: str, recipient: Recipient, errors: list[str]) -> Field:
    """This function will make the field that says how Exact sends the invoice, with the e-mail's recipient."""
    return Field(
        name="sending",
        label=_("Send"),
        options=make_options([(value, str(label)) for value, label in Sending.choices], sending),
        help=describe_recipient(recipient) if sending == Sending.EMAIL else "",
        errors=errors,
    )


def describe_recipient(recipient: Recipient) -> str:
    """This function will say to whom Exact e-mails the invoice, and where that address stands."""
    if recipient.email:
        return _("Exact e-mails it to %(recipient)s (%(origin)s).") % {
            "recipient": recipient,
            "origin": recipient.origin,
        }
    if recipient.is_missing:
        return _("No e-mail address is known.")
    return _("Exact e-mails it to the customer's own address there.")


def describe_outcome(
    *, noun: str, sign: int, journal: str, sending: str, recipient: Recipient
) -> str:
    """This function will say what Exact does once the invoice is made, and that it can not be taken back.

    `noun` is what the invoice is called within a sentence; `journal` the code of the journal.
    """
    books = _what_it_does(sending, recipient) % {
        "noun": noun,
        "journal": journal,
        "recipient": recipient,
    }
    final = (
        _("This can not be taken back; a credit note can undo it.")
        if sign > 0
        else _("This can not be taken back; a new invoice can undo it.")
    )
    return f"{books} {final}"


def _what_it_does(sending: str, recipient: Recipient) -> str:
    match sending:
        case Sending.NONE:
            return _(
                "Exact numbers the %(noun)s and books it in journal %(journal)s; it is not sent."
            )
        case Sending.EMAIL if recipient.email:
            return _(
                "Exact numbers the %(noun)s, books it in journal %(journal)s and e-mails it to %(recipient)s."
            )
        case Sending.EMAIL:
            return _("Exact numbers the %(noun)s, books it in journal %(journal)s and e-mails it.")
        case Sending.PEPPOL:
            return _(
                "Exact numbers the %(noun)s, books it in journal %(journal)s and sends it by Peppol."
            )
        case Sending.POSTBOX:
            return _(
                "Exact numbers the %(noun)s, books it in journal %(journal)s and sends it to the customer's digital postbox."
            )
        case _other:
            return _(
                "Exact numbers the %(noun)s, books it in journal %(journal)s and sends it as the customer prefers in Exact."
            )
