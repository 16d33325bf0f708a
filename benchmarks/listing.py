"""The measured process of `benchmarks.invoices`: prints what each way to open the invoice list cost, as JSON.

`python -m benchmarks.listing INVOICES OTHERS ROUNDS`, with the product's settings in the environment. The time is the server's
own, through all middleware and PostgreSQL, without the network.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from dataclasses import asdict
from datetime import date
from itertools import product
from urllib.parse import urlencode

import django

django.setup()

from django.db import connection  # noqa: E402 - models need the settings
from django.test import Client as Browser  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks import bulk, crowd  # noqa: E402
from connector.tenancy.models import Role  # noqa: E402
from invoices.connection_health.standings import Sync  # noqa: E402
from invoices.payment_standing import CHOICES  # noqa: E402
from invoices.queries import SORTS, CopyStanding  # noqa: E402
from tests import factories  # noqa: E402


def filters() -> list[dict[str, str]]:
    """Return what a person may narrow the list down by: each value of each field, and some together."""
    single = [
        *({"copy": value} for value in CopyStanding.values),
        *({"payment": value} for value, _label in CHOICES),
        *({"sync": value} for value in Sync.values),
        *({"look": "on"}, {"state": "draft"}, {"kind": "credit_note"}),
        *({"currency": value} for value in ("EUR", "USD", "GBP")),
        *({"q": value} for value in ("270001", "Client 79", "week 17", "nothing at all")),
        {"from_date": "2026-06-01"},
        {"to_date": "2016-02-01"},
        {"from_date": "2020-03-01", "to_date": "2020-03-31"},
    ]
    together = [
        {"copy": "copied", "payment": "not_read", "currency": "USD"},
        {"copy": "not_copied", "kind": "credit_note", "from_date": "2024-01-01"},
        {"sync": "failing", "currency": "GBP"},
        {"payment": "partly_paid", "from_date": "2019-01-01", "to_date": "2019-12-31"},
        {"state": "draft", "kind": "credit_note", "copy": "copied"},
        {"q": "Client 79", "payment": "partly_paid"},
    ]
    return [{}, *single, *together]


def sorts() -> list[str]:
    """Return every order of the list."""
    return [f"{sign}{name}" for name in SORTS for sign in ("", "-")]


def timed(browser: Browser, address: str) -> tuple[float, int]:
    """Return the milliseconds of a request and the bytes of its answer."""
    began = time.perf_counter()
    response = browser.get(address, headers={"accept-encoding": "gzip", "host": "localhost"})
    taken = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    gzip.decompress(response.content)
    return taken, len(response.content)


def queries(browser: Browser, address: str) -> int:
    """Return how many statements a request sends."""
    with CaptureQueriesContext(connection) as captured:
        timed(browser, address)
    return len(captured)


def measure(invoices: int, others: int, rounds: int, step: int = 1) -> dict[str, object]:
    """Fill the database, and open the list in every way, or in every `step`th."""
    began = time.monotonic()
    large = crowd.make(invoices, others=others)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        (size,) = cursor.fetchone()
    filled = time.monotonic() - began
    return run(large, rounds, step) | {"filled": filled, "size": size, "clients": crowd.CLIENTS}


def run(large: crowd.Crowd, rounds: int, step: int = 1) -> dict[str, object]:
    """Open the list in every way, and an empty page and the preview between them; then copy many at once."""
    user = factories.make_user(organization=large.organization, role=Role.FINANCE)
    browser = factories.sign_in(user)
    invoice = factories.make_invoice(
        organization=large.organization,
        subsidiary=large.connection.subsidiary,
        invoice_date=date(2026, 11, 20),
        lines=[{"net_amount": "10.00", "rate": "21", "service": "Design"}] * 20,
    )
    listing, empty_page = reverse("invoice_list"), reverse("bulk_list")
    ways = [
        f"{listing}?{urlencode(chosen | {'sort': sort})}"
        for chosen, sort in product(filters(), sorts())
    ][::step]
    ways += [f"{listing}?page=200", f"{listing}?sort=client&page=200"]
    preview = reverse("invoice_copy", args=[invoice.pk])
    for warm in (listing, empty_page, preview):
        timed(browser, warm)
    pages: dict[str, list[float]] = {way: [] for way in ways}
    empty: list[float] = []
    previews: list[float] = []
    sizes: list[int] = []
    for _ in range(rounds):
        for number, way in enumerate(ways):
            taken, size = timed(browser, way)
            pages[way].append(taken)
            sizes.append(size)
            if number % 10 == 0:
                empty.append(timed(browser, empty_page)[0])
                previews.append(timed(browser, preview)[0])
    return {
        "pages": pages,
        "empty": empty,
        "previews": previews,
        "bytes": max(sizes),
        "queries": sorted({queries(browser, way) for way in ways}),
        "totals": [timed(browser, f"{listing}?totals=on")[0] for _ in range(3)],
        # The last, for it changes what the list shows.
        "bulk": asdict(bulk.measure(large, browser)),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*(int(one) for one in sys.argv[1:5]))))
