"""The files that come with invoices: what of them changes, and storing it with few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from connector.sentences import english, sentence
from connector.tenancy.scope import current_organization_id
from integrations.psa.source import SourceFile, SourceInvoice
from integrations.psa.totals import FileMark
from invoices.intake_changes import Change
from invoices.models import FileKind, Invoice, InvoiceFile

_FIELD = "files."


def load_files(invoices: Iterable[Invoice]) -> dict[int, list[InvoiceFile]]:
    """This function will return the stored files by the invoice's id, without their content."""
    files = defaultdict[int, list[InvoiceFile]](list)
    for file in InvoiceFile.objects.filter(invoice__in=list(invoices)).defer("content"):
        files[file.invoice_id].append(file)
    return files


def stored_marks(files: Iterable[InvoiceFile]) -> list[FileMark]:
    """This function will return what tells these files from others."""
    return [(file.kind, file.name, file.sha256) for file in files]


def file_changes(stored: Iterable[InvoiceFile], incoming: SourceInvoice) -> list[Change]:
    """This function will compare the files by kind; an invoice that says nothing about files changes none."""
    if incoming.files is None:
        return []
    ours = {str(file.kind): _text(file.name, file.size, file.sha256) for file in stored}
    theirs = {
        str(file.kind): _text(file.name, len(file.content), file.sha256) for file in incoming.files
    }
    return [
        Change(f"{_FIELD}{kind}", ours.get(kind, ""), theirs.get(kind, ""))
        for kind in FileKind.values
        if ours.get(kind) != theirs.get(kind)
    ]


def file_sentences(changes: Iterable[Change]) -> list[str]:
    """This function will say in a sentence each what became of the files."""
    return [_say(change) for change in changes if change.field.startswith(_FIELD)]


def store_files(given: Sequence[tuple[Invoice, SourceInvoice, Sequence[InvoiceFile]]]) -> None:
    """This function will make the stored files of each invoice those that came in; nothing said leaves them.

    A file keeps its row when another takes its place: what was put beside a booking in Exact hangs on it.
    """
    organization_id = current_organization_id()
    new: list[InvoiceFile] = []
    replaced: list[InvoiceFile] = []
    gone: list[int] = []
    for invoice, incoming, stored in given:
        if incoming.files is None:
            continue
        rows = {str(row.kind): row for row in stored}
        for file in incoming.files:
            row = rows.pop(file.kind, None)
            if row is None:
                row = InvoiceFile(organization_id=organization_id, invoice=invoice, kind=file.kind)
                new.append(_filled(row, file))
            elif (row.name, row.sha256) != (file.name, file.sha256):
                replaced.append(_filled(row, file))
        gone += [row.pk for row in rows.values()]
    if gone:
        InvoiceFile.objects.filter(pk__in=gone).delete()
    if replaced:
        InvoiceFile.objects.bulk_update(replaced, ["name", "content", "sha256", "size"])
    InvoiceFile.objects.bulk_create(new)


def _filled(row: InvoiceFile, file: SourceFile) -> InvoiceFile:
    row.name, row.content = file.name, file.content
    row.sha256, row.size = file.sha256, len(file.content)
    return row


def _text(name: str, size: int, sha256: str) -> str:
    # Stored as it is written, also in an event: the same for all readers.
    return (
        english(sentence("%(name)s, %(size)s bytes", name=name, size=f"{size:,}"))
        + f", SHA-256 {sha256[:12]}…"
    )


def _say(change: Change) -> str:
    if change.ours and change.theirs:
        return sentence("The %(kind)s was replaced.", kind=change.label)
    if change.theirs:
        return sentence("The %(kind)s was added.", kind=change.label)
    return sentence("The %(kind)s was removed.", kind=change.label)
