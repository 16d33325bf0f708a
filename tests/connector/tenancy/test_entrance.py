"""Signing in and out, resetting a password, choosing the organization."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client as Browser

from connector.tenancy import organizations
from connector.tenancy.models import Membership, Role, User
from connector.tenancy.scope import tenant_transaction
from tests.factories import PASSWORD, make_organization, make_user, sign_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "seven green bicycles"


@pytest.fixture
def agency():
    return make_organization(name="Studio Noorderlicht")


@pytest.fixture
def user(agency):
    return make_user(organization=agency, email="anna@example.com")


def _sign_in(browser, email, password=PASSWORD, **more):
    return browser.post("/sign-in/", {"username": email, "password": password, **more})


@pytest.mark.parametrize("address", ["anna@example.com", "Anna@Example.com", " ANNA@EXAMPLE.COM "])
def test_people_sign_in_with_their_address_in_any_case(client, user, address):
    answer = _sign_in(client, address)

    assert answer.status_code == 302
    assert client.get("/settings/members/").status_code == 200


def test_j20_the_session_is_new_after_signing_in(client, user):
    client.get("/sign-in/")
    session = client.session
    session["planted"] = "by someone else"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before

    _sign_in(client, user.email)

    assert client.cookies["sessionid"].value != before


def test_j19_unknown_wrong_and_switched_off_get_the_same_answer(client, agency, user):
    switched_off = make_user(organization=agency)
    switched_off.is_active = False
    switched_off.save()

    attempts = [
        ("nobody@example.com", PASSWORD),
        (user.email, "wrong"),
        (switched_off.email, PASSWORD),
    ]
    answers = []
    for email, password in attempts:
        answer = _sign_in(Browser(), email, password)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        answers.append((answer.status_code, text.replace(email, "ADDRESS")))

    assert answers[0][0] == 422
    assert len(set(answers)) == 1
    assert "do not belong together" in answers[0][1]


def test_j19_too_many_failures_close_the_address_whatever_its_case(client, user):
    for attempt in range(8):
        _sign_in(client, user.email.upper() if attempt % 2 else user.email, "wrong")

    answer = _sign_in(client, user.email)

    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert client.get("/settings/members/").status_code == 302
    # Someone else behind the same address of the network is not locked out.
    colleague = make_user()
    assert _sign_in(client, colleague.email).status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "http:///evil.example",
        "https://testserver@evil.example/",
    ],
)
def test_j11_next_stays_on_this_site(client, user, elsewhere):
    assert _sign_in(client, user.email, next=elsewhere).url == "/"


def test_next_leads_to_the_page_asked_for(client, user):
    asked = client.get("/settings/members/?page=2")
    assert asked.url == "/sign-in/?next=/settings/members/%3Fpage%3D2"

    assert _sign_in(client, user.email, next="/settings/members/?page=2").url == (
        "/settings/members/?page=2"
    )


def test_a_fragment_sends_the_whole_page_to_sign_in(client):
    answer = client.get("/settings/members/", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"].startswith("/sign-in/")


def test_signing_out_is_a_post(user):
    browser = sign_in(user)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.get("/settings/members/").status_code == 200

    assert browser.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert browser.get("/settings/members/").status_code == 302


def test_j13_a_form_of_another_site_is_refused_with_a_sentence(user):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    answer = browser.post("/settings/members/add/", {"email": "x@example.com", "role": "admin"})

    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()
    assert not User.objects.filter(email="x@example.com").exists()


def test_a_forgotten_password_is_reset_by_mail(client, user):
    elsewhere = sign_in(user)

    answer = client.post("/password-reset/", {"email": "ANNA@example.com"}, follow=True)
    link = re.search(r"http://localhost:8000(/password-reset/\S+)", str(mail.outbox[0].body))
    assert link, mail.outbox[0].body
    form = client.get(link[1], follow=True)
    address = form.redirect_chain[-1][0]
    weak = client.post(address, {"new_password1": "12345", "new_password2": "12345"})
    saved = client.post(address, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})

    assert "Look in your mail" in answer.content.decode()
    assert "too short" in weak.content.decode()
    assert saved.url == "/password-reset/done/"
    assert _sign_in(Browser(), user.email).status_code == 422
    assert _sign_in(Browser(), user.email, NEW_PASSWORD).status_code == 302
    # J20: whoever was signed in with the old password is out.
    assert elsewhere.get("/settings/members/").status_code == 302
    assert "no longer works" in Browser().get(link[1], follow=True).content.decode()


def test_j19_a_reset_says_the_same_for_an_unknown_address(client, user):
    known = client.post("/password-reset/", {"email": user.email}, follow=True)
    unknown = client.post("/password-reset/", {"email": "nobody@example.com"}, follow=True)

    assert known.content == unknown.content
    assert len(mail.outbox) == 1


def test_the_mail_never_carries_a_host_someone_sent(client, user, settings):
    settings.ALLOWED_HOSTS = ["*"]

    client.post("/password-reset/", {"email": user.email}, headers={"Host": "evil.example"})

    assert "evil.example" not in mail.outbox[0].body


def test_j24_an_unknown_host_is_refused(client):
    assert client.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400


def test_the_first_page_is_the_invoices(user):
    assert sign_in(user).get("/").headers["Location"] == "/invoices/"


def test_someone_without_a_place_is_told_how_to_get_one():
    answer = sign_in(make_user()).get("/")

    assert answer.status_code == 200
    assert "not a member of an organization" in answer.content.decode()


def test_the_organization_is_chosen_and_remembered(agency, user):
    second = make_organization(name="Atelier Zuid")
    organizations.add_member(organization_id=second.pk, user=user, role=Role.VIEWER)
    browser = sign_in(user)
    assert "Organization:</span>" in browser.get("/settings/members/").content.decode()

    answer = browser.post("/organization/switch/", {"organization": agency.pk})

    assert answer.headers["Location"] == "/"
    assert browser.get("/settings/members/").context["organization"] == agency
    browser.post("/organization/switch/", {"organization": second.pk})
    assert browser.get("/settings/members/").context["organization"] == second
    assert sign_in(user).get("/settings/members/").context["organization"] == second


@pytest.mark.parametrize("asked", ["foreign", "", "x", "9" * 30, "-1"])
def test_j1_someone_elses_organization_cannot_be_chosen(user, asked):
    foreign = make_organization()
    browser = sign_in(user)

    answer = browser.post(
        "/organization/switch/", {"organization": foreign.pk if asked == "foreign" else asked}
    )

    assert answer.status_code == 404
    assert browser.get("/settings/members/").context["organization"] != foreign
    user.refresh_from_db()
    assert user.last_organization_id is None


def test_j20_a_removed_member_is_out_at_the_next_request(agency, user):
    browser = sign_in(user)
    browser.post("/organization/switch/", {"organization": agency.pk})
    assert browser.get("/settings/members/").status_code == 200

    with tenant_transaction(agency.pk):
        Membership.objects.filter(user=user).delete()

    answer = browser.get("/settings/members/")
    assert answer.status_code == 403
    assert agency.name not in answer.content.decode()


def test_a_removed_member_goes_on_in_another_organization(agency, user):
    second = make_organization(name="Atelier Zuid")
    organizations.add_member(organization_id=second.pk, user=user, role=Role.VIEWER)
    browser = sign_in(user)
    browser.post("/organization/switch/", {"organization": agency.pk})

    with tenant_transaction(agency.pk):
        Membership.objects.filter(user=user).delete()

    assert browser.get("/settings/members/").context["organization"] == second


def test_j25_pages_carry_the_strict_headers(client):
    headers = client.get("/sign-in/").headers

    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "sentence"), [("/no/such/page", "does not exist"), ("/health/live", "alive")]
)
def test_a_stranger_gets_an_answer(client, path, sentence):
    assert sentence in client.get(path).content.decode()


def test_an_error_of_ours_is_a_sentence_without_details(user, monkeypatch):
    def fail(*_arguments, **_options):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("connector.tenancy.views.settings.list_activity", fail)
    browser = sign_in(user)
    browser.raise_request_exception = False

    answer = browser.get("/activity/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()
