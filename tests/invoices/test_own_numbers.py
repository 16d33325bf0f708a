"""How long a lost answer has to be waited for: short only where Exact itself refuses our number a second time (A3, D-5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.tenancy.scope import tenant_transaction
from invoices.models import CopyRequest
from invoices.own_numbers import settle_delay
from tests import factories

pytestmark = pytest.mark.django_db

LONG, SHORT = timedelta(seconds=960), timedelta(seconds=120)


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
    copied = factories.make_posted_document(
        invoice=factories.make_invoice(organization=organization),
        connection=connection,
        entry_number=27_490_001,
        journal_code="70",
    )
    request = factories.make_copy_request(
        invoice=factories.make_invoice(organization=organization), connection=connection
    )
    with tenant_transaction(organization.pk):
        CopyRequest.objects.filter(pk=copied.copy_request_id).update(entry_number=27_490_001)

        assert settle_delay(request, journal, number) == delay
