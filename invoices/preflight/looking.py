"""Looks at invoices as the engine will, before a copy is asked for: the same reading, and `proposal.decide`. No calls.

What only Exact knows it can not tell: customers that were made there since the list was read, and what Exact refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from integrations.mappings.costs import NO_CLIENT_COSTS, ClientCosts
from integrations.mappings.facts import ConnectionFacts, CustomerFacts
from integrations.mappings.reading import find_many_customer_facts, read_facts
from integrations.models import ExactConnection
from invoices.client_costs import reading as client_costs
from invoices.contents import read_contents
from invoices.copy_choices import CopyChoices
from invoices.customer_match import CustomerMatch
from invoices.customer_search import match_customers
from invoices.customers import unsure_problem
from invoices.document_plan import InvoiceContent
from invoices.drafting import problem_of
from invoices.locking import in_portions
from invoices.models import Invoice
from invoices.preflight.verdicts import Verdict
from invoices.problems import Problem
from invoices.proposal import decide
from invoices.recipients import find_recipient
from invoices.routes import DocumentRoute, route_of

_AT_A_TIME = 500


def look(connection: ExactConnection, wanted: Mapping[int, CopyChoices]) -> Iterator[Verdict]:
    """This function will say what would become of these invoices, each with its choices, if they were copied now.

    `wanted` is by invoice id. A constant number of queries for each 500.
    """
    for ids in in_portions(wanted, most=_AT_A_TIME):
        rows = Invoice.objects.filter(pk__in=ids).select_related("client", "contact")
        yield from _look(connection, list(rows.order_by("pk")), wanted)


def _look(
    connection: ExactConnection, invoices: Sequence[Invoice], wanted: Mapping[int, CopyChoices]
) -> Iterator[Verdict]:
    contents = read_contents(invoices)
    chosen = {invoice.pk: wanted[invoice.pk] for invoice in invoices}
    facts = read_facts(
        connection,
        item_ids={item for choices in chosen.values() for item in choices.item_ids},
        item_codes={line.item_code for content in contents.values() for line in content.lines},
    )
    undecided = {
        invoice.client_id: invoice.client
        for invoice in invoices
        if chosen[invoice.pk].customer_exact_id is None
    }
    matches = match_customers(connection, undecided.values())
    accounts = {
        invoice.pk: _account_of(chosen[invoice.pk], matches.get(invoice.client_id))
        for invoice in invoices
    }
    customers = find_many_customer_facts(
        connection, [account for account in accounts.values() if account is not None]
    )
    costs = client_costs.read_many(facts, connection, {row.client_id for row in invoices})
    way = route_of(connection.route)
    for invoice in invoices:
        account, match = accounts[invoice.pk], matches.get(invoice.client_id)
        yield _judge(
            invoice,
            contents[invoice.pk],
            replace(chosen[invoice.pk], customer_exact_id=account),
            facts=facts,
            customer=customers.get(account) if account else None,
            unsure=_unsure(invoice, chosen[invoice.pk], match) if account is None else None,
            costs=costs.get(invoice.client_id, NO_CLIENT_COSTS),
            way=way,
            connection=connection,
        )


def _account_of(choices: CopyChoices, match: CustomerMatch | None) -> UUID | None:
    """The account that the copy will be booked on, in the order of `customers.CustomerMaker`; None: a new one."""
    if choices.customer_exact_id is not None or match is None:
        return choices.customer_exact_id
    if match.is_remembered and match.customer is not None:
        return match.customer.exact_id
    if match.unlisted is not None or choices.create_customer:
        return match.unlisted
    return match.customer.exact_id if match.customer is not None else None


def _unsure(invoice: Invoice, choices: CopyChoices, match: CustomerMatch | None) -> Problem | None:
    if match is None or not match.is_ambiguous or choices.create_customer:
        return None
    return unsure_problem(invoice.client, match)


def _judge(
    invoice: Invoice,
    content: InvoiceContent,
    choices: CopyChoices,
    *,
    facts: ConnectionFacts,
    customer: CustomerFacts | None,
    unsure: Problem | None,
    costs: ClientCosts,
    way: DocumentRoute,
    connection: ExactConnection,
) -> Verdict:
    is_new = choices.customer_exact_id is None and unsure is None
    proposal = decide(
        content=content,
        facts=facts,
        customer=customer,
        costs=costs,
        recipient=find_recipient(invoice, customer, is_new_customer=is_new),
        way=way,
        choices=choices,
    )
    problem = problem_of(proposal, invoice.client) if proposal.gaps else None
    if unsure is not None:
        further = problem.causes if problem else ()
        problem = replace(unsure, causes=unsure.causes + further)
    return Verdict(
        invoice.pk,
        connection.pk,
        invoice.currency,
        invoice.sign * invoice.gross_amount,
        problem=problem,
    )
