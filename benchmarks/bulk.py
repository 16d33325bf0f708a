"""Many invoices of the large organization copied at once: how long a person waits for each step of it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import unescape
from uuid import uuid4

from django.test import Client as Browser
from django.urls import resolve, reverse

from benchmarks import crowd
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ExactCustomer
from invoices.locking import in_portions
from invoices.models import Client, Invoice, InvoiceLine
from invoices.queries import CopyStanding
from tests import factories

AT_ONCE, GOES = 5_000, 3
_HIGH = Decimal(100)  # of 21 %, which is the VAT of each invoice of the crowd
_WORDS = re.compile(r'<h2 id="preflight-words">(.*?)</h2>', re.DOTALL)


@dataclass
class Steps:
    """The milliseconds of each step, how many invoices there were in one go, and what the look before the start said of them."""

    count: int = 0
    words: str = ""
    choose: list[float] = field(default_factory=list)
    look: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)


def measure(large: crowd.Crowd, browser: Browser) -> Steps:
    """Copy 5,000 that were never copied, three times others; all of them once where there are fewer."""
    with tenant_transaction(large.organization.pk):
        rows = Invoice.objects.filter(copy_standing=CopyStanding.NOT_COPIED, lines=None)
        ids = list(rows.order_by("-invoice_date", "-pk").values_list("pk", flat=True))
    goes = list(in_portions(ids[: AT_ONCE * GOES], most=AT_ONCE))
    found = Steps(count=len(goes[0]) if goes else 0)
    _prepare(large, ids[: AT_ONCE * GOES])
    for part in goes:
        if len(part) == found.count:
            _go(browser, part, found)
    return found


def _go(browser: Browser, ids: Sequence[int], found: Steps) -> None:
    began = time.perf_counter()
    ticked = {"elsewhere": ",".join(map(str, ids)), "action": "copy"}
    chosen = browser.post(reverse("bulk_list"), ticked, headers={"host": "localhost"})
    found.choose.append((time.perf_counter() - began) * 1000)
    bulk_id = resolve(chosen["Location"]).kwargs["bulk_id"]
    began = time.perf_counter()
    look = browser.get(reverse("bulk_preflight", args=[bulk_id]), headers={"host": "localhost"})
    found.look.append((time.perf_counter() - began) * 1000)
    words = _WORDS.search(look.content.decode())
    found.words = unescape(words[1]).strip() if words else ""
    began = time.perf_counter()
    started = browser.post(reverse("bulk_start", args=[bulk_id]), headers={"host": "localhost"})
    found.start.append((time.perf_counter() - began) * 1000)
    page = browser.get(started["Location"], headers={"host": "localhost"}).content.decode()
    if "under way" not in page:
        raise RuntimeError(f"nothing was started: {found.words}")


def _prepare(large: crowd.Crowd, ids: list[int]) -> None:
    """Give them three lines each, whose VAT codes are known, and each client an account: what a look has to read."""
    exact = large.connection
    rates = [
        factories.make_tax_rate(organization=large.organization, percentage=one)
        for one in ("21", "0")
    ]
    for rate, code in zip(rates, ("2", "0"), strict=True):
        factories.map_tax_rate(connection=exact, tax_rate=rate, vat_code=code)
    with tenant_transaction(large.organization.pk):
        lanes.seat(exact)
        clients = Client.objects.filter(source="rest_push").values_list("name", flat=True)
        ExactCustomer.objects.bulk_create(
            ExactCustomer(
                organization_id=large.organization.pk,
                connection=exact,
                exact_id=uuid4(),
                code=str(number),
                name=name,
                country="NL",
                status="C",
            )
            for number, name in enumerate(clients, start=10_000)
        )
        nets = Invoice.objects.filter(pk__in=ids).values_list("pk", "net_amount")
        InvoiceLine.objects.bulk_create(
            InvoiceLine(
                organization_id=large.organization.pk,
                invoice_id=pk,
                position=position,
                description=f"Line {position}",
                net_amount=amount,
                tax_rate=rates[position > 1],
            )
            for pk, net in nets
            for position, amount in enumerate((_HIGH, net - _HIGH, Decimal(0)), start=1)
        )
