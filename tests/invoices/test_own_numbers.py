"""How long a lost answer has to be waited for: short only where Exact itself refuses our number a second time (A3, D-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from invoices.models import CopyRequest, CopyState
from invoices.own_numbers import is_on_its_way, settle_delay
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LONG, SHORT = timedelta(seconds=960), timedelta(seconds=120)


def copy(
    organization: Organization, connection: ExactConnection, number: int, *, asked: int | None
) -> None:
    """A copy in journal 70, the number that Exact gave it, and the one of ours that it was asked for."""
    copied = factories.make_posted_document(
        invoice=factories.make_invoice(organization=organization),
        connection=connection,
        entry_number=number,
        journal_code="70",
    )
    with tenant_transaction(organization.pk):
        CopyRequest.objects.filter(pk=copied.copy_request_id).update(entry_number=asked)


@pytest.mark.parametrize(
    ("journal", "number", "delay"),
    [("70", 27_490_002, SHORT), ("71", 27_490_002, LONG), ("70", None, LONG)],
    ids=["seen to keep our number", "another journal", "Exact's number"],
)
def test_reliability_a3_a_number_guards_only_in_the_journal_that_was_seen_to_keep_it(
    settings, journal, number, delay
):
    settings.COPY_SETTLE_SECONDS, settings.COPY_SETTLE_SECONDS_GUARDED = 960, 120
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    copy(organization, connection, 27_490_001, asked=27_490_001)
    request = factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization), connection=connection
    )
    with tenant_transaction(organization.pk):
        assert settle_delay(request, journal, number) == delay


@pytest.mark.parametrize(
    ("kept", "given", "delay"),
    [
        # The newest of them says how the journal is set now.
        ([27_490_001, 1], [27_490_001, 27_490_002], LONG),
        ([1, 27_490_002], [27_490_001, 27_490_002], SHORT),
        # Where Exact was to number, nothing was seen.
        ([27_490_001, 2], [27_490_001, None], SHORT),
        ([2], [None], LONG),
        ([], [], LONG),
    ],
    ids=["not any more", "by now", "not asked for since", "never asked for", "nothing copied yet"],
)
def test_reliability_a3_the_newest_entry_tells_whether_a_journal_keeps_our_numbers(
    settings, kept, given, delay
):
    settings.COPY_SETTLE_SECONDS, settings.COPY_SETTLE_SECONDS_GUARDED = 960, 120
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    for number, ours in zip(kept, given, strict=True):
        copy(organization, connection, number, asked=ours)
    request = factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization), connection=connection
    )
    with tenant_transaction(organization.pk):
        assert settle_delay(request, "70", 27_490_009) == delay


def test_reliability_a3_another_divisions_journal_with_the_same_code_says_nothing(settings):
    settings.COPY_SETTLE_SECONDS, settings.COPY_SETTLE_SECONDS_GUARDED = 960, 120
    organization = factories.make_organization()
    here, there = (
        factories.make_connection(organization=organization, lists=False) for _ in range(2)
    )
    copy(organization, there, 27_490_001, asked=27_490_001)
    request = factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization), connection=here
    )
    with tenant_transaction(organization.pk):
        assert settle_delay(request, "70", 27_490_002) == LONG


@pytest.mark.parametrize(
    ("other", "asked", "waits"),
    [
        ({}, 27_490_001, True),
        ({"state": CopyState.UNKNOWN}, 27_490_001, True),
        ({"state": CopyState.CANCELLED}, 27_490_001, False),
        ({"journal_code": "71"}, 27_490_001, False),
        ({"entry_number": 27_490_002}, 27_490_001, False),
        ({"entry_number": None}, 27_490_001, False),
        ({"entry_number": None}, None, False),
        ({"elsewhere": True}, 27_490_001, False),
    ],
)
def test_d5_a_number_goes_to_exact_with_one_invoice_at_a_time(other, asked, waits):
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    elsewhere = factories.make_connection(organization=organization, lists=False)
    fields: dict[str, Any] = {"entry_number": 27_490_001, "state": CopyState.SENDING} | other
    factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization),
        connection=elsewhere if fields.pop("elsewhere", False) else connection,
        **fields,
    )
    request = factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization),
        connection=connection,
        # It is no obstacle to itself; two of one number under way the database refuses.
        entry_number=None if waits else 27_490_001,
        next_at=NOW,
        progress="Queued",
    )

    with tenant_transaction(organization.pk):
        assert is_on_its_way(request, "70", asked, now=NOW) is waits
        request.refresh_from_db()

    if waits:
        assert request.next_at == NOW + timedelta(minutes=1)
        assert request.progress == "Another invoice with number 27490001 is being copied first"
        return
    assert (request.next_at, request.progress) == (NOW, "Queued")
