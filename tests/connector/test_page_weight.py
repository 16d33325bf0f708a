"""How much a browser has to fetch for the list: the first time with styles and scripts, after that the page alone."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from connector.tenancy.models import Role
from tests.factories import make_client, make_invoice, make_organization, make_user, sign_in

pytestmark = pytest.mark.django_db

FIRST_LOAD, LATER_LOAD = 200_000, 30_000


def static_bytes(page: str) -> int:
    """What the page's own files weigh as WhiteNoise serves them: compressed, and kept by the browser for a year."""
    names = {match[1] for match in re.finditer(r'(?:href|src)="/static/([^"?]+)', page)}
    assert {"app.css", "app.js"} <= names
    for name in [name for name in names if name.endswith(".css")]:
        folder = Path(name).parent
        urls = re.findall(r"url\([\"']?([^\"')?#]+)", _content(name).decode())
        names |= {str(folder / url) for url in urls if not url.startswith("data:")}
    return sum(len(gzip.compress(_content(name))) for name in names)


def _content(name: str) -> bytes:
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_bytes()


def test_pages_a_full_list_is_light_on_the_first_load_and_after():
    organization = make_organization()
    for number in range(27_300_000, 27_300_052):
        name = f"Client of some length {number * 7919 % 9973} B.V."
        client = make_client(organization=organization, name=name)
        make_invoice(
            organization=organization,
            client=client,
            number=str(number),
            subject=f"Work on {number * 104729 % 99991}: design, hosting and support",
        )
    browser = sign_in(make_user(organization=organization, role=Role.FINANCE))

    plain = browser.get(reverse("invoice_list"))
    packed = browser.get(reverse("invoice_list"), headers={"Accept-Encoding": "gzip"})

    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    page = gzip.decompress(packed.content).decode()
    assert page.count("row-link") == plain.content.decode().count("row-link") == 50
    assert len(packed.content) <= LATER_LOAD
    assert len(packed.content) + static_bytes(page) <= FIRST_LOAD
