"""A new log-in at Exact, and all the connections that live by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.database_clock import database_now
from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, lanes
from integrations.exact import divisions, oauth
from integrations.models import LaneMember
from tests import factories

pytestmark = pytest.mark.django_db


def test_reliability_c12_a_log_in_ends_the_wait_of_every_connection_that_lives_by_it():
    """Exact gave no token, so each of them was put off for an hour; now there is one."""
    organization = factories.make_organization()
    user = factories.make_user(organization=organization)
    first = factories.make_connection(organization=organization, lists=False)
    second = factories.make_connection(organization=organization, lists=False, grant=first.grant)
    now = database_now()
    with tenant_transaction(organization.pk):
        for connection in (first, second):
            lanes.seat(connection)
        LaneMember.objects.update(due_at=now + timedelta(hours=1))
        grant = first.grant
        grant.cooldown_until = now + timedelta(hours=1)
        grant.save()

        refusal = connection_lifecycle.attach_grant(
            connection_id=first.pk,
            exact_user=connection_lifecycle.ExactUser(
                grant.exact_user_id,
                grant.exact_user_name,
                "",
                [divisions.PermittedDivision(Code=first.division, Status=0)],
            ),
            tokens=oauth.TokenSet(Secret("access"), Secret("refresh"), 600),
            user=user,
            now=now,
        )

    assert refusal == ""
    due = dict(LaneMember.objects.values_list("connection_id", "due_at"))
    assert {pk: due[pk] <= database_now() for pk in due} == {first.pk: True, second.pk: True}
