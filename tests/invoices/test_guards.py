"""What PostgreSQL refuses of a copy's rows, whoever asks: the application, or the tables' owner in a shell (docs/reliability.md lists the rules)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connection as database
from psycopg import errors

from connector.tenancy.scope import tenant_transaction
from invoices import history
from invoices.models import CopyRequest, CopyState
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


class Shell:
    """One session that writes plain SQL, inside the organization's wall."""

    def __init__(self, session: psycopg.Connection[Any], organization_id: int) -> None:
        self.session = session
        self.organization_id = organization_id

    def run(self, statement: str, *values: Any) -> int:
        """Run one statement in a transaction of its own and return how many rows it met."""
        with self.session.transaction():
            self.session.execute(
                "SELECT set_config('app.organization', %s, true)", [str(self.organization_id)]
            )
            return self.session.execute(statement, values).rowcount

    def refuses(self, statement: str, *values: Any) -> bool:
        """Whether PostgreSQL refuses the statement, at once or when its transaction ends."""
        try:
            self.run(statement, *values)
        except (errors.UniqueViolation, errors.CheckViolation):
            return True
        return False


@pytest.fixture
def exact():
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization)
    connection.organization = organization
    return connection


@pytest.fixture(params=["application", "owner"])
def shell(request, application_database_url, exact) -> Iterator[Shell]:
    """A session as production's role, and one as the owner of the tables."""
    url = application_database_url
    if request.param == "owner":
        owner = urlsplit(os.environ["DATABASE_URL"])
        url = owner._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    with psycopg.connect(url, autocommit=True) as session:
        yield Shell(session, exact.organization_id)


def made(exact, **fields: Any) -> CopyRequest:
    invoice = factories.make_invoice(
        organization=exact.organization,
        subsidiary=exact.subsidiary,
        number=f"27{uuid4().int % 10**6:06}",
    )
    return factories.make_copy_request(invoice=invoice, connection=exact, **fields)


def sent(exact, state: CopyState = CopyState.UNKNOWN, **fields: Any) -> CopyRequest:
    """A request that has left once, with the attempt that says so."""
    defaults: dict[str, Any] = {
        "attempt_count": 1,
        "payload": {"draft": {}},
        "payload_hash": "a" * 64,
        "settle_until": NOW,
    }
    request = made(exact, state=state, **defaults | fields)
    if state != CopyState.SENDING:
        factories.make_attempt(request, outcome="uncertain")
    return request


REQUEST = "UPDATE invoices_copyrequest SET"
COLUMNS = ", ".join(str(one.column) for one in CopyRequest._meta.fields if not one.primary_key)


def copy_of(columns: str, **instead: str) -> str:
    """An INSERT of the row once more, with these columns given otherwise."""
    values = ", ".join(instead.get(name, name) for name in columns.split(", "))
    return f"INSERT INTO invoices_copyrequest ({columns}) SELECT {values} FROM invoices_copyrequest WHERE id = %s"  # noqa: S608


def test_rule_1_one_wish_a_generation_and_one_under_way_an_invoice(shell, exact):
    copied = sent(exact, CopyState.NEEDS_CHOICE)
    waiting = made(exact)

    again = copy_of(COLUMNS, marker="'ZZZZ-0001'")
    another = copy_of(COLUMNS, marker="'ZZZZ-0002'", generation="generation + 1")

    assert shell.refuses(again, copied.pk)
    assert shell.refuses(another, waiting.pk)
    assert (
        shell.run(another, copied.pk) == 1
    )  # the same statement passes where nothing is under way


def test_rule_2_a_number_is_on_its_way_to_exact_once(shell, exact):
    sent(exact, entry_number=27000001)
    other = made(exact)
    number = "UPDATE invoices_copyrequest SET entry_number = %s WHERE id = %s"

    assert shell.refuses(number, 27000001, other.pk)
    assert shell.run(number, 27000002, other.pk) == 1


def test_rule_3_a_document_of_exact_has_one_owner_for_good(shell, exact):
    documents = [
        factories.make_posted_document(
            invoice=factories.make_invoice(
                organization=exact.organization, subsidiary=exact.subsidiary
            ),
            connection=exact,
        )
        for _ in range(2)
    ]
    table = "UPDATE invoices_posteddocument SET"

    assert shell.refuses(
        f"{table} exact_id = %s WHERE id = %s", documents[0].exact_id, documents[1].pk
    )
    for column, value in {
        "exact_id": uuid4(),
        "copy_request_id": documents[1].copy_request_id,
        "invoice_id": documents[1].invoice_id,
        "sequence": 7,
    }.items():
        assert shell.refuses(f"{table} {column} = %s WHERE id = %s", value, documents[0].pk), column
    assert shell.refuses("DELETE FROM invoices_posteddocument WHERE id = %s", documents[0].pk)
    assert shell.run(f"{table} your_ref = 'else' WHERE id = %s", documents[0].pk) == 1


@pytest.mark.parametrize(("kind", "may_go"), [("link", True), ("create", False)])
def test_rule_3_only_what_was_linked_can_be_taken_back_and_only_with_its_event(
    shell, exact, kind, may_go
):
    invoice = factories.make_invoice(organization=exact.organization, subsidiary=exact.subsidiary)
    with tenant_transaction(exact.organization.pk):
        request = factories.make_copy_request(invoice=invoice, connection=exact, kind=kind)
        document = factories.make_posted_document(
            invoice=invoice, connection=exact, copy_request=request
        )
    take_back = "DELETE FROM invoices_posteddocument WHERE id = %s"
    assert shell.refuses(take_back, document.pk)

    with tenant_transaction(exact.organization.pk):
        history.note(
            invoice=invoice,
            kind="unlinked",
            sentence="Unlinked.",
            now=NOW,
            details={"document": document.pk},
        )

    assert shell.refuses(take_back, document.pk) is not may_go


@pytest.mark.parametrize("state", ["copied", "mismatch"])
def test_rule_4_nothing_is_called_copied_without_its_document(shell, exact, state):
    request = sent(exact)

    assert shell.refuses(
        "UPDATE invoices_copyrequest SET state = %s WHERE id = %s", state, request.pk
    )


def test_rule_6_nothing_is_being_sent_without_an_attempt_and_only_one_is_open(shell, exact):
    waiting, sending = made(exact), sent(exact, CopyState.SENDING)
    attempt = (
        "INSERT INTO invoices_copyattempt (organization_id, copy_request_id, number, fence, worker, started_at, "
        "payload_hash, outcome, evidence) VALUES (%s, %s, 2, 0, 'shell', now(), '', '', '{}')"
    )

    assert shell.refuses(
        "UPDATE invoices_copyrequest SET state = 'sending', attempt_count = 1 WHERE id = %s",
        waiting.pk,
    )
    assert shell.refuses(attempt, exact.organization_id, sending.pk)


@pytest.mark.parametrize(
    ("state", "to"),
    [
        ("unknown", "sending"),
        ("copied", "queued"),
        ("copied", "cancelled"),
        ("cancelled", "queued"),
        ("conflict", "queued"),
        ("needs_choice", "sending"),
        ("needs_choice", "queued"),
        ("sending", "cancelled"),
        ("unknown", "cancelled"),
    ],
)
def test_rule_7_a_state_that_could_send_twice_or_lose_a_send_is_refused(shell, exact, state, to):
    if state == "copied":
        invoice = factories.make_invoice(
            organization=exact.organization, subsidiary=exact.subsidiary
        )
        request = factories.make_posted_document(invoice=invoice, connection=exact).copy_request
    else:
        request = sent(exact, CopyState(state))

    assert shell.refuses("UPDATE invoices_copyrequest SET state = %s WHERE id = %s", to, request.pk)


@pytest.mark.parametrize(
    ("outcome", "may_go_again"),
    [("not_sent", True), ("not_executed", True), ("uncertain", False), ("refused", False)],
)
def test_rule_7_a_send_is_repeated_only_when_it_surely_did_nothing(
    shell, exact, outcome, may_go_again
):
    request = sent(exact, CopyState.SENDING)
    shell.run(
        "UPDATE invoices_copyattempt SET outcome = %s WHERE copy_request_id = %s",
        outcome,
        request.pk,
    )

    refused = shell.refuses(
        "UPDATE invoices_copyrequest SET state = 'queued' WHERE id = %s", request.pk
    )

    assert refused is not may_go_again


@pytest.mark.parametrize(
    ("looks", "waited", "may_go_again"),
    [(2, "1 second", True), (1, "1 second", False), (2, "-1 second", False)],
)
def test_rule_7_absent_counts_after_two_looks_and_the_settle_delay(
    shell, exact, looks, waited, may_go_again
):
    request = sent(exact)

    refused = shell.refuses(
        "UPDATE invoices_copyrequest SET state = 'queued', absent_lookups = %s, "
        "state_changed_at = settle_until + %s::interval WHERE id = %s",
        looks,
        waited,
        request.pk,
    )

    assert refused is not may_go_again


@pytest.mark.parametrize(
    "change",
    [
        """payload = '{"draft": {"x": 1}}'""",
        "payload_hash = repeat('b', 64)",
        "marker = 'ZZZZ-0003'",
        "entry_number = 27000009",
        "your_ref = 'else'",
        "journal_code = '71'",
        "route = 'exact_invoice'",
        "kind = 'update'",
        "attempt_count = 0",
        "generation = 99",
    ],
)
def test_rule_8_what_was_sent_is_frozen(shell, exact, change):
    request = sent(exact)

    assert shell.refuses(f"{REQUEST} {change} WHERE id = %s", request.pk)


def test_rule_9_attempts_and_wishes_are_kept_and_an_outcome_is_written_once(shell, exact):
    request = sent(exact, CopyState.SENDING)
    mine = "WHERE copy_request_id = %s"
    table = "UPDATE invoices_copyattempt SET"

    for change in (
        "number = 5",
        "fence = 5",
        "worker = 'x'",
        "started_at = now()",
        "payload_hash = ''",
    ):
        assert shell.refuses(f"{table} {change} {mine}", request.pk), change
    assert shell.run(f"{table} outcome = 'uncertain' {mine}", request.pk) == 1
    assert shell.run(f"{table} outcome = 'executed', http_status = 201 {mine}", request.pk) == 1
    for change in (
        "outcome = 'not_sent'",
        "outcome = ''",
        "http_status = 500",
        "evidence = '{\"a\": 1}'",
    ):
        assert shell.refuses(f"{table} {change} {mine}", request.pk), change
    assert shell.refuses("DELETE FROM invoices_copyattempt WHERE copy_request_id = %s", request.pk)
    assert shell.refuses("DELETE FROM invoices_copyrequest WHERE id = %s", request.pk)


def test_the_application_may_not_empty_the_tables(application_database_url):
    """A TRUNCATE asks no trigger; only the owner may do it."""
    with psycopg.connect(application_database_url, autocommit=True) as session:
        for table in ("copyrequest", "copyattempt", "posteddocument"):
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute(f"TRUNCATE invoices_{table} CASCADE")
