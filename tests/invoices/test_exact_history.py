"""The pages of the history of the work with Exact: who sees what of it, and what a filter finds (B-16)."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import AuditEvent, Organization, Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import (
    Direction,
    ExactCall,
    ExactCallBody,
    RecordOutcome,
    RunRecord,
    WorkRun,
)
from invoices.exact_history import views
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def connection(agency):
    return factories.make_connection(organization=agency, name="=cmd|books")


def make_run(connection, *, invoice=None, outcome=RecordOutcome.CREATED, work="copies", **fields):
    """A run with one record and its call."""
    with tenant_transaction(connection.organization_id):
        counts = {} if outcome == RecordOutcome.SEEN else {f"{outcome}_count": 1}
        run = WorkRun.objects.create(
            connection=connection,
            work=work,
            direction=Direction.OUT if work == "copies" else Direction.IN,
            started_at=timezone.now(),
            duration_ms=1234,
            call_count=1,
            **counts | fields,
        )
        RunRecord.objects.create(
            run=run,
            step=1,
            kind="copied" if invoice else "",
            outcome=outcome,
            subject_id=invoice.pk if invoice else None,
            path="" if invoice else "/api/v1/{division}/sync/Cashflow/PaymentTerms",
            call_count=1,
            row_count=12,
        )
        call = ExactCall.objects.create(
            run=run,
            step=1,
            at=run.started_at,
            method="POST",
            path="/api/v1/{division}/salesentry/SalesEntries"
            if invoice
            else "/api/v1/{division}/sync/Cashflow/PaymentTerms",
            address="/api/v1/1/salesentry/SalesEntries",
            status=201,
            duration_ms=300,
        )
        ExactCallBody.objects.create(call=call, at=run.started_at, sent='{"Journal": "70"}')
    return run


def signed_in(client, agency, role):
    user = factories.make_user(organization=agency, role=role)
    client.force_login(user)
    return client


@pytest.fixture
def runs(agency, connection):
    """A copy, a reading of payments, and a copy that failed."""
    invoices = [
        factories.make_invoice(
            organization=agency, subsidiary=connection.subsidiary, number=str(27200001 + at)
        )
        for at in range(2)
    ]
    return {
        "copied": make_run(connection, invoice=invoices[0]),
        "read": make_run(connection, outcome=RecordOutcome.SEEN, work="payments"),
        "failed": make_run(connection, invoice=invoices[1], outcome=RecordOutcome.FAILED),
        "invoice": invoices[0],
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"copied", "read", "failed"}),
        ("errors=on", {"failed"}),
        ("status=quiet", {"read"}),
        ("status=changed", {"copied"}),
        ("direction=in", {"read"}),
        ("work=payments", {"read"}),
        ("text=27200001", {"copied"}),
        ("text=27200", {"copied", "failed"}),
        ("text=%00%27", set()),
        ("work=nonsense&direction=up&connection=x&before=-1", {"copied", "read", "failed"}),
        ("connection=999999999", set()),
    ],
)
def test_a_filter_finds_the_runs_that_it_names(client, agency, runs, query, expected):
    page = signed_in(client, agency, Role.VIEWER).get(f"{reverse('history_runs')}?{query}")

    found = {row.run.pk for row in page.context["rows"]}
    assert found == {runs[name].pk for name in expected}


def test_pages_follow_each_other_by_key_in_a_constant_number_of_queries(
    client, agency, connection, runs, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("invoices.exact_history.queries.PAGE", 2)
    signed_in(client, agency, Role.ADMIN)
    with django_assert_max_num_queries(16):
        first = client.get(reverse("history_runs"))
    make_run(connection, outcome=RecordOutcome.SEEN)

    second = client.get(f"{reverse('history_runs')}?before={first.context['following']}")

    assert [row.run.pk for row in first.context["rows"]] == [runs["failed"].pk, runs["read"].pk]
    assert [row.run.pk for row in second.context["rows"]] == [runs["copied"].pk]
    assert second.context["following"] is None


def test_members_see_sentences_and_only_admins_the_calls(client, agency, runs):
    run = runs["copied"]
    with tenant_transaction(agency.pk):
        call = ExactCall.objects.get(run=run)
    address = reverse("history_call", args=[run.pk, call.pk])

    finance = signed_in(client, agency, Role.FINANCE)
    page = finance.get(reverse("history_run", args=[run.pk])).content.decode()
    assert "Copied to Exact" in page
    assert runs["invoice"].number in page
    assert "SalesEntries" not in page
    assert finance.get(address).status_code == 403

    admin = signed_in(client, agency, Role.ADMIN)
    assert address in admin.get(reverse("history_run", args=[run.pk])).content.decode()
    assert "Journal" in admin.get(address).content.decode()


def test_another_organization_sees_nothing_of_it(client, runs):
    other = factories.make_organization()
    signed_in(client, other, Role.ADMIN)

    assert client.get(reverse("history_run", args=[runs["copied"].pk])).status_code == 404
    page = client.get(f"{reverse('history_runs')}?invoice={runs['invoice'].pk}")
    assert page.context["rows"] == []
    assert runs["invoice"].number not in page.content.decode()


def test_the_file_holds_what_the_filter_found_and_no_formula(client, agency, runs):
    finance = signed_in(client, agency, Role.FINANCE)

    answer = finance.get(f"{reverse('history_csv')}?errors=on")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    assert len(lines) == 2
    assert "'=cmd|books" in lines[1]
    assert "With errors" in lines[1]
    assert signed_in(client, agency, Role.VIEWER).get(reverse("history_csv")).status_code == 403


def test_a_file_that_cannot_hold_all_runs_says_so_in_its_last_line(
    client, agency, connection, monkeypatch
):
    for work in ("copies", "payments", "lists"):
        make_run(connection, work=work)
    finance = signed_in(client, agency, Role.FINANCE)

    def last_line(most):
        monkeypatch.setattr(views, "_MOST_IN_A_FILE", most)
        text = finance.get(reverse("history_csv")).getvalue().decode("utf-8-sig")
        assert len(text.splitlines()) == 4
        return text.splitlines()[-1]

    assert last_line(2) == (
        "Only the newest 2 runs are in this file; older ones match too. Filter for fewer."
    )
    assert "Only the newest" not in last_line(3)


def test_an_admin_sets_how_long_it_is_kept(client, agency):
    admin = signed_in(client, agency, Role.ADMIN)

    admin.post(reverse("history_keep"), {"months": "24"})
    admin.post(reverse("history_keep"), {"months": "999"})

    with tenant_transaction(agency.pk):
        assert Organization.objects.get().history_months == 24
        assert AuditEvent.objects.filter(action="history_kept").count() == 1
