"""Members, API keys and activity: who may do what, and what everybody sees."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail

from connector.tenancy import activity, organizations
from connector.tenancy.activity import ActivityRow
from connector.tenancy.models import ApiKey, AuditEvent, Membership, Plan, Role, User
from connector.tenancy.scope import tenant_transaction
from integrations.models import ConnectionEvent
from invoices.models import InvoiceEvent
from tests.factories import (
    NOW,
    make_connection,
    make_invoice,
    make_organization,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    return make_organization(name="Studio Noorderlicht", plan=Plan.ESSENTIAL)


@pytest.fixture
def admin(agency):
    return make_user(organization=agency, name="Anna Visser", email="anna@example.com")


@pytest.fixture
def browser(admin):
    return sign_in(admin)


def _place(agency, user) -> Membership:
    with tenant_transaction(agency.pk):
        return Membership.objects.get(user=user)


def _sentences(agency) -> list[str]:
    with tenant_transaction(agency.pk):
        return [event.sentence for event in AuditEvent.objects.all()]


def test_everyone_sees_the_members_and_the_plan(agency, admin):
    viewer = make_user(organization=agency, role=Role.VIEWER)

    page = sign_in(viewer).get("/settings/members/").content.decode()

    assert admin.email in page
    assert "Essential" in page
    assert "without integrations" in page
    assert "Add member" not in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.FINANCE])
@pytest.mark.parametrize(
    "path", ["members/add/", "members/{member}/role/", "members/{member}/remove/", "api-keys/add/"]
)
def test_j18_only_admins_change_settings(agency, admin, role, path):
    user = make_user(organization=agency, role=role)
    place = _place(agency, admin)
    browser = sign_in(user)
    address = "/settings/" + path.format(member=place.pk)

    for answer in (browser.get(address), browser.post(address, {"role": "viewer"})):
        assert answer.status_code == 403
        assert "needs the role Admin" in answer.content.decode()
    assert _place(agency, admin).role == Role.ADMIN


def test_a_new_person_is_invited_and_chooses_a_password(
    agency, browser, client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(
            "/settings/members/add/",
            {"email": "New@Example.com", "name": "Nina", "role": "finance"},
        )

    assert answer.url == "/settings/members/"
    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()
    assert _place(agency, user).role == Role.FINANCE
    assert "Added new@example.com as Finance." in _sentences(agency)
    link = re.search(r"http://localhost:8000(/password-reset/\S+)", str(mail.outbox[0].body))
    assert link, mail.outbox[0].body
    address = client.get(link[1], follow=True).redirect_chain[-1][0]
    password = "seven green bicycles"
    client.post(address, {"new_password1": password, "new_password2": password})
    client.post("/sign-in/", {"username": "new@example.com", "password": password})
    assert client.get("/settings/members/").context["organization"] == agency


def test_a_known_person_is_added_in_the_same_words(
    agency, browser, django_capture_on_commit_callbacks
):
    known = make_user(organization=make_organization())

    with django_capture_on_commit_callbacks(execute=True):
        page = browser.post(
            "/settings/members/add/", {"email": known.email, "role": "viewer"}, follow=True
        )

    assert f"{known.email} is now Viewer." in page.content.decode()
    assert _place(agency, known).role == Role.VIEWER
    assert "password you already have" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "anna@example.com", "role": "viewer"}, "is already a member, as Admin."),
        ({"email": "ANNA@example.com", "role": "viewer"}, "is already a member, as Admin."),
        ({"email": "not an address", "role": "viewer"}, "Enter a valid email address."),
        ({"email": "x@example.com", "role": "owner"}, "is not one of the available choices"),
        ({"email": "x@example.com"}, "This field is required."),
        ({"email": "x\0@example.com", "role": "viewer"}, "Null characters are not allowed."),
        ({"email": "x" * 300 + "@example.com", "role": "viewer"}, "at most 254 characters"),
    ],
)
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(agency, browser, typed, sentence):
    answer = browser.post("/settings/members/add/", typed)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert typed["email"] in page
    assert _sentences(agency) == []


def test_a_role_is_changed(agency, browser):
    user = make_user(organization=agency, role=Role.VIEWER, email="bram@example.com")
    place = _place(agency, user)

    browser.post(f"/settings/members/{place.pk}/role/", {"role": "admin"})

    assert _place(agency, user).role == Role.ADMIN
    assert _sentences(agency) == ["Changed bram@example.com from Viewer to Admin."]


def test_the_last_admin_stays(agency, admin, browser):
    make_user(organization=agency, role=Role.FINANCE)
    sleeping = make_user(organization=agency)
    sleeping.is_active = False
    sleeping.save()
    place = _place(agency, admin)

    changed = browser.post(f"/settings/members/{place.pk}/role/", {"role": "viewer"})
    removed = browser.post(f"/settings/members/{place.pk}/remove/")

    for answer in (changed, removed):
        assert answer.status_code == 422
        assert "needs at least one admin" in answer.content.decode()
    assert _place(agency, admin).role == Role.ADMIN


def test_one_of_two_admins_may_leave(agency, admin, browser):
    make_user(organization=agency)
    place = _place(agency, admin)

    browser.post(f"/settings/members/{place.pk}/remove/")

    with pytest.raises(Membership.DoesNotExist):
        _place(agency, admin)
    assert _sentences(agency) == ["Removed anna@example.com."]
    assert browser.get("/settings/members/").status_code == 403


def test_a_dialog_is_a_page_by_address_and_a_fragment_for_htmx(browser):
    page = browser.get("/settings/members/add/").content.decode()
    fragment = browser.get("/settings/members/add/", headers={"HX-Request": "true"})
    done = browser.post(
        "/settings/members/add/",
        {"email": "x@example.com", "role": "viewer"},
        headers={"HX-Request": "true"},
    )

    assert "<html" in page
    assert "<html" not in fragment.content.decode()
    assert 'id="dialog-title"' in fragment.content.decode()
    assert done.headers["HX-Redirect"] == "/settings/members/"


def test_an_api_key_is_shown_once_and_works_until_revoked(agency, browser, client):
    shown = browser.post("/settings/api-keys/add/", {"name": "PSA export"}).content.decode()
    text = re.search(r'value="(exc_[^"]+)"', shown)
    assert text
    with tenant_transaction(agency.pk):
        key = ApiKey.objects.get()
    header = {"Authorization": f"Bearer {text[1]}"}

    assert client.get("/api/v1/invoices/", headers=header).status_code == 200
    listed = browser.get("/settings/api-keys/").content.decode()
    assert text[1] not in listed
    assert "PSA export" in listed
    assert text[1] not in str(key.__dict__)

    browser.post(f"/settings/api-keys/{key.pk}/revoke/")

    assert client.get("/api/v1/invoices/", headers=header).status_code == 401
    assert "Revoked" in browser.get("/settings/api-keys/").content.decode()
    assert _sentences(agency) == [
        "Revoked the API key “PSA export”.",
        "Made the API key “PSA export”.",
    ]


def test_activity_is_paged_even_when_everything_happened_at_one_moment(
    agency, admin, browser, monkeypatch
):
    with tenant_transaction(agency.pk):
        for number in range(130):
            at = NOW if number < 120 else NOW - timedelta(minutes=number)
            organizations.note(action="test", sentence=f"No. {number}", user=admin, now=at)
    seen: list[str] = []
    address = "/activity/"
    following = None

    for _page in range(3):
        page = browser.get(address)
        seen += [row.sentence for row in page.context["rows"]]
        following = page.context["following"]
        if following:
            link = re.search(r'rel="next"\s+href="([^"]+)"', page.content.decode())
            assert link
            address = "/activity/" + link[1].replace("&amp;", "&")

    assert following is None
    assert len(seen) == 130
    assert sorted(seen) == sorted(f"No. {number}" for number in range(130))


def test_activity_holds_the_rows_of_every_part(agency, admin, browser, monkeypatch):
    monkeypatch.setattr(activity, "_sources", list(activity._sources))
    invoice = make_invoice(organization=agency, number="2026-001")
    exact = make_connection(organization=agency, name="Exact Noord")
    with tenant_transaction(agency.pk):
        organizations.note(action="test", sentence="A setting", user=admin, now=NOW)
        at = NOW + timedelta(minutes=1)
        ConnectionEvent.objects.create(connection=exact, at=at, kind="x", sentence="A log-in")
        at += timedelta(minutes=1)
        InvoiceEvent.objects.create(invoice=invoice, at=at, kind="x", sentence="An import")

    def part(*, until, limit):
        return [ActivityRow(at=NOW + timedelta(hours=1), user="", sentence="A copy", address="/x/")]

    activity.register_source(part)
    activity.register_source(part)
    page = browser.get("/activity/")

    assert [row.sentence for row in page.context["rows"]] == [
        "A copy",
        "An import",
        "A log-in",
        "A setting",
    ]
    assert f'<a href="/invoices/{invoice.pk}/">Invoice 2026-001</a>' in page.content.decode()
    assert f'<a href="/settings/marketplace/{exact.pk}/activity/">Exact Noord</a>' in (
        page.content.decode()
    )
    assert "The connector" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    ["until=x", "until=2026-01-01", "until=9999-12-31T00:00%2B00:00", "skip=-1", "until=%00"],
)
def test_a_position_written_by_hand_shows_the_newest(browser, query):
    assert browser.get(f"/activity/?{query}").status_code == 200


def test_what_people_type_is_escaped(agency, browser):
    browser.post("/settings/api-keys/add/", {"name": "<img src=x onerror=alert(1)>"})

    for path in ("/settings/api-keys/", "/activity/"):
        assert "<img src=x" not in browser.get(path).content.decode()
