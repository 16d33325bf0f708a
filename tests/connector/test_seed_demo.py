"""The demo's data: loaded once, through the same doors as any other."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from connector.tenancy.models import Membership, Organization, User
from connector.tenancy.scope import membership_transaction, tenant_transaction
from integrations.models import ExactConnection, Subsidiary
from invoices.models import Invoice, InvoiceEvent, InvoiceKind

pytestmark = pytest.mark.django_db


def load(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", *options, stdout=out)
    return out.getvalue()


def organization_of(email: str) -> Organization:
    user = User.objects.get(email=email)
    with membership_transaction(user.pk):
        [place] = Membership._base_manager.filter(user=user).select_related("organization")
    return place.organization


def test_the_demo_is_loaded_once_and_prints_its_sign_ins():
    printed = load("--really")
    studio = organization_of("admin@demo.example")
    with tenant_transaction(studio.pk):
        before = list(Invoice.objects.order_by("id").values()), InvoiceEvent.objects.count()

    assert load("--really") == printed
    assert "Finance: finance@demo.example / demo-demo-demo" in printed.splitlines()
    assert User.objects.get(email="viewer@demo.example").check_password("demo-demo-demo")
    assert User.objects.count() == 7
    with tenant_transaction(studio.pk):
        assert (
            list(Invoice.objects.order_by("id").values()),
            InvoiceEvent.objects.count(),
        ) == before
        assert Invoice.objects.count() == 40
        assert set(Invoice.objects.values_list("currency", flat=True)) == {"EUR", "USD", "GBP"}
        notes = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).select_related(
            "original", "client"
        )
        assert [note.original and note.original.client_id for note in notes] == [
            note.client_id for note in notes
        ]
        assert Subsidiary.objects.count() == 3
        assert not ExactConnection.objects.exists()
    assert not organization_of("essential@demo.example").includes_integrations


def test_a_real_installation_stays_untouched():
    with pytest.raises(CommandError, match="Add --really"):
        load()

    assert not User.objects.exists()
