"""A new log-in at Exact, and all the connections that live by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connector.database_clock import database_now
from connector.http import Session
from connector.secrets import Secret
from connector.tenancy.models import User
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, exact_login, lanes
from integrations.exact import divisions, me, oauth
from integrations.exact.client import ExactClient
from integrations.exact.rows import sort_rows
from integrations.models import ExactConnection, ExactDivision, LaneMember
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def log_in(monkeypatch):
    """Log in again as the same Exact user, whom Exact lets see these divisions."""

    user = User.objects.create_user("anna@example.com")

    def again(connection: ExactConnection, *, status: object = 0) -> str:
        grant = connection.grant
        who = me.Me.model_validate(
            {
                "UserID": grant.exact_user_id,
                "FullName": grant.exact_user_name,
                "CurrentDivision": connection.division,
            }
        )
        row = {"Code": connection.division, "Status": status}
        found = sort_rows(divisions.PermittedDivision, [row], division=None, next_page=None)
        monkeypatch.setattr(me, "get", lambda _client: who)
        monkeypatch.setattr(divisions, "list_permitted", lambda _client: found)
        client = ExactClient("https://exact.test", None, Secret("access"), Session())
        with tenant_transaction(connection.organization_id):
            return connection_lifecycle.attach_grant(
                connection_id=connection.pk,
                exact_user=exact_login._with_a_second_try(client),
                tokens=oauth.TokenSet(Secret("access"), Secret("refresh"), 600),
                user=user,
                now=timezone.now(),
            )

    return again


def test_reliability_c12_a_log_in_ends_the_wait_of_every_connection_that_lives_by_it(log_in):
    """Exact gave no token, so each of them was put off for an hour; now there is one."""
    organization = factories.make_organization()
    first = factories.make_connection(organization=organization, lists=False)
    second = factories.make_connection(organization=organization, lists=False, grant=first.grant)
    with tenant_transaction(organization.pk):
        for connection in (first, second):
            lanes.seat(connection)
        LaneMember.objects.update(due_at=database_now() + timedelta(hours=1))

    assert log_in(first) == ""

    due = dict(LaneMember.objects.values_list("connection_id", "due_at"))
    assert {pk: due[pk] <= database_now() for pk in due} == {first.pk: True, second.pk: True}


def test_reliability_b9_a_division_that_cannot_be_read_is_not_one_that_is_gone(log_in):
    connection = factories.make_connection(organization=factories.make_organization(), lists=False)
    assert log_in(connection) == ""

    assert log_in(connection, status="unreadable") == ""

    with tenant_transaction(connection.organization_id):
        assert ExactDivision.objects.get().is_usable


def test_a_division_that_was_archived_is_refused_with_the_reason(log_in):
    connection = factories.make_connection(organization=factories.make_organization(), lists=False)

    assert "can not open Studio Noord" in log_in(connection, status=1)
