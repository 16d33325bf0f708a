"""The operator's stop: every write ends within one call, people read why, and nothing that they ask for is lost."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from connector.database_clock import database_now
from connector.tenancy.models import AuditEvent, Organization, Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, recovering
from integrations.models import DivisionLane, ExactConnection
from invoices.models import RecoveryPass
from tests import factories

pytestmark = pytest.mark.django_db


def _seated(organization: Organization, **fields: Any) -> ExactConnection:
    connection = factories.make_connection(organization=organization, lists=False, **fields)
    with tenant_transaction(organization.pk):
        lanes.seat(connection)
    return connection


def _order(*arguments: str) -> str:
    out = StringIO()
    call_command("exact_sends", *arguments, stdout=out)
    return out.getvalue()


def _page(organization: Organization, role: Role = Role.VIEWER) -> str:
    user = factories.make_user(organization=organization, role=role)
    content: bytes = factories.sign_in(user).get(reverse("invoice_list")).content
    return " ".join(content.decode().split())


def test_reliability_k6_the_stop_is_told_to_everybody_it_concerns_until_it_is_released():
    ours, theirs = factories.make_organization(), factories.make_organization()
    for organization in (ours, theirs):
        _seated(organization)

    assert _order("stop", "--reason", "Exact books twice.", "--by", "Olga") == (
        "Stopped 2 divisions. Reading goes on.\n"
    )

    assert "2 divisions of 2 stopped." in _order("status")
    assert "by Olga: Exact books twice." in _order("status")
    for organization in (ours, theirs):
        page = _page(organization)
        assert "Copying to Exact is stopped by the operator" in page
        assert "Reason: Exact books twice." in page
        assert "What you ask for waits and is not lost." in page

    assert _order("release") == "Released 2 divisions.\n"

    assert "is stopped by the operator" not in _page(ours)
    with tenant_transaction(ours.pk):
        told = list(AuditEvent.objects.order_by("id").values_list("action", "sentence"))
    assert told == [
        ("exact_sends_stopped", "The operator stopped copying to Exact: Exact books twice."),
        ("exact_sends_released", "The operator let copying to Exact go on."),
    ]


def test_reliability_k6_one_division_can_be_stopped_alone_and_its_connection_is_named():
    organization, stranger = factories.make_organization(), factories.make_organization()
    stopped = _seated(organization, name="Exact Zuid")
    _seated(organization, name="Exact Noord")
    _seated(stranger)

    _order("stop", "--division", str(stopped.division))

    assert "Copying to Exact through “Exact Zuid” is stopped by the operator" in _page(organization)
    assert "is stopped by the operator" not in _page(stranger)
    assert DivisionLane.objects.filter(is_stopped=True).count() == 1
    with tenant_transaction(stranger.pk):
        assert not AuditEvent.objects.exists()


def test_stopping_twice_notes_it_once_and_an_unknown_division_is_said():
    organization = factories.make_organization()
    _seated(organization)

    _order("stop", "--reason", "First")
    assert _order("stop", "--reason", "Second") == "Stopped 0 divisions. Reading goes on.\n"

    assert DivisionLane.objects.get().stop_reason == "First"
    with tenant_transaction(organization.pk):
        assert AuditEvent.objects.count() == 1
    with pytest.raises(CommandError, match="No connection uses division 27000009"):
        _order("stop", "--division", "27000009")


def test_reliability_k6_a_division_that_is_connected_during_a_stop_begins_stopped():
    organization = factories.make_organization()
    _seated(organization)
    _order("stop", "--reason", "Exact books twice")

    newcomer = _seated(factories.make_organization())

    lane = DivisionLane.objects.get(members__connection_id=newcomer.pk)
    assert lane.stop_reason == "Exact books twice"
    _order("release")
    assert not DivisionLane.objects.filter(is_stopped=True).exists()


def test_a_division_that_is_connected_while_only_some_are_stopped_works():
    organization = factories.make_organization()
    stopped = _seated(organization)
    _seated(organization)
    _order("stop", "--division", str(stopped.division))

    newcomer = _seated(factories.make_organization())

    assert not DivisionLane.objects.get(members__connection_id=newcomer.pk).is_stopped


def test_reliability_k6_f4_a_stop_during_the_recovery_of_a_restored_database_outlasts_it():
    organization = factories.make_organization()
    _seated(organization)
    now = database_now()
    recovering.begin(backup_at=now, who="The connector", now=now)

    assert _order("stop", "--reason", "Exact books twice", "--by", "Olga") == (
        "Stopped 1 division. Reading goes on.\n"
    )
    with tenant_transaction(organization.pk):
        RecoveryPass.objects.update(done_at=now, next_at=None)
    recovering.finish_if_done(now=now)

    assert "by Olga: Exact books twice" in _order("status")
    assert _order("release") == "Released 1 division.\n"
