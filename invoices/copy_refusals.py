"""Why a copy can not be asked for, in words."""

from __future__ import annotations

from invoices.models import CopyRequest, DeliveryState, PostedDocument


class CopyRefused(Exception):
    """The request cannot be made; it reads well to a person."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


class AlreadyCopying(CopyRefused):
    """Somebody's copy of this invoice is under way."""

    def __init__(self, request: CopyRequest) -> None:
        self.by = str(request.requested_by) if request.requested_by else "someone else"
        self.at = request.requested_at
        super().__init__(
            f"This invoice is already being copied, started by {self.by}.", "Wait until it is done."
        )


class AlreadyCopied(CopyRefused):
    """The invoice is in Exact; copying it again must be asked for."""

    def __init__(self, document: PostedDocument) -> None:
        self.document = document
        final = why_final(document)
        super().__init__(
            f"This invoice is already in Exact as {document}.",
            final.remedy
            if final
            else "Use Update existing to change it there, or Create new for a second one.",
        )


def why_final(document: PostedDocument) -> CopyRefused | None:
    """This function will say why a copy can not be changed any more: Exact has numbered and booked it to be sent."""
    if document.sent_at is None:
        return None
    done = "numbered, booked and sent" if document.delivery == DeliveryState.SENT else "booked"
    return CopyRefused(
        f"Exact has {done} {document}; it can no longer be changed there.",
        "Credit the invoice and copy it again, or use Create new.",
    )
