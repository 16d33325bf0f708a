"""Figures over all organizations together: each is asked behind its own wall, and only numbers come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db import connection as database, transaction

from connector.tenancy.scope import OtherOrganization, find_organization_id, tenant_transaction

Totals = dict[tuple[str, str], float]
# A scrape must never hold the database up for long.
_LONGEST = "5s"


def list_where(organization_ids: Sequence[int], condition: str) -> list[int]:
    """This function will return those organizations of which a condition holds, so that only these are opened for work.

    The condition is SQL about the organization's own rows. Raises OtherOrganization inside a transaction of one.
    """
    question = (
        f"SELECT current_setting('app.organization'), '', 1 WHERE {condition}"  # written by us
    )
    return sorted(int(figure) for figure, _label in ask(organization_ids, question))


def work_where(organization_ids: Sequence[int], condition: str, work: Callable[[], int]) -> int:
    """This function will do the work in each organization of which the condition holds, and return the sum of what it returns.

    Each has a transaction of its own. Raises OtherOrganization inside a transaction of one.
    """
    count = 0
    for organization_id in list_where(organization_ids, condition):
        with tenant_transaction(organization_id):
            count += work()
    return count


def ask(
    organization_ids: Sequence[int],
    question: str,
    *,
    merge: Callable[[Iterable[float]], float] = sum,
) -> Totals:
    """This function will put the question to each organization and merge the answers by (figure, label).

    The question is SQL that selects a figure's name, a label and a number; nulls do not count. It must never name
    rows: labels are states. Raises OtherOrganization inside an organization's transaction.
    """
    if find_organization_id() is not None:
        raise OtherOrganization("Totals are asked outside any organization's transaction.")
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_LONGEST])
        cursor.execute(
            "SELECT figure, label, value FROM ask_each_organization(%s, %s) WHERE value IS NOT NULL",
            [list(organization_ids), question],
        )
        answers: dict[tuple[str, str], list[float]] = {}
        for figure, label, value in cursor.fetchall():
            answers.setdefault((figure, label), []).append(value)
    return {key: merge(values) for key, values in answers.items()}
