"""From the confirmation to Exact and back to the setup: H-4 to H-8."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import requests

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)

CONNECT = "/settings/marketplace/connect/"


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def browser(organization):
    return factories.sign_in(factories.make_user(organization=organization, role=Role.ADMIN))


def begin(browser, organization, name):
    """Fill in the first form; return where the browser is sent."""
    subsidiary = factories.make_subsidiary(organization=organization, name=name)
    response = browser.post(CONNECT, {"name": name, "subsidiary": subsidiary.pk, "country": "NL"})
    return response["Location"]


def newest(organization):
    with tenant_transaction(organization.pk):
        return ExactConnection.objects.order_by("-id").first()


def log_on(address):
    """Log on at Exact; return the answer of the page after it."""
    form = {"username": exact.ANNA, "password": exact.PASSWORD, "login": "1"}
    with requests.Session() as at_exact:
        at_exact.get(address, timeout=10)
        sent = at_exact.post(address, data=form, allow_redirects=False, timeout=10)
        onward = "{0.scheme}://{0.netloc}".format(urlsplit(address)) + sent.headers["Location"]
        return at_exact.get(onward, allow_redirects=False, timeout=10)


def test_h4_h6_exacts_own_login_is_shown_and_the_person_comes_back_to_the_setup(
    browser, organization, sandbox
):
    address = begin(browser, organization, "Exact Noord")
    assert address.startswith(f"{sandbox.base_url}/api/oauth2/auth?")

    back = browser.get(exact.local(exact.walk_login(address)))

    connection = newest(organization)
    assert back["Location"] == f"/settings/marketplace/{connection.pk}/settings/"
    shown = browser.get(back["Location"]).content.decode()
    assert "Select your division" in shown


def test_h5_it_works_when_exact_asks_for_consent_and_when_it_was_given_before(
    browser, organization, sandbox
):
    address = begin(browser, organization, "First")
    assert log_on(address).status_code == 200, "The consent page is shown the first time."
    browser.get(exact.local(exact.walk_login(address)))

    address = begin(browser, organization, "Second")
    answer = log_on(address)

    assert answer.status_code == 302, "No consent page the second time."
    back = browser.get(exact.local(answer.headers["Location"]))
    assert back["Location"] == f"/settings/marketplace/{newest(organization).pk}/settings/"


def test_h7_h8_the_division_that_is_open_in_exact_is_never_taken_by_itself(
    browser, organization, sandbox
):
    browser.get(exact.local(exact.walk_login(begin(browser, organization, "Exact"))))

    connection = newest(organization)
    shown = browser.get(f"/settings/marketplace/{connection.pk}/settings/").content.decode()

    assert connection.division is None
    offered = set(re.findall(r'name="division"\s+value="(\d+)"', shown))
    assert {str(exact.NOORD), str(exact.ZUID), str(exact.OST)} <= offered
    assert not re.search(r'name="division"[^>]*checked', shown)
