"""What the status page says of a connection's copies: how many stand where, and which waits longest."""

from __future__ import annotations

from django.db.models import Count, Min
from django.utils.translation import gettext as _, gettext_lazy

from integrations.models import ExactConnection
from integrations.status import StatusLine
from invoices.models import CopyRequest, CopyState

_WORDS = (
    (CopyState.QUEUED, gettext_lazy("%(n)s waiting")),
    (CopyState.SENDING, gettext_lazy("%(n)s being copied")),
    (CopyState.UNKNOWN, gettext_lazy("%(n)s looked up in Exact")),
    (CopyState.NEEDS_CHOICE, gettext_lazy("%(n)s to be decided")),
    (CopyState.CONFLICT, gettext_lazy("%(n)s in conflict")),
)
_FOR_A_PERSON = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT)


def describe(connection: ExactConnection) -> list[StatusLine]:
    """This function will describe the connection's queue in the open tenant transaction."""
    rows = CopyRequest.objects.filter(
        connection=connection, state__in=[state for state, _words in _WORDS]
    )
    found = {
        row["state"]: (row["count"], row["oldest"])
        for row in rows.order_by()
        .values("state")
        .annotate(count=Count("pk"), oldest=Min("requested_at"))
    }
    if not found:
        return [StatusLine(_("Copies"), _("None waits"), kind="good")]
    words = ", ".join(
        str(text) % {"n": found[state][0]} for state, text in _WORDS if state in found
    )
    needs_person = any(state in found for state in _FOR_A_PERSON)
    lines = [StatusLine(_("Copies"), words, kind="attention" if needs_person else "progress")]
    if CopyState.QUEUED in found:
        lines.append(StatusLine(_("Longest waiting"), _("Asked for"), found[CopyState.QUEUED][1]))
    return lines
