"""A list that Exact did not give, in words: what it means, what Exact said itself, and an id to name to support."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from connector import tallies
from connector.sentences import counted_sentence, sentence, together
from integrations import history
from integrations.exact import errors
from integrations.models import ExactConnection, ListKind

logger = logging.getLogger(__name__)

_SHOWN_REASONS = 3
_RECONNECT = _("Ask for the right in Exact, or reconnect as somebody who has it.")


@dataclass(frozen=True, slots=True)
class ListProblem:
    """Why a list could not be read. ``in_exact`` is Exact's own message, ``log_id`` is in our log beside it (H-19)."""

    sentence: str
    in_exact: str
    log_id: str


def describe(kind: ListKind, error: errors.ExactError) -> ListProblem:
    """This function will explain the error for the list."""
    return ListProblem(
        _sentence(kind, error),
        " ".join(error.messages) or error.reason_header,
        secrets.token_hex(4),
    )


def _sentence(kind: ListKind, error: errors.ExactError) -> str:
    is_rights = kind == ListKind.RIGHTS
    match error:
        case errors.Forbidden(cause="scope") if is_rights:
            return sentence(
                "The connector's registration at Exact lacks the right to sales invoices."
            )
        case errors.Forbidden() if is_rights:
            return together(
                sentence(
                    "The Exact user who connected has no right to the sales of this division."
                ),
                _RECONNECT,
            )
        case errors.Forbidden(cause="scope"):
            return sentence(
                "%(list)s: the connector's registration at Exact lacks the right to read this list.",
                list=kind.label,
            )
        case errors.Forbidden():
            return together(
                sentence(
                    "%(list)s: the Exact user who connected may not read this list.",
                    list=kind.label,
                ),
                _RECONNECT,
            )
    return sentence(
        "%(list)s: Exact's answer was not understood; it is tried again in an hour.",
        list=kind.label,
    )


def note_set_aside(
    connection: ExactConnection, kind: ListKind, reasons: Sequence[str], *, now: datetime
) -> str:
    """This function will write down which rows of a page were left out and why; the sentence for the list, or "".

    The connection's activity keeps it, also when the next page is in order. The same again is said once.
    """
    if not reasons:
        return ""
    count = len(reasons)
    logger.warning("Rows of Exact did not fit", extra={"kind": kind, "reasons": reasons[:20]})
    tallies.count(tallies.QUARANTINED_ROWS, count)
    said = counted_sentence(
        "%(n)s row was left out, because Exact sent them in a form that is not understood (%(why)s).",
        "%(n)s rows were left out, because Exact sent them in a form that is not understood (%(why)s).",
        n=count,
        why="; ".join(dict.fromkeys(reasons[:_SHOWN_REASONS]))[:300],
    )
    told = sentence("%(list)s: %(what)s", list=kind.label, what=said)
    if not connection.events.filter(kind="list_rows_set_aside", sentence=told).exists():
        history.note(
            connection=connection,
            kind="list_rows_set_aside",
            sentence=told,
            now=now,
            details={"reasons": list(reasons[:20]), "count": count},
        )
    return said
