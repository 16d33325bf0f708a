"""What an event of an invoice counts as in a run with Exact, and how the run's page says it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from integrations.models import RecordOutcome

_KINDS: dict[str, tuple[RecordOutcome, Promise]] = {
    "copied": (RecordOutcome.CREATED, gettext_lazy("Copied to Exact")),
    "copy_made": (RecordOutcome.CREATED, gettext_lazy("Made in Exact; numbered and sent next")),
    "copy_found": (RecordOutcome.CREATED, gettext_lazy("Found in Exact after its answer was lost")),
    "copy_updated": (RecordOutcome.UPDATED, gettext_lazy("Updated in Exact")),
    "copy_agrees": (RecordOutcome.UPDATED, gettext_lazy("Agrees with what was sent")),
    "copy_differs": (RecordOutcome.FAILED, gettext_lazy("Booked, but not as it was sent")),
    "copy_held": (
        RecordOutcome.FAILED,
        gettext_lazy("Waits for a choice or was refused; the invoice says why"),
    ),
    "copy_conflict": (
        RecordOutcome.FAILED,
        gettext_lazy("Exact holds something there that is not ours"),
    ),
    "copy_absent": (RecordOutcome.SKIPPED, gettext_lazy("Not in Exact; it is safe to copy again")),
    "copy_cancelled": (RecordOutcome.SKIPPED, gettext_lazy("The copy was cancelled")),
    "copy_stray": (
        RecordOutcome.FAILED,
        gettext_lazy("Exact answered late, after the copy was given up"),
    ),
    "linked": (RecordOutcome.CREATED, gettext_lazy("Linked to an entry that was in Exact")),
    "customer_created": (RecordOutcome.CREATED, gettext_lazy("Its customer was made in Exact")),
    "customer_found": (RecordOutcome.SEEN, gettext_lazy("Its customer was found in Exact")),
    "contact_created": (RecordOutcome.CREATED, gettext_lazy("A contact was made in Exact")),
    "file_put": (RecordOutcome.CREATED, gettext_lazy("A file was put at its entry")),
    "file_removed": (RecordOutcome.UPDATED, gettext_lazy("A file was taken back")),
    "file_left": (RecordOutcome.FAILED, gettext_lazy("A file could not be taken back")),
    "numbered": (RecordOutcome.UPDATED, gettext_lazy("Exact gave it its number")),
    "renumbered": (RecordOutcome.UPDATED, gettext_lazy("Its number changed in Exact")),
    "delivered": (RecordOutcome.UPDATED, gettext_lazy("Sent by Exact")),
    "delivery_failed": (RecordOutcome.FAILED, gettext_lazy("Exact could not send it")),
    "delivery_unsure": (RecordOutcome.FAILED, gettext_lazy("Not sure whether Exact sent it")),
    "break_found": (RecordOutcome.FAILED, gettext_lazy("Does not agree with Exact any more")),
    "break_closed": (RecordOutcome.UPDATED, gettext_lazy("Agrees with Exact again")),
    "deleted_in_exact": (RecordOutcome.FAILED, gettext_lazy("Was deleted in Exact")),
    "back_in_exact": (RecordOutcome.UPDATED, gettext_lazy("Is in Exact again")),
}
_PAYMENT = "payment_"


def outcome_of(kind: str) -> RecordOutcome:
    """This function will return what the kind of event counts as; a kind that changes nothing in Exact or here is only seen."""
    if kind.startswith(_PAYMENT):
        return RecordOutcome.UPDATED
    return _KINDS[kind][0] if kind in _KINDS else RecordOutcome.SEEN


def sentence_of(kind: str) -> str:
    """This function will say what an event of the kind means for the invoice."""
    if kind.startswith(_PAYMENT):
        return _("Its payment changed in Exact")
    return str(_KINDS[kind][1]) if kind in _KINDS else _("Something about it was noted")
