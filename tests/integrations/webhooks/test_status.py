"""The line about webhooks on the check of a connection."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import Role
from integrations import lanes
from integrations.models import WebhookSubscription
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization()


@pytest.fixture
def connection(organization):
    made = factories.make_connection(organization=organization, sync_payments=True)
    lanes.seat(made)
    return made


@pytest.fixture
def page(organization, connection, settings):
    """Read the check page of the connection as an admin."""
    settings.EXACT_WEBHOOK_SECRETS = ["secret"]
    settings.PUBLIC_URL = "https://connector.example.com"
    user = factories.make_user(organization=organization, role=Role.ADMIN)
    browser = factories.sign_in(user)

    def read() -> str:
        answer = browser.get(reverse("connection_check", args=[connection.pk]))
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return read


def subscribe(connection, topic, **fields):
    lane = lanes.seat(connection).lane
    WebhookSubscription.objects.create(lane=lane, topic=topic, check_at=timezone.now(), **fields)


def test_an_admin_sees_since_when_exact_tells_of_changes(page, connection):
    subscribe(connection, "BankEntries", exact_id=uuid4(), subscribed_at=timezone.now())

    assert 'Exact tells us about changes since <span class="ago"' in page()


def test_before_that_or_when_exact_refuses_the_line_is_as_calm(page, connection):
    calm = "Exact does not tell us about changes yet; they are read at the usual times."
    assert calm in page()

    subscribe(connection, "BankEntries", problem="Invalid: Post to callback URL")
    assert calm in page()


@pytest.mark.parametrize(
    ("secrets", "address"),
    [([], "https://connector.example.com"), (["secret"], "http://connector.example.com")],
)
def test_where_there_are_no_webhooks_nothing_is_said(page, settings, secrets, address):
    settings.EXACT_WEBHOOK_SECRETS, settings.PUBLIC_URL = secrets, address

    assert "about changes" not in page()
