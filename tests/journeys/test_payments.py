"""From a copy in Exact to a paid invoice here and back again, through the real lanes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests
from django.utils import timezone

from connector.tenancy.models import Role
from integrations import lanes
from integrations.models import ExactConnection, LaneMember
from invoices.models import CopyState, Invoice
from payments.models import Payment
from payments.sync_requests import request_sync
from tests import factories
from tests.journeys.world import DIVISION, World

FEEDS = ["/sync/Deleted", "/sync/Cashflow/PaymentTerms"]
FIRST = [
    "/system/Divisions",
    # Where the feed of terms stands, and that of deletions.
    "/read/sync/Sync/SyncTimestamp",
    "/read/sync/Sync/SyncTimestamp",
    "/bulk/Cashflow/Receivables",
    *FEEDS,
]


def turn_on(world: World) -> None:
    """Turn the payments sync on, as the connection's page does."""
    with world.rows():
        ExactConnection.objects.filter(pk=world.connection.pk).update(sync_payments=True)
        lanes.ring(world.connection, at=timezone.now())


def bank(world: World, method: str, path: str, **body: Any) -> Any:
    """Do something at the sandbox's bank desk."""
    address = f"{world.sandbox.base_url}/_sandbox/bank/{path}"
    answer = requests.request(method, address, json=body, timeout=10)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def pay(world: World, *parts: tuple[Invoice, str], day: str = "2026-11-03") -> str:
    """Register one bank line over one or more copied invoices."""
    payment_id: str = bank(
        world,
        "POST",
        "payments",
        division=DIVISION,
        date=day,
        reference="BANK",
        lines=lines(world, *parts),
    )["id"]
    return payment_id


def lines(world: World, *parts: tuple[Invoice, str]) -> list[dict[str, str]]:
    return [
        {"entry_id": str(world.documents(invoice)[0].exact_id), "amount": amount}
        for invoice, amount in parts
    ]


def sync_now(world: World) -> list[str]:
    """Click *Sync now*, let the lane work, and return the paths it called."""
    with world.rows():
        # The cooldown is for people; the journey goes faster.
        ExactConnection.objects.update(payments_synced_at=None)
        request_sync(connection=world.connection, user=None, now=timezone.now())
    before = last_call(world)
    world.work_off()
    return paths_after(world, before)


def last_call(world: World) -> int:
    """The number of the newest call in the sandbox's log."""
    number = world.sandbox.sandbox.log.since(0)[-1]["seq"]
    assert isinstance(number, int)
    return number


def paths_after(world: World, number: int) -> list[str]:
    """Everything Exact was asked after a call: reading of lists and tokens too."""
    calls = world.sandbox.sandbox.log.since(number)
    return [str(call["path"]).partition(str(DIVISION))[2] for call in calls]


def copied(world: World, **fields: Any) -> Invoice:
    invoice = world.invoice(**fields)
    assert world.copy(invoice).state == CopyState.COPIED
    return invoice


def status(world: World, invoice: Invoice) -> str:
    return world.fresh_invoice(invoice).payment_status


def test_p2_and_p57_no_payments_job_until_the_toggle_is_turned_on_then_without_a_new_consent(world):
    invoice = copied(world)
    pay(world, (invoice, "121.00"))
    LaneMember.objects.filter(connection_id=world.connection.pk).update(due_at=timezone.now())
    before = last_call(world)
    world.work_off()
    assert paths_after(world, before) == []
    assert status(world, invoice) == "open"

    turn_on(world)
    world.work_off()

    assert paths_after(world, before) == FIRST
    assert status(world, invoice) == "paid"


def test_p52_an_invoice_becomes_paid_by_itself_and_open_again(world):
    turn_on(world)
    invoice = copied(world)
    payment_id = pay(world, (invoice, "121.00"))
    assert sync_now(world) == FEEDS
    assert status(world, invoice) == "paid"

    bank(world, "PATCH", f"payments/{payment_id}", lines=lines(world, (invoice, "100.00")))
    assert sync_now(world) == FEEDS
    assert status(world, invoice) == "partly_paid"

    bank(world, "DELETE", f"payments/{payment_id}")
    assert sync_now(world) == FEEDS
    assert status(world, invoice) == "open"

    page = factories.sign_in(
        factories.make_user(organization=world.organization, role=Role.VIEWER)
    ).get(f"/payments/invoices/{invoice.pk}/")
    assert "Deleted in Exact" in page.content.decode()


def test_p58_one_bank_line_pays_two_invoices(world):
    turn_on(world)
    first, second = copied(world), copied(world, net="200.00")

    pay(world, (first, "121.00"), (second, "242.00"))
    sync_now(world)

    assert (status(world, first), status(world, second)) == ("paid", "paid")


def test_an_update_of_the_copy_keeps_its_payment_status_right(world):
    turn_on(world)
    invoice = copied(world)
    sync_now(world)
    with world.rows():
        line = invoice.lines.get()
        line.net_amount = 200
        line.save()
        Invoice.objects.filter(pk=invoice.pk).update(
            net_amount=200, vat_amount=42, gross_amount=242, content_hash="f" * 64
        )

    assert world.update(invoice).state == CopyState.COPIED
    pay(world, (invoice, "121.00"))
    sync_now(world)

    fresh = world.fresh_invoice(invoice)
    assert (fresh.payment_status, fresh.open_amount) == ("partly_paid", 121)


def test_pages_of_payments_call_exact_never(world):
    turn_on(world)
    invoice = copied(world)
    before = last_call(world)
    browser = factories.sign_in(factories.make_user(organization=world.organization))

    for path in ("/payments/", f"/payments/invoices/{invoice.pk}/"):
        assert browser.get(path).status_code == 200

    assert paths_after(world, before) == []


def test_the_next_run_comes_by_itself_after_the_set_time(world, settings):
    settings.PAYMENTS_IDLE_SECONDS = 600
    turn_on(world)
    world.work_off()

    member = LaneMember.objects.get(connection_id=world.connection.pk)

    assert member.due_at is not None
    wait = member.due_at - timezone.now()
    assert timedelta(seconds=590) < wait <= timedelta(seconds=600)
    with world.rows():
        assert Payment.objects.count() == 0
