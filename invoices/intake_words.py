"""What the intake says of invoices that came in: what changed, and why something was not taken over."""

from __future__ import annotations

from collections.abc import Sequence

from connector.sentences import Sentence, sentence, together
from integrations.psa.registry import label_of
from invoices.intake_changes import Change
from invoices.intake_files import file_sentences
from invoices.models import Invoice

_LABELS_SHOWN = 6


def say_changes(changes: Sequence[Change], original: str, *, concerns_exact: bool) -> Sentence:
    """This function will say in the invoice's history which fields changed; `original` names where that came from."""
    files = file_sentences(changes)
    labels = list(
        dict.fromkeys(change.subject for change in changes if not change.field.startswith("files."))
    )
    named = together(*labels[:_LABELS_SHOWN], by=", ")
    if len(labels) > _LABELS_SHOWN:
        more = len(labels) - _LABELS_SHOWN
        named = sentence("%(names)s and %(n)s more", names=named, n=more)
    if not concerns_exact:
        return sentence("Changed: %(fields)s. Exact is not concerned.", fields=named)
    if not labels:
        return together(*files)
    said = sentence("Changed by %(source)s: %(fields)s.", source=original, fields=named)
    return together(said, *files)


def other_content(row: Invoice, changes: Sequence[Change]) -> Sentence:
    """This function will say that a file holds something else than the invoice, and that a person decides."""
    labels = dict.fromkeys(change.label for change in changes[:_LABELS_SHOWN])
    return sentence(
        "Invoice %(number)s is here with other content (%(fields)s). Nothing was changed; decide on its page.",
        number=row.number,
        fields=together(*labels, by=", "),
    )


def number_is_taken(number: str, owner: Invoice | None, source: str) -> Sentence:
    """This function will say whose number it is: another invoice's of the request (no `owner`), of the source, or of another."""
    if owner is None:
        return sentence(
            "Number %(number)s already belongs to another invoice of this request in this subsidiary.",
            number=number,
        )
    if owner.source == source:
        return sentence(
            "Number %(number)s already belongs to your invoice “%(id)s” in this subsidiary.",
            number=number,
            id=owner.source_id,
        )
    return sentence(
        "Number %(number)s already belongs to an invoice that came from %(source)s in this subsidiary.",
        number=number,
        source=label_of(owner.source),
    )
