"""A world that Exact tells about changes: the sandbox's own webhooks, over HTTP, to the product's own address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from django.utils import timezone

from exact_sandbox.options import DEFAULT_WEBHOOK_SECRET
from exact_sandbox.server import RunningSandbox
from integrations import lanes
from integrations.models import (
    ExactConnection,
    LaneMember,
    WebhookListener,
    WebhookSubscription,
)
from tests.journeys.world import DIVISION, World
from tests.payments.books import USER

PATH = "/exact/webhook"
PAYMENT_TOPICS = {"FinancialTransactions", "BankEntries", "CashEntries"}
LIST_TOPICS = {"Accounts", "GLAccounts"}


@dataclass
class Told:
    """A connected world, and what goes back and forth about webhooks."""

    world: World

    @classmethod
    def begin(cls, exact: RunningSandbox, settings: Any, public_url: str, **fields: Any) -> Told:
        """Connect with webhooks on; the sandbox sends only when it is told to."""
        settings.EXACT_WEBHOOK_SECRETS = [DEFAULT_WEBHOOK_SECRET]
        settings.PUBLIC_URL = public_url
        exact.sandbox.switches.set("webhook_delivery", "manual")
        for subscription in exact.sandbox.database.records("webhooksubscriptions"):
            exact.sandbox.database.delete("webhooksubscriptions", ID=subscription["ID"])
        told = cls(World.begin(exact, **{"sync_payments": True} | fields))
        told.deliver()
        told.rest()
        return told

    # --- Exact ---

    def switch(self, **positions: object) -> None:
        """Put switches of the sandbox in other positions."""
        self.world.control("PATCH", "switches", positions)

    def subscriptions(self) -> dict[str, dict[str, Any]]:
        """What Exact has, by topic."""
        found = self.world.control("GET", "webhooks")["subscriptions"]
        return {one["topic"]: one for one in found}

    def deliver(self) -> list[dict[str, Any]]:
        """Send what waits, and return how it went."""
        found: list[dict[str, Any]] = self.world.control("POST", "webhooks/deliver")["deliveries"]
        return found

    def answers(self) -> set[int]:
        """Send what waits, and return the statuses of the answers."""
        return {delivery["tries"][-1]["answer"] for delivery in self.deliver()}

    def calls(self, part: str = "/sync/Cashflow/PaymentTerms") -> int:
        """How often a path was asked since the calls were forgotten."""
        return len(self.log(part))

    def log(self, part: str) -> list[dict[str, Any]]:
        """The calls to a path since the calls were forgotten."""
        log = self.world.control("GET", f"log?since={self.world.seen}")["entries"]
        return [entry for entry in log if part in entry["path"]]

    def make_account(self, name: str) -> None:
        """Somebody makes an account in Exact."""
        token = self.world.control("POST", "tokens", {"username": USER})["access_token"]
        answer = requests.post(
            f"{self.world.sandbox.base_url}/api/v1/{DIVISION}/crm/Accounts",
            json={"Name": name, "Status": "C"},
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=10,
        )
        assert answer.status_code == 201, answer.text

    # --- here ---

    @property
    def member(self) -> LaneMember:
        """The connection's place in its lane."""
        return LaneMember.objects.get(connection_id=self.world.connection.pk)

    def listener(self, group: str = "payments") -> WebhookListener:
        """What the connection listens for."""
        return WebhookListener.objects.get(member=self.member, group=group)

    def stored(self) -> dict[str, WebhookSubscription]:
        """What we know Exact to have, by topic."""
        rows = WebhookSubscription.objects.filter(lane__members=self.member)
        return {row.topic: row for row in rows}

    def change(self, **fields: Any) -> None:
        """Change the connection as its page does, and let the lane see it."""
        with self.world.rows():
            ExactConnection.objects.filter(pk=self.world.connection.pk).update(**fields)
            lanes.ring(self.world.connection, at=timezone.now())
        self.world.work_off()

    def rest(self) -> None:
        """Nothing is due, nothing was heard, and what was called is forgotten."""
        self.world.work_off()
        WebhookListener.objects.update(due_at=None, handled_at=None, heard_at=None)
        self.world.forget_calls()
