"""The journey to Exact and back, through real pages: P-9, P-10, RELIABILITY J8, J9, J10, J23."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from connector.database_clock import database_now
from connector.tenancy import organizations
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import exact_login
from integrations.models import (
    ConnectionState,
    ConsentRequest,
    ExactConnection,
    ExactDivision,
    ExactGrant,
)
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def admin(organization):
    return factories.make_user(organization=organization, role=Role.ADMIN)


@pytest.fixture
def subsidiary(organization):
    return factories.make_subsidiary(organization=organization)


@pytest.fixture
def browser(admin):
    return factories.sign_in(admin)


def begin(browser, subsidiary, *, country="NL", name="Exact Noord"):
    response = browser.post(
        "/settings/marketplace/connect/",
        {"name": name, "subsidiary": subsidiary.pk, "country": country},
    )
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def rows(organization, model):
    with tenant_transaction(organization.pk):
        return list(model.objects.order_by("id"))


def sentence(response):
    return " ".join(response.content.decode().split())


def test_p10_h4_h6_login_and_consent_lead_to_the_setup_window(
    browser, organization, admin, subsidiary, sandbox
):
    address = begin(browser, subsidiary)
    assert address.startswith(f"{sandbox.base_url}/api/oauth2/auth?")
    back = exact.walk_login(address)

    response = browser.get(exact.local(back))

    (connection,) = rows(organization, ExactConnection)
    assert response.status_code == 302
    assert response["Location"] == f"/settings/marketplace/{connection.pk}/settings/"
    assert connection.state == ConnectionState.SETUP_INCOMPLETE
    assert connection.connected_by_id == admin.pk
    (grant,) = rows(organization, ExactGrant)
    assert grant.exact_user_name == "Anna de Vries"
    assert {row.code: row.is_usable for row in rows(organization, ExactDivision)} == {
        exact.NOORD: True,
        exact.ZUID: True,
        exact.OST: True,
        exact.ARCHIVED: False,
    }


def test_p10_the_callback_makes_three_calls_and_no_page_makes_any(
    browser, organization, subsidiary, sandbox
):
    back = exact.walk_login(begin(browser, subsidiary))
    assert exact.calls(sandbox) == []

    browser.get(exact.local(back))

    assert [call["path"].rsplit("/", 1)[1] for call in exact.calls(sandbox)] == [
        "token",
        "Me",
        "Divisions",
    ]
    sandbox.sandbox.log.clear()
    (connection,) = rows(organization, ExactConnection)
    for page in ("settings/", "activity/", "begin/", "disconnect/"):
        assert browser.get(f"/settings/marketplace/{connection.pk}/{page}").status_code == 200
    assert browser.get("/settings/marketplace/").status_code == 200
    assert exact.calls(sandbox) == []


def test_p9_the_country_decides_the_host(browser, subsidiary, settings):
    settings.EXACT_BASE_URL = ""
    hosts = {
        country: urlsplit(begin(browser, subsidiary, country=country)).netloc
        for country in ("BE", "NL", "DE")
    }

    assert hosts == {
        "BE": "start.exactonline.be",
        "NL": "start.exactonline.nl",
        "DE": "start.exactonline.de",
    }


def test_the_address_of_the_login_page_holds_a_fresh_state_each_time(browser, subsidiary, sandbox):
    states = {parse_qs(urlsplit(begin(browser, subsidiary)).query)["state"][0] for _ in range(3)}

    assert len(states) == 3
    assert all(len(state) >= 40 for state in states)


def test_the_state_is_stored_as_a_hash_only(browser, organization, subsidiary, sandbox):
    state = parse_qs(urlsplit(begin(browser, subsidiary)).query)["state"][0]

    (journey,) = rows(organization, ConsentRequest)

    assert state not in str(vars(journey))


def test_p10_refusing_consent_is_a_sentence_with_a_way_on(
    browser, organization, subsidiary, sandbox
):
    back = exact.walk_login(begin(browser, subsidiary), allow=False)

    response = browser.get(exact.local(back), follow=True)

    (connection,) = rows(organization, ExactConnection)
    assert "You did not allow the connection at Exact." in sentence(response)
    assert f'action="/settings/marketplace/{connection.pk}/log-in/"' in sentence(response)
    assert "access_denied" not in sentence(response)
    assert rows(organization, ExactGrant) == []
    assert exact.calls(sandbox) == []
    again = browser.post(f"/settings/marketplace/{connection.pk}/log-in/")
    assert again["Location"].startswith(sandbox.base_url)


def test_j8_a_second_opening_says_already_connected_and_leads_on(
    browser, organization, subsidiary, sandbox
):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    browser.get(back, follow=True)
    sandbox.sandbox.log.clear()

    response = browser.get(back, follow=True)

    (connection,) = rows(organization, ExactConnection)
    assert response.status_code == 200
    assert "is already connected" in sentence(response)
    assert f"/settings/marketplace/{connection.pk}/setup/" in sentence(response)
    assert exact.calls(sandbox) == []


def test_j8_a_refused_answer_can_not_be_replayed_with_a_code(
    browser, organization, subsidiary, sandbox
):
    back = exact.local(exact.walk_login(begin(browser, subsidiary), allow=False))
    browser.get(back, follow=True)

    response = browser.get(back.replace("error=access_denied", "code=stolen"), follow=True)

    assert "works only once" in sentence(response)
    assert rows(organization, ExactGrant) == []


def test_j8_a_state_older_than_ten_minutes_does_not_count(
    browser, organization, subsidiary, sandbox
):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))

    with tenant_transaction(organization.pk):
        ConsentRequest.objects.update(created_at=database_now() - timedelta(seconds=601))
    response = browser.get(back, follow=True)

    assert "longer than ten minutes" in sentence(response)
    assert "Log in at Exact again" in sentence(response)
    assert exact.calls(sandbox) == []


@pytest.mark.parametrize("minutes_off", [-15, 8])
def test_reliability_c19_a_log_in_at_a_host_with_a_wrong_clock_has_the_databases_time(
    minutes_off, browser, organization, subsidiary, sandbox, monkeypatch
):
    """By the host's a token would be used after its end, and a journey that ends at another host would seem too long."""
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=minutes_off))

    browser.get(back)

    (grant,) = rows(organization, ExactGrant)
    assert grant.issued_at is not None
    assert abs(grant.issued_at - database_now()) < timedelta(seconds=60)


def test_j8_another_session_of_the_same_user_is_refused(browser, admin, subsidiary, sandbox):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))

    response = factories.sign_in(admin).get(back, follow=True)

    assert "another browser" in sentence(response)
    assert exact.calls(sandbox) == []


def test_j8_another_user_is_refused(browser, organization, subsidiary, sandbox):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    colleague = factories.make_user(organization=organization, role=Role.ADMIN)

    response = factories.sign_in(colleague).get(back, follow=True)

    assert "started by somebody else" in sentence(response)
    assert "/log-in/" not in sentence(response)
    assert exact.calls(sandbox) == []
    assert rows(organization, ExactGrant) == []


def test_j8_another_organization_of_the_same_user_is_refused(
    browser, admin, organization, subsidiary, sandbox
):
    other = factories.make_organization(name="Zuid")
    organizations.add_member(organization_id=other.pk, user=admin, role=Role.ADMIN)
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    session = browser.session
    session["organization_id"] = other.pk
    session.save()

    response = browser.get(back, follow=True)

    assert "started for another organization" in sentence(response)
    assert exact.calls(sandbox) == []
    assert rows(other, ExactGrant) == []
    assert rows(organization, ExactGrant) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state=&code=x",
        "?state=unknown&code=x",
        "?code=x",
        "?error=access_denied",
        "?state=" + "x" * 4000 + "&code=y",
        "?state=%00%0d%0aSet-Cookie:x&code=%ff",
        "?state=<script>alert(1)</script>&code=x",
    ],
)
def test_j8_garbage_is_answered_with_a_sentence(browser, organization, sandbox, query):
    response = browser.get(f"/exact/callback{query}", follow=True)

    assert response.status_code == 200
    assert "Nothing was connected" in sentence(response)
    assert "<script>alert" not in sentence(response)
    assert exact.calls(sandbox) == []


def test_a_state_without_code_and_without_error_is_answered(browser, subsidiary, sandbox):
    state = parse_qs(urlsplit(begin(browser, subsidiary)).query)["state"][0]

    response = browser.get("/exact/callback", {"state": state}, follow=True)

    assert "without an answer" in sentence(response)


def test_a_forged_code_is_answered_with_a_way_on(browser, subsidiary, sandbox):
    state = parse_qs(urlsplit(begin(browser, subsidiary)).query)["state"][0]

    response = browser.get("/exact/callback", {"state": state, "code": "forged"}, follow=True)

    assert "did not accept the log-in" in sentence(response)
    assert "Log in at Exact again" in sentence(response)


def test_j8_a_state_of_another_country_is_refused(browser, organization, subsidiary, sandbox):
    address = begin(browser, subsidiary)
    (connection,) = rows(organization, ExactConnection)
    back = exact.local(exact.walk_login(address))
    browser.post(
        f"/settings/marketplace/{connection.pk}/begin/",
        {"name": "Exact", "subsidiary": subsidiary.pk, "country": "BE"},
    )

    response = browser.get(back, follow=True)

    assert "country was changed" in sentence(response)
    assert exact.calls(sandbox) == []


@pytest.mark.parametrize("fault", ["drop_before", "unavailable_503", "maintenance_html"])
def test_exact_away_during_the_callback_is_a_sentence(browser, subsidiary, sandbox, fault):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    sandbox.sandbox.faults.add({"fault": fault, "path": "/api/oauth2/token"})

    response = browser.get(back, follow=True)

    assert "Exact did not answer in time" in sentence(response)


def test_one_hiccup_after_consent_does_not_cost_the_login(
    browser, organization, subsidiary, sandbox
):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    sandbox.sandbox.faults.add({"fault": "unavailable_503", "path": "current/Me"})

    response = browser.get(back)

    assert response.status_code == 302
    assert len(rows(organization, ExactGrant)) == 1


def test_a_wrong_app_registration_names_who_can_mend_it(browser, subsidiary, sandbox, settings):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    settings.EXACT_CLIENT_SECRET = "wrong"

    response = browser.get(back, follow=True)

    assert "check the app registration" in sentence(response)


def test_j23_the_callback_lets_its_address_travel_nowhere(browser, subsidiary, sandbox):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))

    for response in (browser.get(back), browser.get(back), browser.get("/exact/callback")):
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("consent", ["remembered", "always", "never"])
def test_h5_login_works_whether_or_not_exact_asks_for_consent(
    browser, organization, sandbox, consent
):
    """Exact asks once, each time, or never; every connection ends at its setup."""
    sandbox.sandbox.switches.set("consent", consent)

    for name in ("Noord", "Zuid"):
        subsidiary = factories.make_subsidiary(organization=organization, name=name)
        response = browser.get(exact.local(exact.walk_login(begin(browser, subsidiary, name=name))))
        assert response["Location"].endswith("/settings/")

    assert len(rows(organization, ExactConnection)) == 2


def test_the_same_exact_user_keeps_one_login_for_several_connections(
    browser, organization, sandbox
):
    for name in ("Noord", "Zuid"):
        subsidiary = factories.make_subsidiary(organization=organization, name=name)
        browser.get(exact.local(exact.walk_login(begin(browser, subsidiary, name=name))))

    (grant,) = rows(organization, ExactGrant)
    connections = rows(organization, ExactConnection)
    assert [connection.grant_id for connection in connections] == [grant.pk, grant.pk]
    assert grant.version == 2


def test_beginning_twice_for_the_same_choice_makes_one_row(
    browser, organization, subsidiary, sandbox
):
    begin(browser, subsidiary)
    begin(browser, subsidiary, name="Better name")

    (connection,) = rows(organization, ExactConnection)
    assert connection.name == "Better name"


def test_strangers_are_sent_to_sign_in(client, sandbox):
    response = client.get("/exact/callback?state=x&code=y")

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_the_login_form_may_lead_to_exact_and_nowhere_else(browser, settings):
    settings.EXACT_BASE_URL = ""

    policy = browser.get("/settings/marketplace/connect/")["Content-Security-Policy"]

    (directive,) = [part for part in policy.split(";") if "form-action" in part]
    assert set(directive.split()[1:]) == {
        "'self'",
        "https://start.exactonline.nl",
        "https://start.exactonline.be",
        "https://start.exactonline.de",
    }


def test_the_return_is_noted_with_its_person(browser, admin, organization, subsidiary, sandbox):
    browser.get(exact.local(exact.walk_login(begin(browser, subsidiary))))

    with tenant_transaction(organization.pk):
        (connection,) = ExactConnection.objects.all()
        events = list(connection.events.order_by("id"))
    assert [(event.kind, event.user_id) for event in events] == [
        ("begun", admin.pk),
        ("logged_in", admin.pk),
    ]
    assert events[0].at <= events[1].at <= timezone.now()


def test_the_page_with_the_way_on_has_no_code_in_its_address(browser, subsidiary, sandbox):
    back = exact.local(exact.walk_login(begin(browser, subsidiary), allow=False))

    response = browser.get(back)

    assert response.status_code == 302
    assert response["Location"] == "/settings/marketplace/log-in-problem/"
    # A page without a referrer would post its form without an origin, and be refused for that.
    assert browser.get(response["Location"])["Referrer-Policy"] == "same-origin"


def test_the_page_of_problems_without_a_problem_leads_to_the_marketplace(browser):
    assert browser.get("/settings/marketplace/log-in-problem/")["Location"] == (
        "/settings/marketplace/"
    )


def test_a_connection_removed_during_the_login_is_said(
    browser, organization, subsidiary, sandbox, monkeypatch
):
    back = exact.local(exact.walk_login(begin(browser, subsidiary)))
    ask = exact_login._ask_exact

    def ask_and_remove(country, code):
        with tenant_transaction(organization.pk):
            ExactConnection.objects.all().delete()
        return ask(country, code)

    monkeypatch.setattr(exact_login, "_ask_exact", ask_and_remove)

    response = browser.get(back, follow=True)

    assert "was removed while you logged in" in sentence(response)
    assert rows(organization, ExactGrant) == []
