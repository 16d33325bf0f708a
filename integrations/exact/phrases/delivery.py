"""What printing says about each way of sending that failed; the invoice is booked all the same.

They come first, since they quote names and addresses that other patterns could take for something else.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

from integrations.exact.phrases.parts import Explanation, words

_NOT_SENT = r"(e-?mail\b.{0,40}(not sent|niet verzonden|nicht (gesendet|versendet)|pas [ée]t[ée] envoy[ée]))"
_MISSING = r"(mandatory|verplicht|pflichtfeld|obligatoire)"
_INVALID = r"(invalid|ongeldig|ung[üu]ltig|non val(id|abl)e|invalide)"

DELIVERY = (
    (
        words(rf"{_NOT_SENT}.{{0,10}}{_MISSING}"),
        Explanation(
            "delivery_email_missing",
            "Exact did not e-mail the invoice: neither the contact person nor the account has an e-mail address there.",
            "Fill in an e-mail address at the contact person or the account in Exact, and send the invoice from Exact.",
            "exact_customer",
        ),
    ),
    (
        words(rf"{_NOT_SENT}.{{0,10}}{_INVALID}"),
        Explanation(
            "delivery_email_invalid",
            "Exact did not e-mail the invoice: an e-mail address is not a real one, of the receiver or of the sender.",
            "Correct the address at the contact person or account (or at the company) in Exact, and send the invoice "
            "from Exact.",
            "exact_customer",
        ),
    ),
    (
        words(_NOT_SENT),
        Explanation(
            "delivery_email_failed",
            "Exact did not e-mail the invoice.",
            "Open the invoice in Exact and send it from there.",
            "exact_customer",
        ),
    ),
    (
        words(
            r"output could not be created", r"uitvoer kon niet worden (aan)?gemaakt", r"ausgabe konnte nicht erstellt",
            r"sortie n.a pas pu [êe]tre cr[ée]{1,2}e",
        ),
        Explanation(
            "delivery_output_failed",
            "Exact could not make the invoice's document or message.",
            "Open the invoice in Exact and send it from there; the layout of the document may need attention.",
            "exact_settings",
        ),
    ),
    (
        words(
            r"(not allow(ed)? to|niet toegestaan|nicht erlaubt|non autoris[ée]e?).{0,60}"
            r"(mailbox|postbox|postvak|briefkasten|postfach|bo[îi]te)",
        ),
        Explanation(
            "delivery_postbox_license",
            "The Exact license of this division has no digital postbox.",
            "Choose another way of sending in the connection's settings, and send this invoice from Exact.",
            "connection_settings",
        ),
    ),
    (
        words(rf"peppol.{{0,60}}{_MISSING}", rf"{_MISSING}\s*:?\s*peppol"),
        Explanation(
            "delivery_peppol_missing",
            "Exact did not send the invoice over Peppol: the customer has no Peppol number there.",
            "Fill in the customer's Chamber of Commerce or VAT number in Exact, and send the invoice from Exact.",
            "exact_customer",
        ),
    ),
    (
        words(
            r"peppol.{0,40}(not|niet|nicht|pas [ée]t[ée]) ", r"(not|niet|nicht|pas [ée]t[ée])\b.{0,40}peppol",
        ),
        Explanation(
            "delivery_peppol_failed",
            "Exact did not send the invoice over Peppol.",
            "Open the invoice in Exact and send it from there.",
            "exact_customer",
        ),
    ),
)  # fmt: skip
