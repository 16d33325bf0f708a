"""What an event of an invoice counts as in a run with Exact."""

from __future__ import annotations

from integrations.models import RecordOutcome

_KINDS = {
    RecordOutcome.CREATED: "copied copy_made copy_found linked customer_created contact_created file_put",
    RecordOutcome.UPDATED: "copy_updated copy_agrees renumbered numbered delivered break_closed back_in_exact file_removed",
    RecordOutcome.SKIPPED: "copy_cancelled copy_absent",
    RecordOutcome.FAILED: "copy_differs copy_held copy_conflict copy_stray delivery_failed delivery_unsure break_found"
    " deleted_in_exact file_left",
}
_BY_KIND = {kind: outcome for outcome, kinds in _KINDS.items() for kind in kinds.split()}
_PAYMENT = "payment_"


def outcome_of(kind: str) -> RecordOutcome:
    """This function will return what the kind of event counts as; a kind that changes nothing in Exact or here is only seen."""
    if kind.startswith(_PAYMENT):
        return RecordOutcome.UPDATED
    return _BY_KIND.get(kind, RecordOutcome.SEEN)
