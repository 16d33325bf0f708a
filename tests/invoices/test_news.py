"""Mails about invoices: a bulk copy that ended (B-4), to who started it if they chose so; what was found, once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices import break_digest
from invoices.bulk import ended
from invoices.models import BreakKind, BulkCopy, CopyState, ReconciliationBreak
from tests import factories
from tests.invoices.test_bulk import RATE, Office

pytestmark = pytest.mark.django_db
EVENING = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Runs what looks for news, and gives the mails that it sent."""

    def run(tell, now=None):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            tell(now=now or timezone.now())
        return list(mail.outbox)

    return run


def chosen(user, *kinds):
    data = {"name": "Someone", **{f"mail_{kind}": "on" for kind in kinds}}
    assert factories.sign_in(user).post("/profile/", data).status_code == 302


def test_who_started_a_bulk_copy_is_mailed_when_it_ended_if_they_chose_so(sent):
    office = Office()
    admin = factories.make_user(organization=office.organization)
    first, second = office.invoices(2)
    _answer, bulk = office.choose([first, second])
    office.start(bulk)
    chosen(office.finance, "bulk_ended")
    office.set(first, CopyState.COPIED)

    assert sent(ended.tell) == []
    office.set(second, CopyState.NEEDS_CHOICE, [RATE])
    [told] = sent(ended.tell)

    assert told.bcc == [office.finance.email]
    assert admin.email not in told.bcc
    assert told.subject == "Bulk copy to Exact: 1 copied, 1 needs you, 1 cause"
    assert "Tax rate NL 9 % has no VAT code. (1)" in told.body
    assert f"/invoices/bulk/{bulk.pk}/" in told.body
    assert sent(ended.tell) == []

    # Tried again, it ends again.
    office.browser.post(f"/invoices/bulk/{bulk.pk}/retry/")
    assert sent(ended.tell) == []
    office.set(second, CopyState.COPIED)
    assert [one.subject for one in sent(ended.tell)] == ["Bulk copy to Exact: 2 copied"]


def test_who_did_not_choose_so_is_not_mailed_of_their_bulk_copy_and_it_has_ended_all_the_same(sent):
    office = Office()
    _answer, bulk = office.choose(office.invoices(1))
    office.start(bulk)
    office.browser.post(f"/invoices/bulk/{bulk.pk}/stop/")

    assert sent(ended.tell) == []

    with office.rows():
        assert BulkCopy.objects.get().ended_at is not None
    viewer = factories.make_user(organization=office.organization, role=Role.VIEWER)
    assert "bulk copy" not in factories.sign_in(viewer).get("/profile/").content.decode()


class Found:
    """Breaks of an organization with an admin."""

    def __init__(self) -> None:
        self.office = Office()
        self.admin = factories.make_user(organization=self.office.organization)

    def add(self, at, sentence="It is gone in Exact.", **fields):
        invoice = self.office.invoices(1)[0]
        with tenant_transaction(self.office.organization.pk):
            document = factories.make_posted_document(
                invoice=invoice, connection=self.office.connection
            )
            return ReconciliationBreak.objects.create(
                invoice=invoice,
                document=document,
                connection=self.office.connection,
                kind=BreakKind.MISSING,
                exact_id=document.exact_id,
                sentence=sentence,
                first_seen_at=at,
                last_seen_at=at,
                **fields,
            )


def test_what_was_found_is_told_in_one_mail_the_morning_after_and_never_again(sent):
    found = Found()
    for _ in range(22):
        found.add(EVENING)
    found.add(EVENING, "It agrees again.", closed_at=EVENING)
    found.add(MORNING, "Found after the morning began.")

    assert sent(break_digest.tell, EVENING + timedelta(hours=1)) == []
    [told] = sent(break_digest.tell, MORNING)

    assert told.bcc == [found.admin.email]
    assert told.subject == "Exact has 22 invoices otherwise than they were copied"
    assert told.body.count("It is gone in Exact.") == 20
    assert "And 2 more." in told.body
    assert "agrees again" not in told.body
    assert sent(break_digest.tell, MORNING + timedelta(hours=5)) == []
    [next_day] = sent(break_digest.tell, MORNING + timedelta(days=1))
    assert "Found after the morning began." in next_day.body


def test_an_admin_who_wants_no_such_mail_gets_none(sent):
    found = Found()
    chosen(found.admin, "log_in_lost")
    found.add(EVENING)

    assert sent(break_digest.tell, MORNING) == []


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (datetime(2026, 11, 21, 4, 59, tzinfo=UTC), datetime(2026, 11, 20, 5, tzinfo=UTC)),
        (datetime(2026, 11, 21, 5, 0, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC)),
        (datetime(2026, 7, 21, 4, 0, tzinfo=UTC), datetime(2026, 7, 21, 4, tzinfo=UTC)),
    ],
)
def test_the_morning_begins_at_six_where_the_installation_is(now, began):
    assert break_digest.last_morning(now) == began
