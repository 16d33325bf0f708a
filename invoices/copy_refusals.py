"""Why a copy can not be asked for, in words."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import sentence
from invoices.models import CopyRequest, DeliveryState, PostedDocument, SetAside

_SET_ASIDE = {
    SetAside.ELSEWHERE: gettext_lazy("This invoice is marked as copied elsewhere."),
    SetAside.IGNORED: gettext_lazy("This invoice is ignored: it does not go to Exact."),
}


class CopyRefused(Exception):
    """The request cannot be made; it reads well to a person."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


class AlreadyCopying(CopyRefused):
    """Somebody's copy of this invoice is under way."""

    def __init__(self, request: CopyRequest) -> None:
        self.by = str(request.requested_by) if request.requested_by else _("someone else")
        self.at = request.requested_at
        local = timezone.localtime(self.at)
        is_today = local.date() == timezone.localdate()
        super().__init__(
            _("This invoice is already being copied by %(name)s, %(time)s.")
            % {
                "name": self.by,
                "time": date_format(local, "TIME_FORMAT" if is_today else "DAY_TIME_FORMAT"),
            },
            _("Wait until it is done."),
        )


class AlreadyCopied(CopyRefused):
    """The invoice is in Exact; copying it again must be asked for."""

    def __init__(self, document: PostedDocument) -> None:
        self.document = document
        final = why_final(document)
        super().__init__(
            sentence("This invoice is already in Exact as %(document)s.", document=document.called),
            final.remedy
            if final
            else _("Use Update existing to change it there, or Create new for a second one."),
        )


def why_set_aside(set_aside: str) -> CopyRefused | None:
    """This function will say why an invoice that a person has set aside (`Invoice.set_aside`) goes nowhere; None when not."""
    if not set_aside:
        return None
    return CopyRefused(
        str(_SET_ASIDE[SetAside(set_aside)]),
        _("Take that back on the invoice's page if it is to go to Exact after all."),
    )


def why_final(document: PostedDocument) -> CopyRefused | None:
    """This function will say why a copy can not be changed any more: Exact has numbered and booked it to be sent."""
    if document.sent_at is None:
        return None
    said = (
        sentence(
            "Exact has numbered, booked and sent %(document)s; it can no longer be changed there.",
            document=document.called,
        )
        if document.delivery == DeliveryState.SENT
        else sentence(
            "Exact has booked %(document)s; it can no longer be changed there.",
            document=document.called,
        )
    )
    return CopyRefused(said, _("Credit the invoice and copy it again, or use Create new."))
