"""Proposals for linking, read from our own rows, and carrying them out (B-21). Nothing here calls Exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from connector.tenancy.models import User
from integrations.models import ExactConnection, ExactCustomer
from invoices import copy_requests, linking, unlinking
from invoices.copy_refusals import AlreadyCopied, CopyRefused
from invoices.customer_search import match_customers
from invoices.linking import FoundEntry, LinkRefused
from invoices.models import (
    CopyRequest,
    CustomerLink,
    ExactRecordState,
    Invoice,
    InvoiceKind,
    PostedDocument,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.payment_standing import living_documents
from payments import link_proposals
from payments.link_proposals import Entry, Match, Wanted
from payments.link_words import say_doubt, say_reason
from payments.models import ReceivableTerm, Removal
from payments.settling import settle_invoices
from payments.shares import DOCUMENTS, SALES_CREDIT_NOTE

# So many of the newest invoices are looked for at once, and so many clients among them in the list of customers.
MOST_INVOICES = 1_000
_MOST_CLIENTS = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person reads: an invoice, the entry that may be it, and why."""

    invoice: Invoice
    connection: ExactConnection
    match: Match
    customer_name: str

    @property
    def key(self) -> str:
        """What a form carries."""
        return f"{self.invoice.pk}:{self.match.entry.exact_id}"

    @property
    def entry(self) -> Entry:
        """The entry in Exact."""
        return self.match.entry

    @property
    def number(self) -> int | None:
        """The number that people know the entry by."""
        return self.entry.invoice_number or self.entry.entry_number

    @property
    def signed_amount(self) -> Decimal:
        """Its total as the books have it."""
        return self.entry.gross_amount * self.invoice.sign

    @property
    def reason(self) -> str:
        """What is the same, and what to look at, in words."""
        return say_reason(self.match)

    @property
    def doubt(self) -> str:
        """What to look at before it is linked; empty for a sure one."""
        return say_doubt(self.match)


def list_connections(invoice: Invoice | None = None) -> list[ExactConnection]:
    """This function will return the connections whose entries are known, for one invoice or all of them."""
    connections = ExactConnection.objects.filter(payments_synced_at__isnull=False)
    if invoice is not None:
        connections = connections.filter(subsidiary=invoice.subsidiary_id)
    return [one for one in connections.order_by("name", "id") if one.is_working]


def count_linkable(connections: Sequence[ExactConnection]) -> int:
    """This function will count the invoices that are looked for: not in Exact, and not on their way there."""
    return _linkable(connections).count()


def find_proposals(connections: Sequence[ExactConnection]) -> list[Proposal]:
    """This function will propose entries for the newest invoices that are not in Exact, with a few queries a connection."""
    invoices = list(
        _linkable(connections)
        .select_related("client", "subsidiary")
        .order_by("-invoice_date", "-id")[:MOST_INVOICES]
    )
    return _propose(connections, invoices)


def find_proposals_for(invoice: Invoice) -> list[Proposal]:
    """This function will propose entries for one invoice; none when it is in Exact or on its way there."""
    connections = list_connections(invoice)
    if not connections:
        return []
    rows = _linkable(connections).filter(pk=invoice.pk).select_related("client", "subsidiary")
    return _propose(connections, list(rows))


def link(*, invoice: Invoice, entry_id: UUID, user: User, now: datetime) -> PostedDocument:
    """This function will link the invoice to an entry that is still proposed for it, and derive its payment status.

    Raises CopyRefused (LinkRefused, AlreadyCopied, AlreadyCopying) in words.
    """
    chosen = next(
        (one for one in find_proposals_for(invoice) if one.entry.exact_id == entry_id), None
    )
    if chosen is None:
        raise _why_not(invoice)
    entry = chosen.entry
    document = linking.link(
        invoice=invoice,
        connection=chosen.connection,
        entry=FoundEntry(
            exact_id=entry.exact_id,
            journal_code=entry.journal_code,
            customer_exact_id=entry.account_id,
            currency=entry.currency,
            gross_amount=entry.gross_amount,
            entry_number=entry.entry_number,
            invoice_number=entry.invoice_number,
            your_ref=entry.your_ref,
        ),
        user=user,
        now=now,
    )
    settle_invoices(connection=chosen.connection, invoice_ids=[invoice.pk], now=now)
    return document


def unlink(*, invoice: Invoice, reason: str, user: User, now: datetime) -> PostedDocument:
    """This function will take back that the invoice was linked, and with it the payments that the entry brought.

    The payments stay as history, struck through: Exact has them as before, but not of this invoice. Raises CopyRefused.
    """
    document = unlinking.unlink(invoice=invoice, reason=reason, user=user, now=now)
    settle_invoices(
        connection=document.connection, invoice_ids=[invoice.pk], now=now, because=Removal.UNLINKED
    )
    if copy_requests.newest_document(invoice) is None:
        # Nothing of Exact's says how far it is paid any more.
        Invoice.objects.filter(pk=invoice.pk).update(payments_read_at=None)
    return document


def _why_not(invoice: Invoice) -> CopyRefused:
    document = copy_requests.newest_document(invoice)
    if document is not None:
        return AlreadyCopied(document)
    return LinkRefused(
        _(
            "What was proposed for this invoice is no longer so in Exact, or belongs to another invoice by now."
        ),
        _("Look at the list again."),
    )


def _linkable(connections: Sequence[ExactConnection]) -> QuerySet[Invoice]:
    on_their_way = CopyRequest.objects.filter(invoice=OuterRef("pk"), state__in=ACTIVE_COPY_STATES)
    return Invoice.objects.filter(
        ~Exists(living_documents()),
        ~Exists(on_their_way),
        set_aside="",
        subsidiary__in=[connection.subsidiary_id for connection in connections],
    )


def _propose(connections: Sequence[ExactConnection], invoices: Sequence[Invoice]) -> list[Proposal]:
    found: list[Proposal] = []
    for connection in connections:
        own = [one for one in invoices if one.subsidiary_id == connection.subsidiary_id]
        if own:
            found += _propose_through(connection, own)
    order = {invoice.pk: place for place, invoice in enumerate(invoices)}
    return sorted(found, key=lambda one: order[one.invoice.pk])


def _propose_through(connection: ExactConnection, invoices: Sequence[Invoice]) -> list[Proposal]:
    by_id = {invoice.pk: invoice for invoice in invoices}
    accounts = _remembered_accounts(connection, invoices)
    entries = _read_entries(connection, invoices, accounts)
    matches = link_proposals.propose(_wanted(invoices, accounts), entries)
    # Of clients that were never copied the account is looked for, but only where something fits otherwise.
    strangers = {
        invoice.client_id: invoice.client
        for invoice in (by_id[match.invoice_id] for match in matches)
        if invoice.client_id not in accounts
    }
    looked_for = list(strangers.values())[:_MOST_CLIENTS]
    for client_id, found in match_customers(connection, looked_for).items():
        if found.customer is not None:
            accounts[client_id] = found.customer.exact_id
    if strangers:
        matches = link_proposals.propose(_wanted(invoices, accounts), entries)
    names = dict(
        ExactCustomer.objects.filter(
            connection=connection, exact_id__in={match.entry.account_id for match in matches}
        ).values_list("exact_id", "name")
    )
    return [
        Proposal(by_id[match.invoice_id], connection, match, names.get(match.entry.account_id, ""))
        for match in matches
    ]


def _remembered_accounts(
    connection: ExactConnection, invoices: Iterable[Invoice]
) -> dict[int, UUID]:
    links = CustomerLink.objects.filter(
        connection=connection,
        client__in={invoice.client_id for invoice in invoices},
        state=ExactRecordState.LINKED,
        exact_id__isnull=False,
    )
    return {link.client_id: link.exact_id for link in links if link.exact_id is not None}


def _wanted(invoices: Iterable[Invoice], accounts: Mapping[int, UUID]) -> list[Wanted]:
    return [
        Wanted(
            invoice_id=invoice.pk,
            numbers=link_proposals.numbers_of(invoice.number, invoice.psa_number),
            account_id=accounts.get(invoice.client_id),
            gross_amount=abs(invoice.gross_amount),
            currency=invoice.currency,
            invoice_date=invoice.invoice_date,
            is_credit=invoice.kind == InvoiceKind.CREDIT_NOTE,
        )
        for invoice in invoices
    ]


def _read_entries(
    connection: ExactConnection, invoices: Sequence[Invoice], accounts: Mapping[int, UUID]
) -> list[Entry]:
    """The sales entries that one of the invoices may be, without those that an invoice here owns."""
    numbers = {
        number
        for invoice in invoices
        for number in link_proposals.numbers_of(invoice.number, invoice.psa_number)
    }
    whole = {number for text in numbers if (number := link_proposals.as_exact_number(text))}
    amounts = {invoice.gross_amount for invoice in invoices if invoice.client_id in accounts}
    terms = ReceivableTerm.objects.filter(
        Q(your_ref__in=numbers)
        | Q(invoice_number__in=whole)
        | Q(entry_number__in=whole)
        | Q(account_exact_id__in=set(accounts.values()), document_amount__in=amounts),
        connection=connection,
        entry_exact_id__isnull=False,
        account_exact_id__isnull=False,
        transaction_type__in=DOCUMENTS,
        deleted_at=None,
    )
    by_entry: dict[UUID, list[ReceivableTerm]] = {}
    for term in terms.order_by("-timestamp"):
        if term.entry_exact_id is not None:
            by_entry.setdefault(term.entry_exact_id, []).append(term)
    owned = PostedDocument.objects.filter(
        Q(entry_exact_id__in=by_entry) | Q(exact_id__in=by_entry)
    ).values_list("entry_exact_id", "exact_id")
    taken = {entry_id for pair in owned for entry_id in pair}
    read = (_entry(rows) for entry_id, rows in by_entry.items() if entry_id not in taken)
    return [entry for entry in read if entry is not None]


def _entry(terms: Sequence[ReceivableTerm]) -> Entry | None:
    """The entry as its terms tell, the newest first; None when they do not tell its amount."""
    newest = terms[0]
    total = newest.document_amount or sum((term.amount for term in terms), Decimal(0))
    if newest.entry_exact_id is None or newest.account_exact_id is None or not total:
        return None
    return Entry(
        exact_id=newest.entry_exact_id,
        journal_code=newest.journal_code,
        entry_number=newest.entry_number,
        invoice_number=newest.invoice_number,
        your_ref=newest.your_ref,
        account_id=newest.account_exact_id,
        gross_amount=total,
        currency=newest.currency,
        entry_date=newest.invoice_date,
        is_credit=newest.transaction_type == SALES_CREDIT_NOTE,
    )
