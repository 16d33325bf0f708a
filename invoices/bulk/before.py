"""What a bulk copy will come to: looked at before it is started. No calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.models import ExactConnection
from invoices import copy_bulk
from invoices.bulk.reading import address_of
from invoices.bulk.ways import connections_by_subsidiary, find_ways, usual_choices
from invoices.locking import in_portions
from invoices.models import BulkCopy, Invoice
from invoices.preflight.groups import Preflight, gather
from invoices.preflight.looking import look
from invoices.preflight.verdicts import Verdict


def look_before(bulk: BulkCopy) -> Preflight:
    """This function will say what the chosen invoices come to, in the groups that a person reads."""
    connections = {one.pk: one for one in connections_by_subsidiary().values()}
    return gather(judge_before(bulk), connections, back=address_of(bulk))


def judge_before(bulk: BulkCopy) -> list[Verdict]:
    """This function will look at the chosen invoices as `runs.start` asks for them and the engine then judges them."""
    ways = find_ways(bulk)
    verdicts = list(_left_out(ways.unconnected, 0, dict.fromkeys(ways.unconnected, ways.why_not)))
    for connection, ids in ways.through:
        refused = _refusals(connection, ids)
        verdicts += _left_out(list(refused), connection.pk, refused)
        choices = usual_choices(connection)
        verdicts += look(connection, dict.fromkeys(set(ids) - refused.keys(), choices))
    return verdicts


def _refusals(connection: ExactConnection, ids: Sequence[int]) -> dict[int, str]:
    refused: dict[int, str] = {}
    for part in in_portions(ids):
        rows = Invoice.objects.filter(pk__in=part).values_list("pk", "subsidiary_id", "set_aside")
        standings = [copy_bulk.Standing(*row) for row in rows.order_by()]
        refused |= copy_bulk.find_refusals(standings, connection)
    return refused


def _left_out(ids: Sequence[int], connection_id: int, reasons: dict[int, str]) -> Iterator[Verdict]:
    for part in in_portions(ids):
        for invoice in Invoice.objects.filter(pk__in=part).order_by("pk"):
            amount = invoice.sign * invoice.gross_amount
            reason = reasons[invoice.pk]
            yield Verdict(invoice.pk, connection_id, invoice.currency, amount, left_out=reason)
