"""Who gets which mail of an organization: chosen per person on the profile page, and never by nobody where it counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core import mail
from django.utils.translation import get_language

from connector.sentences import Money, sentence, told
from connector.tenancy import mails
from connector.tenancy.models import Membership, Role
from connector.tenancy.scope import tenant_transaction
from tests import factories

pytestmark = pytest.mark.django_db
LOST, STOPPED = "log_in_lost", "callback_stopped"


class Agency:
    """An organization with two admins and a finance user."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.ada = factories.make_user(organization=self.organization, role=Role.ADMIN)
        self.bea = factories.make_user(organization=self.organization, role=Role.ADMIN)
        self.fin = factories.make_user(organization=self.organization, role=Role.FINANCE)

    def choose(self, user, *kinds, name="Someone"):
        chosen = {f"mail_{kind}": "on" for kind in kinds}
        return factories.sign_in(user).post("/profile/", {"name": name, **chosen})

    def get(self, kind, concerned=None):
        with tenant_transaction(self.organization.pk):
            return [user.email for user in mails.list_recipients(kind, concerned=concerned)]


@pytest.fixture
def agency():
    return Agency()


def test_all_admins_get_all_mails_until_they_choose(agency):
    ada, bea, fin = agency.ada.email, agency.bea.email, agency.fin.email
    assert agency.get(STOPPED) == agency.get(LOST) == [ada, bea]
    assert agency.get(LOST, concerned=agency.fin) == [ada, bea, fin]

    assert agency.choose(agency.ada, LOST).status_code == 302
    assert agency.choose(agency.fin, name="Fin Ance").status_code == 302

    assert agency.get(STOPPED) == [bea]
    assert agency.get(LOST, concerned=agency.fin) == [ada, bea]
    agency.fin.refresh_from_db()
    assert agency.fin.name == "Fin Ance"


def test_one_admin_always_gets_what_must_not_get_lost(agency):
    assert agency.choose(agency.ada).status_code == 302
    refused = agency.choose(agency.bea)

    assert refused.status_code == 422
    assert "Let another admin choose it first." in refused.content.decode()
    assert agency.get(LOST) == [agency.bea.email]
    # Nobody has to hear of the callback.
    assert agency.choose(agency.bea, LOST).status_code == 302
    assert agency.get(STOPPED) == []
    # The one who wanted it leaves: then those who are left get it again.
    with tenant_transaction(agency.organization.pk):
        Membership.objects.filter(user=agency.bea).delete()
    assert agency.get(LOST) == [agency.ada.email]


def test_a_finance_user_is_asked_only_about_what_may_be_sent_to_them(agency):
    page = factories.sign_in(agency.fin).get("/profile/").content.decode()

    assert "mail_log_in_lost" in page
    assert "mail_callback_stopped" not in page


def test_a_choice_counts_in_its_organization_only(agency):
    other = factories.make_organization()
    factories.make_user(organization=other, role=Role.ADMIN)
    agency.choose(agency.ada)

    with tenant_transaction(other.pk):
        assert len(mails.list_recipients(STOPPED)) == 1


def test_a_mail_leaves_after_the_commit_once_and_says_where_to_choose(
    agency, django_capture_on_commit_callbacks
):
    with (
        django_capture_on_commit_callbacks(execute=True),
        tenant_transaction(agency.organization.pk),
    ):
        mails.send_after_commit(
            STOPPED,
            template="payments/emails/psa_endpoint_given_up.txt",
            write=lambda: mails.Letter("Two\nlines", {}),
        )
        assert mail.outbox == []

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("Two lines", [])
    assert sent.bcc == [agency.ada.email, agency.bea.email]
    assert "Choose which mails you get: " in sent.body
    assert sent.body.rstrip().endswith("/profile/")


def test_each_gets_a_mail_in_the_language_that_they_read(
    agency, django_capture_on_commit_callbacks
):
    agency.ada.language, agency.bea.browser_language = "nl", "de"
    agency.ada.save()
    agency.bea.save()
    said = sentence("It is %(amount)s.", amount=Money(Decimal("1234.5"), "EUR"))

    with (
        django_capture_on_commit_callbacks(execute=True),
        tenant_transaction(agency.organization.pk),
    ):
        mails.send_after_commit(
            LOST,
            template="integrations/emails/log_in_ends_soon.txt",
            write=lambda: mails.Letter(get_language(), {"sentence": told(said)}),
            concerned=agency.fin,
        )

    written = {one.subject: one for one in mail.outbox}
    assert {name: one.bcc for name, one in written.items()} == {
        "nl": [agency.ada.email],
        "de": [agency.bea.email],
        "en": [agency.fin.email],
    }
    assert "1,234.50 EUR" in written["en"].body
    assert "1.234,50 EUR" in written["nl"].body


def test_signing_in_keeps_which_language_the_browser_asks_for(client, agency):
    secrets = {"username": agency.ada.email, "password": factories.PASSWORD}
    client.post("/sign-in/", secrets, headers={"Accept-Language": "fr-BE,fr;q=0.9"})
    agency.ada.refresh_from_db()
    assert (agency.ada.language, agency.ada.reads) == ("", "fr")


def test_removing_a_member_says_what_hangs_on_them(agency):
    connection = factories.make_connection(organization=agency.organization)
    with tenant_transaction(agency.organization.pk):
        connection.connected_by = agency.ada
        connection.save()
        places = {place.user: place.pk for place in Membership.objects.all()}
    browser = factories.sign_in(agency.bea)

    def page(user):
        return browser.get(f"/settings/members/{places[user]}/remove/").content.decode()

    assert f"/settings/marketplace/{connection.pk}/hand-over/" in page(agency.ada)
    assert "hand-over" not in page(agency.fin)
