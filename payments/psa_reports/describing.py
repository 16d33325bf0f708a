"""The callback in the API's description, which OpenAPI 3.1 calls a webhook."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from payments.psa_reports.answers import PaymentStateAnswer

_DESCRIPTION = """\
An admin sets your address under Settings > PSA callback and gets a secret, which begins with whsec_. Calls are signed as \
Standard Webhooks are: the headers webhook-id, webhook-timestamp (seconds since 1970) and webhook-signature, which holds one or more \
signatures with spaces between them. Each is “v1,” and the HMAC-SHA256, in base64, of id.timestamp.body with the secret's bytes \
(what follows whsec_ is base64). One that fits is enough: while a secret is replaced there are two. Refuse a timestamp that is more \
than five minutes off. Libraries that do all this are listed at standardwebhooks.com.

Answer with 2xx within ten seconds, before you do anything slow; what else you answer does not matter. Redirects are not followed. \
Anything else counts as failed and is tried again for three days, with pauses that grow to an hour; Retry-After of up to an hour is kept \
to. 410 ends the calls until an admin wants them again.

You get at most one call at a time, each with the state as it is then: of several changes you may only get the last one. The same may \
come twice. Keep the state whose changed_at is the later one, and nothing is ever wrong. Nothing that you send here changes how far an \
invoice is paid, so what you do upon a call brings no other call.

A test that an admin asks for has the type “test” and empty data."""

EXAMPLE: dict[str, Any] = {
    "type": "invoice.payment_changed",
    "timestamp": "2026-11-20T09:31:07.402113+00:00",
    "data": {
        "id": "inv-1042",
        "number": "2026-1042",
        "kind": "invoice",
        "currency": "EUR",
        "status": "partly_paid",
        "gross_amount": "5808.00",
        "paid_amount": "2000.00",
        "open_amount": "3808.00",
        "paid_date": None,
        "origin": "exact",
        "payments": [
            {
                "kind": "payment",
                "amount": "2000.00",
                "excess_amount": None,
                "paid_date": "2026-11-19",
                "reference": "Bakkerij Jansen",
                "counter_document": "",
            }
        ],
        "changed_at": "2026-11-20T09:31:07.402113Z",
        "url": "https://connector.example.com/invoices/17/",
    },
}


_HEADERS = {
    "webhook-id": "The same for each try of one call.",
    "webhook-timestamp": "When this try was made, in seconds since 1970.",
    "webhook-signature": "One or more signatures with spaces between them; one that fits is enough.",
}
_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"const": EXAMPLE["type"]},
        "timestamp": {"type": "string", "format": "date-time"},
        # Registered by the list that a program may read (`api.PaymentStatePage`).
        "data": {"$ref": f"#/components/schemas/{PaymentStateAnswer.__name__}"},
    },
}
# Written out: what drf-spectacular makes of a decorator lacks headers, and leaves its body out of the components.
_OPERATION: dict[str, Any] = {
    "operationId": "payment_changed",
    "tags": ["Payments"],
    "summary": "Be called when a payment state changes",
    "description": _DESCRIPTION,
    "parameters": [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in _HEADERS.items()
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _BODY,
                "examples": {
                    "PartlyPaid": {"summary": "An invoice that is partly paid", "value": EXAMPLE}
                },
            }
        },
    },
    "responses": {"200": {"description": "Taken."}},
}

PAYMENT_CHANGED = OpenApiWebhook(name=str(EXAMPLE["type"]), decorator={"post": _OPERATION})
