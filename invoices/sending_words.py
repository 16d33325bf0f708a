"""What Exact will do with an invoice that it writes, in a sentence, and the field that says how it is sent."""

from __future__ import annotations

from integrations.models import Sending
from invoices.dialog_fields import Field, make_options
from invoices.recipients import Recipient

_SENDS = {
    Sending.ACCOUNT: "sends it as the customer prefers in Exact",
    Sending.PEPPOL: "sends it by Peppol",
    Sending.POSTBOX: "sends it to the customer's digital postbox",
}


def sending_field(sending: str, recipient: Recipient, errors: list[str]) -> Field:
    """This function will make the field that says how Exact sends the invoice, with the e-mail's recipient."""
    return Field(
        name="sending",
        label="Send",
        options=make_options(Sending.choices, sending),
        help=describe_recipient(recipient) if sending == Sending.EMAIL else "",
        errors=errors,
    )


def describe_recipient(recipient: Recipient) -> str:
    """This function will say to whom Exact e-mails the invoice, and where that address stands."""
    if recipient.email:
        return f"Exact e-mails it to {recipient} ({recipient.origin})."
    if recipient.is_missing:
        return "No e-mail address is known."
    return "Exact e-mails it to the customer's own address there."


def describe_outcome(
    *, noun: str, sign: int, journal: str, sending: str, recipient: Recipient
) -> str:
    """This function will say what Exact does once the invoice is made, and that it can not be taken back.

    `noun` is "invoice" or "credit note"; `journal` the code of the journal.
    """
    into = f"books it in journal {journal}" if journal else "books it"
    undo = "a credit note can undo it" if sign > 0 else "a new invoice can undo it"
    final = f"This can not be taken back; {undo}."
    if sending == Sending.NONE:
        return f"Exact numbers the {noun} and {into}; it is not sent. {final}"
    if sending == Sending.EMAIL:
        to = f" to {recipient}" if recipient.email else ""
        return f"Exact numbers the {noun}, {into} and e-mails it{to}. {final}"
    return f"Exact numbers the {noun}, {into} and {_SENDS[Sending(sending)]}. {final}"
