"""What an invoice's history says of its copies, by what was wished for."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from connector.sentences import Sentence, Words, english, sentence
from integrations.models import ExactConnection
from invoices.models import CopyKind

# What a wish is called while it goes on, and how it was begun.
DOING: Mapping[CopyKind, tuple[Words, Words]] = {
    CopyKind.CREATE: (_("Copying…"), _("Copy started by %(name)s")),
    CopyKind.UPDATE: (
        _("Updating in Exact…"),
        _("Update started by %(name)s"),
    ),
    CopyKind.SEND: (_("Sending…"), _("Sending started by %(name)s")),
    CopyKind.LINK: (_("Linking…"), _("Link started by %(name)s")),
}
STARTED: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("Copying to Exact was started (%(connection)s, %(division)s)."),
    CopyKind.UPDATE: _("Updating the copy in Exact was started (%(connection)s, %(division)s)."),
    CopyKind.SEND: _("Sending by Exact was started (%(connection)s, %(division)s)."),
    CopyKind.LINK: _("Linking to what is in Exact was started (%(connection)s, %(division)s)."),
}


def started(kind: CopyKind, connection: ExactConnection) -> Sentence:
    """This function will say that a wish was begun, and where it goes."""
    return sentence(
        english(STARTED[kind]), connection=connection.name, division=connection.division_name
    )


CANCELLED: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("The copy to Exact was cancelled."),
    CopyKind.UPDATE: _("The update was cancelled; the copy stays in Exact as it is."),
    CopyKind.SEND: _("Sending was cancelled; the invoice stays in Exact and is not sent."),
    CopyKind.LINK: _("The invoice was not linked to what is in Exact."),
}
DISCONNECTED: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("The copy to Exact was cancelled because Exact was disconnected."),
    CopyKind.UPDATE: _(
        "The update was cancelled because Exact was disconnected; the copy stays in Exact as it is."
    ),
    CopyKind.SEND: _(
        "Sending was cancelled because Exact was disconnected; the invoice stays in Exact and is not sent."
    ),
    CopyKind.LINK: _("The invoice was not linked because Exact was disconnected."),
}
STILL_ABSENT: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("Not in Exact yet; looking again before it is sent once more"),
    CopyKind.SEND: _("Exact has not sent it yet; looking again before it is asked once more"),
}
# Where it waits after that: nothing of it is in Exact, so nobody has to fear a second one.
SAFE_AGAIN: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _(
        "Not copied: Exact does not have it. Sending it again is safe and happens by itself"
    ),
    CopyKind.SEND: _(
        "Not sent: Exact has not printed it. Asking again is safe and happens by itself"
    ),
}
ABSENT: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("Exact does not have the invoice; it is sent again."),
    CopyKind.UPDATE: _("An answer of Exact was lost; it is read again and the update goes on."),
    CopyKind.SEND: _("Exact has not printed the invoice; it is asked again."),
    CopyKind.LINK: _("Exact does not have what the invoice was to be linked to."),
}
HELD: Mapping[CopyKind, Words] = {
    CopyKind.CREATE: _("Not copied."),
    CopyKind.UPDATE: _("Not updated."),
    CopyKind.SEND: _("Not sent."),
    CopyKind.LINK: _("Not linked."),
}
