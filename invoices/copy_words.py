"""What an invoice's history says of its copies, by what was wished for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.models import ExactConnection
from invoices.models import CopyKind

STARTED: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "Copying to Exact",
    CopyKind.UPDATE: "Updating the copy in Exact",
    CopyKind.SEND: "Sending by Exact",
    CopyKind.LINK: "Linking to what is in Exact",
}


def started(kind: CopyKind, connection: ExactConnection) -> str:
    """This function will say that a wish was begun, and where it goes."""
    return f"{STARTED[kind]} was started ({connection.name}, {connection.division_name})."


CANCELLED: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "The copy to Exact was cancelled.",
    CopyKind.UPDATE: "The update was cancelled; the copy stays in Exact as it is.",
    CopyKind.SEND: "Sending was cancelled; the invoice stays in Exact and is not sent.",
    CopyKind.LINK: "The invoice was not linked to what is in Exact.",
}
DISCONNECTED: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "The copy to Exact was cancelled because Exact was disconnected.",
    CopyKind.UPDATE: "The update was cancelled because Exact was disconnected; the copy stays in Exact as it is.",
    CopyKind.SEND: "Sending was cancelled because Exact was disconnected; the invoice stays in Exact and is not sent.",
    CopyKind.LINK: "The invoice was not linked because Exact was disconnected.",
}
STILL_ABSENT: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "Not in Exact yet; looking again before it is sent once more",
    CopyKind.SEND: "Exact has not sent it yet; looking again before it is asked once more",
}
# Where it waits after that: nothing of it is in Exact, so nobody has to fear a second one.
SAFE_AGAIN: Mapping[CopyKind, Any] = {
    CopyKind.CREATE: _(
        "Not copied: Exact does not have it. Sending it again is safe and happens by itself"
    ),
    CopyKind.SEND: _(
        "Not sent: Exact has not printed it. Asking again is safe and happens by itself"
    ),
}
ABSENT: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "Exact does not have the invoice; it is sent again.",
    CopyKind.UPDATE: "An answer of Exact was lost; it is read again and the update goes on.",
    CopyKind.SEND: "Exact has not printed the invoice; it is asked again.",
    CopyKind.LINK: "Exact does not have what the invoice was to be linked to.",
}
HELD: Mapping[CopyKind, str] = {
    CopyKind.CREATE: "Not copied.",
    CopyKind.UPDATE: "Not updated.",
    CopyKind.SEND: "Not sent.",
    CopyKind.LINK: "Not linked.",
}
