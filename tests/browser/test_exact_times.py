"""Exact times: who uses a keyboard or a finger reads them as well as who points with a mouse (UI.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import ApiKey
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection, ReferenceList
from payments.models import SyncCursor
from tests.browser.conftest import HEIGHT
from tests.browser.test_every_page import address
from tests.whole_organization import make_whole_organization

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = (
    "api_keys",
    "connection_activity",
    "connection_check",
    "connection_health",
    "invoice",
    "marketplace",
    "payment_list",
    "psa_endpoint",
    "status",
)
_TIME_IN_A_TITLE = re.compile(r'title="[^"]*\|\s*date:')
_EXACT_TIMES = """[...document.querySelectorAll("main .ago")].filter(one => one.checkVisibility()).map(one => {
    one.focus();
    one.scrollIntoView({block: "center"});
    const exact = one.querySelector(".ago-exact");
    const at = exact.getBoundingClientRect();
    const found = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
    return {
        text: exact.textContent,
        isWhole: at.left >= 0 && at.right <= document.documentElement.clientWidth && at.width > 50,
        isOnTop: found === exact,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
})"""


def test_no_template_gives_a_time_to_who_can_hover_alone():
    with_it = [
        file.relative_to(TEMPLATES)
        for file in TEMPLATES.rglob("*.html")
        if _TIME_IN_A_TITLE.search(file.read_text(encoding="utf-8"))
    ]

    assert with_it == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_exact_time_shows_on_focus_within_the_page(page, sign_in, live_server):
    whole = make_whole_organization("Studio Noorderlicht")
    with tenant_transaction(whole.organization.pk):
        ApiKey.objects.update(last_used_at=timezone.now())
        ReferenceList.objects.update(refreshed_at=timezone.now())
        SyncCursor.objects.update(read_at=timezone.now())
        ExactConnection.objects.update(payments_synced_at=timezone.now())
    places = {name: address(name, whole) for name in PAGES}
    places["invoice"] = reverse("invoice", args=[whole.copied_invoice.pk])
    sign_in(page, whole.admin)
    seen = set()
    hidden = []

    for name, place in places.items():
        page.goto(place)
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for time in page.evaluate(_EXACT_TIMES):
                seen.add(name)
                is_exact = re.search(r"\d{4} \d{2}:\d{2}:\d{2}$", time["text"])
                if not (is_exact and time["isWhole"] and time["isOnTop"]) or time["overflow"] > 0:
                    hidden.append((name, width, time))

    assert hidden == []
    assert seen == set(PAGES)
