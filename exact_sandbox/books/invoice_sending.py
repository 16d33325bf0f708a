"""Sends printed sales invoices: by e-mail, to a digital postbox or over Peppol, into the outbox.

Each way succeeds or fails on its own and says so in the answer; the invoice is booked all the same.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from exact_sandbox.books.invoice_document import company_email
from exact_sandbox.invoice_pdf import PrintedInvoice
from exact_sandbox.messages import property_word
from exact_sandbox.outbox import EMAIL, PEPPOL, POSTBOX, Attachment, Message, send
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_BY_EMAIL, _BY_POSTBOX, _BY_PEPPOL = 2, 4, 32  # InvoicingMethod of an account
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_PEPPOL_NUMBERS = ("PeppolIdentifier", "ChamberOfCommerce", "VATNumber")


@dataclass(frozen=True, slots=True)
class Shipment:
    """A printed invoice ready to go: to whom, from where, and the file."""

    invoice_id: str
    printed: PrintedInvoice
    pdf: bytes
    customer: Record
    contact: Record | None
    sender: str


def ways(sent: Record, customer: Record) -> set[str]:
    """Return how an invoice goes out: the flags of the request, else what the account prefers."""
    flags = {
        EMAIL: bool(sent.get("SendEmailToCustomer")),
        POSTBOX: bool(sent.get("SendInvoiceToCustomerPostbox")),
        PEPPOL: bool(sent.get("SendInvoiceViaPeppol")),
    }
    chosen = {way for way, wanted in flags.items() if wanted}
    if EMAIL in chosen:
        chosen.discard(POSTBOX)  # "This option overrules SendInvoiceToCustomerPostbox."
    if not chosen and sent.get("SendOutputBasedOnAccount"):
        method = customer.get("InvoicingMethod")
        preferred = {_BY_EMAIL: EMAIL, _BY_POSTBOX: POSTBOX, _BY_PEPPOL: PEPPOL}.get(method or 0)
        return {preferred} if preferred else set()
    return chosen


def send_invoice(context: Context, sent: Record, shipment: Shipment) -> Record:
    """Send an invoice every way that was asked for; return the properties that tell how it went."""
    result: Record = {}
    for way in sorted(ways(sent, shipment.customer)):
        if context.sandbox.switches["printing_fails"] == way:
            result[f"{_PROPERTIES[way]}CreationError"] = context.say("output_failed")
        else:
            result |= _SENDERS[way](context, shipment)
    return result


def email_address(shipment: Shipment) -> str:
    """Return where an invoice is e-mailed: to the contact person, else to the account."""
    contact = shipment.contact or {}
    addresses = (contact.get("Email"), contact.get("BusinessEmail"), shipment.customer.get("Email"))
    return next((str(address).strip() for address in addresses if str(address or "").strip()), "")


def sender_address(sent: Record, division: Record) -> str:
    """Return where an e-mail comes from: the address of the request, else the company's."""
    return str(sent.get("SenderEmailAddress") or "").strip() or company_email(division)


def _send_email(context: Context, shipment: Shipment) -> Record:
    to = email_address(shipment)
    if not to:
        text = context.say("email_missing", detail=shipment.customer["Name"])
        return {"EmailCreationError": text}
    for address in (to, shipment.sender):
        if not _ADDRESS.fullmatch(address):
            return {"EmailCreationError": context.say("email_invalid", detail=address)}
    _put(context, shipment, EMAIL, to)
    return {"EmailCreationSuccess": context.say("email_sent", detail=to)}


def _send_to_postbox(context: Context, shipment: Shipment) -> Record:
    if not context.sandbox.switches["mailbox_license"]:
        text = context.say("not_in_license", what=property_word("Mailbox"))
        return {"PostboxMessageCreationError": text}
    name = shipment.customer["Name"]
    _put(context, shipment, POSTBOX, name)
    return {"PostboxMessageCreationSuccess": context.say("postbox_sent", detail=name)}


def _send_over_peppol(context: Context, shipment: Shipment) -> Record:
    numbers = (str(shipment.customer.get(name) or "").strip() for name in _PEPPOL_NUMBERS)
    number = next(filter(None, numbers), "")
    if not number:
        text = context.say("peppol_missing", detail=shipment.customer["Name"])
        return {"PeppolCreationError": text}
    _put(context, shipment, PEPPOL, number)
    return {"PeppolCreationSuccess": context.say("peppol_sent", detail=number)}


_PROPERTIES = {EMAIL: "Email", POSTBOX: "PostboxMessage", PEPPOL: "Peppol"}
_SENDERS = {EMAIL: _send_email, POSTBOX: _send_to_postbox, PEPPOL: _send_over_peppol}


def _put(context: Context, shipment: Shipment, kind: str, recipient: str) -> None:
    printed = shipment.printed
    contact = (shipment.contact or {}).get("FullName")
    send(
        context.sandbox.database,
        Message(
            kind=kind,
            division=context.division,
            invoice_id=shipment.invoice_id,
            invoice_number=printed.number,
            sender=shipment.sender,
            recipient=recipient,
            recipient_name=contact or shipment.customer["Name"],
            subject=f"{printed.kind} {printed.number} - {printed.sender.name}",
            text=_body(printed, contact or shipment.customer["Name"]),
            language=printed.language,
            attachments=(Attachment(f"{printed.number}.pdf", "application/pdf", shipment.pdf),),
        ),
    )


def _body(printed: PrintedInvoice, name: str) -> str:
    """Return the text of a message in the customer's language."""
    kind = printed.kind if printed.language == "DE" else printed.kind.lower()
    sentence = printed.word(
        "attached",
        kind=kind,
        number=str(printed.number),
        date=printed.day(printed.date),
        amount=printed.money_with_currency(printed.total),
    )
    parts = [printed.word("dear", name=name), sentence]
    if printed.payment_reference:
        parts.append(f"{printed.word('payment_reference')}: {printed.payment_reference}")
    if printed.extra_text:
        parts.append(printed.extra_text)
    parts.append(f"{printed.word('regards')}\n{printed.sender.name}")
    return "\n\n".join(parts)
