"""Signing in, members, API keys and activity in a browser: by keyboard, at both widths, in both themes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy import organizations
from connector.tenancy.api_keys import create_api_key
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from tests.factories import make_organization, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    organization = make_organization(name="Studio Noorderlicht")
    make_user(organization=organization, role=Role.FINANCE, name="Femke de Boer")
    make_user(organization=organization, role=Role.VIEWER, name="Bram van den Heuvel-Oosterhuis")
    return organization


@pytest.fixture
def admin(agency):
    return make_user(organization=agency, name="Anna Visser", email="anna@noorderlicht.example")


def test_sign_in_pages(page, look_at, db):
    page.goto("/sign-in/")
    look_at(page, "sign-in")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    look_at(page, "sign-in-wrong")
    page.get_by_role("link", name="Forgot your password?").click()
    look_at(page, "password-reset")


def test_members_by_keyboard(page, sign_in, look_at, admin):
    sign_in(page, admin)
    page.goto("/settings/members/")
    look_at(page, "members")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    opener = page.get_by_role("link", name="Add member")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    address = page.get_by_role("dialog").get_by_label("E-mail address")
    expect(address).to_be_focused()
    look_at(page, "member-add")

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(address).to_be_focused()
    page.keyboard.type("not an address")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Enter a valid email address.")
    expect(address).to_have_value("not an address")
    expect(address).to_be_focused()
    look_at(page, "member-add-wrong")

    address.fill("new@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("new@example.com is now Finance.")
    expect(page.get_by_role("row")).to_have_count(5)
    look_at(page, "members-added")


def test_api_keys(page, sign_in, look_at, agency, admin):
    sign_in(page, admin)
    page.goto("/settings/api-keys/")
    look_at(page, "api-keys-empty")
    with tenant_transaction(agency.pk):
        old, _text = create_api_key(name="Old export", created_by=admin, organization_id=agency.pk)
        old.revoked_at = timezone.now()
        old.save()

    page.get_by_role("link", name="New key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("PSA export")
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_role("dialog").get_by_label("API key")
    expect(key).to_be_focused()
    assert key.input_value().startswith(f"exc_{agency.pk}_")
    look_at(page, "api-key-made")
    page.get_by_role("link", name="I have stored it").click()
    look_at(page, "api-keys")

    page.get_by_role("link", name="Revoke PSA export").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("no longer works")


def test_activity_and_navigation_on_a_phone(page, sign_in, look_at, agency, admin):
    second = make_organization(name="Atelier Zuid")
    organizations.add_member(organization_id=second.pk, user=admin, role=Role.VIEWER)
    now = timezone.now()
    with tenant_transaction(agency.pk):
        for minutes in range(60):
            organizations.note(
                action="test",
                sentence=f"Made the API key “Export {minutes}”.",
                user=admin if minutes % 3 else None,
                now=now - timedelta(minutes=minutes),
            )
    sign_in(page, admin)
    page.get_by_role("region", name="Navigation").get_by_text("Atelier Zuid").first.click()
    page.get_by_role("button", name="Studio Noorderlicht").click()
    page.goto("/activity/")
    look_at(page, "activity")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Export 59")).to_be_visible()

    page.set_viewport_size({"width": 360, "height": 740})
    opener = page.get_by_role("button", name="Open navigation")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    look_at(page, "navigation-open", widths=(360,))
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("heading", name="Members")).to_be_visible()


def test_the_theme_is_remembered(page, sign_in, admin):
    sign_in(page, admin)
    page.goto("/settings/members/")
    page.get_by_role("region", name="Navigation").get_by_text("Anna Visser").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("region", name="Navigation").get_by_text("Anna Visser").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
