"""A log-in at Exact that nothing renews any more: told once, days before it ends, to those who can act (C7, B-18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, log_in_ends
from integrations.models import ConnectionEvent, ExactGrant, GrantState
from tests import factories

pytestmark = pytest.mark.django_db


class Agency:
    """An admin, and a connection that a finance user made; its log-in was renewed so many days ago."""

    def __init__(self, days: float, **fields) -> None:
        self.organization = factories.make_organization()
        self.admin = factories.make_user(organization=self.organization)
        self.femke = factories.make_user(organization=self.organization, role=Role.FINANCE)
        self.connection = factories.make_connection(
            organization=self.organization, connected_by=self.femke, **fields
        )
        self.renew(days)
        with tenant_transaction(self.organization.pk):
            lanes.seat(self.connection)

    def renew(self, days: float) -> None:
        with tenant_transaction(self.organization.pk):
            ExactGrant.objects.update(
                issued_at=timezone.now() - timedelta(days=days),
                state=GrantState.ACTIVE,
                connected_by=self.femke,
            )

    def page(self, user, name: str, *args) -> str:
        content = factories.sign_in(user).get(reverse(name, args=args)).content.decode()
        return " ".join(content.split())


@pytest.fixture
def warn(django_capture_on_commit_callbacks):
    def run() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return log_in_ends.warn(now=timezone.now())

    return run


def test_reliability_c7_who_connected_and_the_admins_are_mailed_once_before_a_log_in_ends(warn):
    agency, calm = Agency(days=20.5), Agency(days=19.5)

    assert [warn(), warn()] == [1, 0]

    [sent] = mail.outbox
    assert sorted(sent.bcc) == sorted([agency.admin.email, agency.femke.email])
    assert sent.subject == "The log-in at Exact Online ends soon: Exact Noord"
    ends = timezone.localtime(timezone.now() + timedelta(days=9.5))
    assert f"ends on {ends.day} {ends:%b %Y}" in sent.body
    with tenant_transaction(agency.organization.pk):
        assert ConnectionEvent.objects.filter(kind="log_in_ends_soon").count() == 1

    banner = "it could not be renewed since"
    assert banner in agency.page(agency.admin, "invoice_list")
    assert banner not in agency.page(agency.femke, "invoice_list")
    assert banner not in calm.page(calm.admin, "invoice_list")
    shown = agency.page(agency.admin, "marketplace")
    assert "Needs attention" in shown
    assert 'Reconnect<span class="visually-hidden"> Exact Noord</span>' in shown
    assert "Ends soon" in agency.page(agency.admin, "connection_health", agency.connection.pk)

    # Renewed, and then not again: that is another end.
    agency.renew(days=0)
    assert warn() == 0
    assert banner not in agency.page(agency.admin, "invoice_list")


@pytest.mark.parametrize(
    "fields", [{"state": "disconnected"}, {"state": "needs_consent"}, {"state": "setup_incomplete"}]
)
def test_nobody_is_warned_of_a_log_in_that_no_connection_works_by(warn, fields):
    Agency(days=25, **fields)

    assert warn() == 0
    assert mail.outbox == []
