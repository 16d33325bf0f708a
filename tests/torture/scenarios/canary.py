"""Secrets and personal words, looked for wherever they do not belong, after a run in which much went wrong."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import requests
from django.utils import timezone

from connector.tenancy.api_keys import create_api_key
from connector.tenancy.models import Role
from integrations.models import ExactGrant
from integrations.token_store import vault
from invoices.models import Invoice
from tests import factories
from tests.torture.canaries import PERSON, BrokerTap, Search
from tests.torture.chaos import disturb, shorten_minutes
from tests.torture.offices import Office, log_in, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.people import Person
from tests.torture.stage import Stage, say
from tests.torture.truth import compare
from tests.torture.working import revive, wait_for_all

# The stand-in for Exact is not ours, and Exact is where an invoice's data goes.
_NOT_OURS = frozenset({"sandbox.log"})
_FAULTS = ("validation_500", "generic_500", "garbage_json", "truncated_body", "empty_201")
_SERVER_ERROR = 500


class Canary:
    """Intake by API, copying by hand with a new customer, faulty answers, a lost log-in, error pages: 0 hits."""

    name: ClassVar[str] = "canary"
    bar: ClassVar[str] = (
        "secrets and personal words in logs, broker, clear-text columns, error pages, mails: 0 hits"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Let unmistakable words pass through everything, and look for them."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            offices = open_offices(stage.sandbox, 2)
            search = Search(_secrets(stage))
            tap = BrokerTap(stage.broker)
            stage.start_beat()
            stage.start_workers(1, children=2)
            stage.start_web()
            count = how_many(size, short=4, long=400)
            for office in offices:
                _live_through(stage, office, search, count // 2)
            _collect_tokens(offices, search)
            truth = compare(stage.sandbox, offices)
            search.text("broker", tap.close())
            search.database(stage.database.superuser_url())
            mails = _error_pages(stage, search)
        figures = {
            "hits": len(search.hits),
            "characters read": sum(search.looked_at.values()),
            "secrets": len(search.secrets),
            "personal words": len(PERSON),
            "mails": mails,
            **truth.figures(),
        }
        told = f"{len(search.hits)} hits of {len(search.secrets)} secrets and {len(PERSON)} personal words"
        found = f": {', '.join(sorted(set(search.hits))[:8])}" if search.hits else ""
        good = not search.hits and mails > 0 and truth.copied > 0 and truth.is_flawless
        return Outcome(figures, good, f"{told}{found}; {mails} mails; {truth.sentence()}")


def _secrets(stage: Stage) -> dict[str, str]:
    kept = stage.ground.passwords
    return {
        **{name: word for name, word in stage.ground.secrets.items() if name != "EXACT_CLIENT_ID"},
        "database owner's password": kept.owner,
        "application's database password": kept.application,
        "superuser's password": kept.superuser,
        "a person's password": factories.PASSWORD,
    }


def _live_through(stage: Stage, office: Office, search: Search, count: int) -> None:
    """What happens at an organization in a bad week."""
    # Both offices log in as one person at Exact, who took the consent back in the other's week.
    log_in(stage.sandbox, office)
    factories.make_user(organization=office.organization, role=Role.ADMIN)
    with office.rows():
        _, key = create_api_key(name="PSA", created_by=None, organization_id=office.organization.pk)
    search.secrets[f"API key of {office.organization.pk}"] = key
    _collect_tokens([office], search)
    ids = [_push(stage, office, key, number) for number in range(count)]
    _push_rubbish(stage, key)
    person = Person(office, stage.ground.web_url)
    person.mistype()
    person.sign_in()
    for fault in _FAULTS:
        stage.sandbox.fault(fault, path="SalesEntries")
    disturb(stage.sandbox, percent=10)
    for invoice_id in ids:
        person.copy(invoice_id)
    office.asked += ids
    stage.sandbox.call("POST", "consent/revoke", {"username": "anna@studio-noord.example"})
    time.sleep(3)

    def meanwhile() -> None:
        shorten_minutes()
        stage.supervise()
        revive(stage.sandbox, [office])

    wait_for_all([office], seconds=300, meanwhile=meanwhile)
    stage.sandbox.clear_faults()
    say(f"{len(search.secrets)} secrets so far")


def _push(stage: Stage, office: Office, key: str, number: int) -> int:
    """An invoice of the client that nobody could overlook, sent by the REST API."""
    own = 27_900_000 + office.organization.pk * 1_000 + number
    body: dict[str, Any] = {
        "id": f"canary-{own}",
        "number": str(own),
        "subject": PERSON["subject"],
        "reference": PERSON["reference"],
        "invoice_date": "2026-11-20",
        "currency": "EUR",
        "client": {
            "id": "kanarie",
            "name": PERSON["client's name"],
            "email": PERSON["client's e-mail"],
            "phone": PERSON["client's phone"],
            "address_line1": PERSON["client's street"],
            "postcode": "2718 ZZ",
            "city": "Utrecht",
            "country": "NL",
        },
        "contact": {
            "id": "quirijntje",
            "first_name": PERSON["contact's name"].split()[0],
            "last_name": PERSON["contact's name"].split()[1],
            "email": PERSON["contact's e-mail"],
        },
        "lines": [
            {
                "description": PERSON["line"],
                "net_amount": "100.00",
                "tax_rate": {"id": "rate-21", "name": "21 %", "percentage": "21"},
            }
        ],
    }
    answer = requests.post(
        f"{stage.ground.web_url}/api/v1/invoices/", json=body, headers=_bearer(key), timeout=60
    )
    assert answer.ok, answer.text
    with office.rows():
        return Invoice.objects.get(source_id=f"canary-{own}").pk


def _push_rubbish(stage: Stage, key: str) -> None:
    address = f"{stage.ground.web_url}/api/v1/invoices/"
    for headers in (_bearer(key), _bearer(f"{key}x")):
        requests.post(address, json={"client": PERSON}, headers=headers, timeout=60)
        requests.post(address, data=PERSON["line"], headers=headers, timeout=60)


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _collect_tokens(offices: list[Office], search: Search) -> None:
    """The tokens of now; those that were replaced were collected before."""
    for office in offices:
        with office.rows():
            for grant in ExactGrant.objects.all():
                for kind in ("access", "refresh"):
                    name = f"{kind} token {timezone.now():%M:%S} of {office.organization.pk}"
                    search.secrets[name] = vault.reveal(grant, kind).reveal()


def _error_pages(stage: Stage, search: Search) -> int:
    """Pages of a server in trouble, and the logs of it all; it returns how many mails were printed there."""
    with requests.Session() as browser:
        for path in ("/nothing-here/", "/invoices/999999999/", "/api/v1/invoices/?bad=1"):
            search.text("error pages", browser.get(stage.ground.web_url + path, timeout=60).text)
        refused = browser.post(stage.ground.web_url + "/sign-in/", data=PERSON, timeout=60)
        search.text("error pages", refused.text)
        stage.database.crash()
        broken = browser.get(stage.ground.web_url + "/sign-in/?next=/", timeout=60)
        posted = browser.post(
            stage.ground.web_url + "/api/v1/invoices/",
            json=PERSON,
            headers=_bearer("exc_1_" + "x" * 43),
            timeout=60,
        )
    assert posted.status_code >= _SERVER_ERROR, posted.status_code
    for page in (broken, posted):
        search.text("error pages", page.text)
    search.logs(stage.ground.logs, but=_NOT_OURS)
    printed = [path.read_text(errors="replace") for path in stage.ground.logs.glob("*.log")]
    return sum(text.count("\nSubject: ") for text in printed)
