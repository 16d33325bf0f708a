"""From a copy request's choices to the document that is sent: decides, builds, freezes.

Before: `copy_requests.py` queued the wish. After: `posting.py` and `updating.py` send what is built here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from connector.sentences import sentence, together
from integrations.models import CreditSign, ExactConnection, Numbering
from invoices.causes.finding import causes_of_gaps
from invoices.copy_choices import CopyChoices
from invoices.document_plan import DocumentDraft, DocumentPlan, PlanTerms, Records
from invoices.models import Client, CopyKind, CopyRequest, PostedDocument
from invoices.problems import Problem
from invoices.proposal import Proposal, propose
from invoices.routes import route_of

_SENTENCES_SHOWN = 4
_NUMBER_REFUSED = "entry_number_invalid"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The document to send with the columns that freeze it, or the problem that stands in its way."""

    plan: DocumentPlan | None = None
    problem: Problem | None = None
    columns: dict[str, Any] = field(default_factory=dict)


def find_obstacle(request: CopyRequest, customer_id: UUID | None) -> Problem | None:
    """This function will say what stands in the way of copying to this customer; None is one that is made for it.

    Call it in the organization's transaction. What was sent before is decided: nothing stands in its way.
    """
    # Exact may have been asked since it was read, and people may have mended meanwhile what was missing.
    request.refresh_from_db()
    if request.kind == CopyKind.CREATE and request.payload_hash:
        return None
    choices = replace(CopyChoices.from_json(request.choices), customer_exact_id=customer_id)
    proposal = propose(
        invoice=request.invoice,
        connection=request.connection,
        choices=choices,
        route=request.route,
    )
    return problem_of(proposal, request.invoice.client) if proposal.gaps else None


def prepare(request: CopyRequest, *, records: Records, marker: str) -> Prepared:
    """This function will build the document of a request, or say what is missing, all of it at once.

    Call it in the organization's transaction. `marker` is the one by which the document is recognized in Exact.
    """
    chosen = CopyChoices.from_json(request.choices)
    choices = replace(chosen, customer_exact_id=records.customer_id)
    proposal = propose(
        invoice=request.invoice,
        connection=request.connection,
        choices=choices,
        route=request.route,
    )
    if proposal.gaps:
        return Prepared(problem=problem_of(proposal, request.invoice.client))
    use_guard = _is_first_copy(request) and not _refuses_our_numbers(request, proposal)
    plan = proposal.plan(
        records=records, terms=terms_of(request.connection, marker=marker, use_guard=use_guard)
    )
    return Prepared(
        plan=plan,
        columns={
            # What the invoice said when this was built; it may change before Exact has answered.
            "payload": plan.payload | {"content_hash": request.invoice.content_hash},
            "payload_hash": plan.payload_hash,
            "your_ref": plan.draft.your_ref or "",
            "entry_number": getattr(plan.draft, "entry_number", None),
            "journal_code": plan.draft.journal,
        },
    )


def terms_of(connection: ExactConnection, *, marker: str, use_guard: bool = False) -> PlanTerms:
    """This function will return what the connection's settings say about its documents."""
    return PlanTerms(
        marker=marker,
        psa_numbers=connection.numbering == Numbering.PSA,
        use_guard=use_guard,
        payment_condition=connection.payment_condition_code,
        credit_sign=1 if connection.credit_sign == CreditSign.POSITIVE else -1,
    )


def stored_draft(request: CopyRequest) -> DocumentDraft:
    """This function will return the document as it was frozen."""
    return route_of(request.route).draft((request.payload or {})["draft"])


def _is_first_copy(request: CopyRequest) -> bool:
    """Our own entry number can be used once in a division; a second document needs a number of Exact's."""
    return not PostedDocument.objects.filter(
        invoice=request.invoice, connection=request.connection
    ).exists()


def _refuses_our_numbers(request: CopyRequest, proposal: Proposal) -> bool:
    """Whether the journal refused the last number of ours that it was sent; Exact gives its own then."""
    journal = proposal.resolution.journal
    newest = (
        CopyRequest.objects.filter(
            connection=request.connection,
            journal_code=journal.code if journal else "",
            entry_number__isnull=False,
        )
        .order_by("-id")
        .values_list("problem_code", flat=True)
        .first()
    )
    return newest == _NUMBER_REFUSED


def problem_of(proposal: Proposal, client: Client) -> Problem:
    """This function will say all that a proposal lacks, with the causes that other invoices share."""
    gaps = proposal.gaps
    shown = [gap.sentence for gap in gaps[:_SENTENCES_SHOWN]]
    more = len(gaps) - len(shown)
    if more:
        shown.append(sentence("And %(n)s more.", n=more))
    remedies = list(dict.fromkeys(gap.remedy for gap in gaps))[:2]
    return Problem(
        gaps[0].code,
        together(*shown),
        together(*remedies),
        causes=causes_of_gaps(
            gaps,
            resolution=proposal.resolution,
            facts=proposal.facts,
            currency=proposal.content.currency,
            client=(client.pk, client.name),
        ),
    )
