"""What a person reads of documents in Exact that a restored database has forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from connector.sentences import Words, sentence, together
from invoices import adopting
from invoices.document_plan import MadeDocument
from invoices.models import CopyRequest
from invoices.problems import Problem


def _names(request: CopyRequest, found: Sequence[MadeDocument]) -> Words:
    return together(*(adopting.name_of(request, made) for made in found), by=", ")


def several(request: CopyRequest, found: Sequence[MadeDocument]) -> Problem:
    """This function will say that Exact has the invoice more than once."""
    return Problem(
        "forgotten_by_restore",
        sentence(
            "Exact has this invoice %(n)s times from before the database was restored: %(names)s.",
            n=len(found),
            names=_names(request, found),
        ),
        sentence(
            "Delete what is too much in Exact, then copy again: what is left there is taken over, and nothing is sent."
        ),
    )


def perhaps(request: CopyRequest, found: Sequence[MadeDocument]) -> Problem:
    """This function will ask a person to look whether it is this invoice."""
    return Problem(
        "forgotten_by_restore",
        sentence(
            "Exact has %(names)s from before the database was restored, which may be this invoice or another one's.",
            names=_names(request, found),
        ),
        sentence(
            "Look at it in Exact. If it is this invoice, link the two under Find in Exact. If it is not, let an admin say “Not "
            "ours” on the health page of the connection: the copy goes on then."
        ),
    )


def in_the_way(request: CopyRequest, made: MadeDocument, why: Words) -> Problem:
    """This function will say why a document that Exact has of the invoice cannot be taken over yet."""
    return Problem(
        "forgotten_by_restore",
        together(
            sentence(
                "Exact has %(document)s of this invoice, from before the database was restored.",
                document=adopting.name_of(request, made),
            ),
            why,
        ),
        sentence(
            "Mend that and copy again: what is in Exact is then taken over, and nothing is sent twice."
        ),
    )
