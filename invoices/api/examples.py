"""The examples of the API's description; a test sends each of them."""

from __future__ import annotations

from typing import Any

INVOICE: dict[str, Any] = {
    "id": "inv-1042",
    "state": "draft",
    "number": "2026-1042",
    "subject": "Website relaunch, October",
    "reference": "PO 7781",
    "invoice_date": "2026-10-31",
    "due_date": "2026-11-30",
    "currency": "EUR",
    "net_amount": "4800.00",
    "vat_amount": "1008.00",
    "gross_amount": "5808.00",
    "subsidiary": {"id": "nl", "name": "Studio Noord B.V.", "country": "NL"},
    "client": {
        "id": "client-17",
        "name": "Bakkerij Jansen",
        "vat_number": "NL001234567B01",
        "address_line1": "Oudegracht 12",
        "postcode": "3511 AB",
        "city": "Utrecht",
        "country": "NL",
    },
    "contact": {
        "id": "person-5",
        "first_name": "Sanne",
        "last_name": "Jansen",
        "email": "sanne@bakkerij-jansen.example",
    },
    "lines": [
        {
            "id": "1",
            "description": "Design sprint",
            "quantity": "40",
            "unit": "hour",
            "unit_price": "120.00",
            "net_amount": "4800.00",
            "tax_rate": {"id": "nl-21", "name": "21 % VAT", "percentage": "21"},
            "service_type": {"id": "design", "name": "Design"},
            "item_code": "DESIGN",
        }
    ],
}
CREDIT_NOTE: dict[str, Any] = {
    "id": "inv-1057",
    "kind": "credit_note",
    "number": "2026-1057",
    "invoice_date": "2026-11-04",
    "currency": "EUR",
    "original_id": "inv-1042",
    "subsidiary": {"id": "nl", "name": "Studio Noord B.V.", "country": "NL"},
    "client": {"id": "client-17", "name": "Bakkerij Jansen"},
    "lines": [
        {
            "description": "Design sprint, 4 hours too many",
            "net_amount": "480.00",
            "tax_rate": {"id": "nl-21", "percentage": "21"},
            "service_type": "design",
        }
    ],
}
WITH_PDF: dict[str, Any] = {
    "id": "inv-1043",
    "number": "2026-1043",
    "invoice_date": "2026-10-31",
    "currency": "EUR",
    "subsidiary": {"id": "nl", "name": "Studio Noord B.V.", "country": "NL"},
    "client": {"id": "client-17", "name": "Bakkerij Jansen"},
    "contact": {"id": "person-6", "email": "invoices@bakkerij-jansen.example"},
    "lines": [
        {
            "description": "Hosting, October",
            "net_amount": "49.50",
            "tax_rate": {"id": "nl-21", "percentage": "21"},
            "item_code": "HOSTING",
            "vat_code": "2",
        }
    ],
    # The start of a PDF; a real one is longer.
    "files": [{"kind": "pdf", "name": "2026-1043.pdf", "content": "JVBERi0xLjQK"}],
}
