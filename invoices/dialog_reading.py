"""Reads the copy dialog: what a person posted, or what is known, and what that comes to. Exact is not called."""

from __future__ import annotations

from dataclasses import replace

from connector.tenancy.access import TenantRequest
from integrations.mappings.reading import read_facts
from integrations.models import ExactConnection, Route
from invoices.contents import read_content
from invoices.copy_choices import CopyChoices
from invoices.copy_dialog import CopyDialog, Mode
from invoices.copy_forms import DialogInput, fill_in, fill_in_again, read_input, use_suggestions
from invoices.customer_search import match_customer
from invoices.document_plan import NotDecided, Records
from invoices.drafting import terms_of
from invoices.models import CopyRequest, CopyState, Invoice, PostedDocument
from invoices.places import typed_codes
from invoices.proposal import propose
from invoices.update_preview import preview_files, preview_update


def read_dialog(
    request: TenantRequest,
    invoice: Invoice,
    connection: ExactConnection,
    mode: Mode,
    document: PostedDocument | None,
) -> CopyDialog:
    """This function will read the dialog: filled in from what is known, or as it was posted.

    Raises UnknownChoice. `document` is the newest copy; an update goes the way on which that was made.
    """
    route = document.route if document is not None and mode == Mode.UPDATE else connection.route
    given = request.POST if request.method == "POST" else request.GET
    facts = replace(
        read_facts(connection, item_codes=typed_codes(given.dict())), route=Route(route)
    )
    content = read_content(invoice)
    match = match_customer(connection, invoice.client)
    earlier = _find_earlier(invoice, connection, mode, document)
    filled: DialogInput
    if request.method == "POST" or "customer" in given or "q" in given:
        filled = read_input(
            given.dict(),
            facts=facts,
            content=content,
            connection=connection,
            match=match,
            booked_on=document.customer_exact_id if document else None,
        )
    elif earlier is not None:
        filled = fill_in_again(choices=earlier, facts=facts, content=content, match=match)
    else:
        filled = fill_in(facts=facts, content=content, match=match)
    proposal = propose(invoice=invoice, connection=connection, choices=filled.choices, route=route)
    action = given.get("action", "copy")
    if action == "suggestions":
        suggestions = {
            line.line.line_id: line.suggested_ledger.exact_id
            for line in proposal.resolution.lines
            if line.suggested_ledger
        }
        filled = use_suggestions(filled, suggestions)
        proposal = propose(
            invoice=invoice, connection=connection, choices=filled.choices, route=route
        )
    dialog = CopyDialog(
        mode=mode,
        invoice=invoice,
        connection=connection,
        proposal=proposal,
        filled=filled,
        match=match,
        document=document,
        is_submitted=request.method == "POST" and action == "copy",
        is_refreshing=action == "refresh",
    )
    return _with_changes(dialog)


def _find_earlier(
    invoice: Invoice, connection: ExactConnection, mode: Mode, document: PostedDocument | None
) -> CopyChoices | None:
    """What was chosen before: for the document to update, or for the attempt that Exact refused."""
    if mode == Mode.UPDATE and document is not None:
        stored = document.copy_request.choices | {
            "customer_exact_id": str(document.customer_exact_id),
            "journal_code": document.journal_code,
        }
        return CopyChoices.from_json(stored)
    held = (
        CopyRequest.objects.filter(invoice=invoice, connection=connection)
        .order_by("-id")
        .values_list("state", "choices")
        .first()
    )
    if held is None or held[0] not in {CopyState.NEEDS_CHOICE, CopyState.CONFLICT}:
        return None
    return CopyChoices.from_json(held[1])


def _with_changes(dialog: CopyDialog) -> CopyDialog:
    document = dialog.document
    if dialog.mode != Mode.UPDATE or document is None or dialog.gaps:
        return dialog
    try:
        plan = dialog.proposal.plan(
            records=Records(dialog.filled.choices.customer_exact_id or document.customer_exact_id),
            terms=terms_of(dialog.connection, marker=document.copy_request.marker),
        )
    except NotDecided:
        return dialog
    changes = preview_update(document, plan, dialog.facts)
    if dialog.takes_files and dialog.filled.choices.with_files:
        changes += preview_files(document)
    return replace(dialog, changes=changes)
