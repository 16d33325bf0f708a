"""PostgreSQL breaks one of two transactions off that wait for each other: it is done again, once, and nothing twice."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.urls import path

from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import write_back
from invoices.models import Client
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Race:
    """Two rows that two transactions lock in opposite order, each once it knows that the other has its first one."""

    rows: list[int] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    locked: dict[str, threading.Event] = field(default_factory=dict)
    through: dict[str, threading.Event] = field(default_factory=dict)

    def run(self, who: str, other: str, order: tuple[int, int]) -> None:
        self.runs.append(who)
        if self.runs.count(who) > 1:
            # The one that was broken off may be quicker to lock its first row again than the other is to wake up.
            self.through[other].wait(10)
        self._sign(who, order[0])
        self.locked[who].set()
        self.locked[other].wait(10)
        # Both are on their way to the second row before one of them can have it.
        time.sleep(0.2)
        self._sign(who, order[1])
        self.through[who].set()

    def _sign(self, who: str, place: int) -> None:
        Client.objects.filter(pk=self.rows[place]).update(name=Concat("name", Value(who)))


race = Race()


def view(request: HttpRequest) -> HttpResponse:
    """The first of the two, as a page."""
    race.run("V", "T", (0, 1))
    messages.success(request, "Done")
    uploaded = request.FILES["file"].read().decode()
    said = [str(one) for one in messages.get_messages(request)]
    return HttpResponse(f"{request.POST['text']} {uploaded} {said}")


urlpatterns = [path("race/", view)]


def compete(organization_id: int) -> threading.Thread:
    """The second one, in a thread: what a worker writes back."""

    def work() -> None:
        try:
            write_back(
                organization_id,
                lambda: race.run("T", "V", (1, 0)),
                ends_at=time.monotonic() + 20,
            )
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_reliability_f1_a_click_and_a_worker_that_wait_for_each_other_are_both_done_once(settings):
    settings.ROOT_URLCONF = __name__
    organization = factories.make_organization()
    browser = factories.sign_in(factories.make_user(organization=organization))
    clients = [factories.make_client(organization=organization, name="") for _ in range(2)]
    race.rows, race.runs = [client.pk for client in clients], []
    race.locked = {who: threading.Event() for who in "VT"}
    race.through = {who: threading.Event() for who in "VT"}
    file = SimpleUploadedFile("file.txt", b"whole")

    worker = compete(organization.pk)
    answer = browser.post("/race/", {"text": "typed", "file": file})
    worker.join(20)

    assert answer.content.decode() == "typed whole ['Done']"
    assert sorted(race.runs) in (["T", "T", "V"], ["T", "V", "V"])
    with tenant_transaction(organization.pk):
        names = Client.objects.values_list("name", flat=True)
        assert [sorted(name) for name in names] == [["T", "V"], ["T", "V"]]


@pytest.mark.parametrize(
    ("row", "code"), [("F1", "deadlock_detected"), ("F2", "serialization_failure")]
)
def test_reliability_f1_f2_what_postgresql_broke_off_is_done_again(row, code):
    organization = factories.make_organization()
    client = factories.make_client(organization=organization, name="")
    runs: list[int] = []

    def write() -> None:
        runs.append(1)
        Client.objects.filter(pk=client.pk).update(name=Concat("name", Value("x")))
        if len(runs) == 1:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{code}'; END $$"
                )

    write_back(organization.pk, write, ends_at=time.monotonic())

    write_back(organization.pk, client.refresh_from_db, ends_at=time.monotonic())
    assert (client.name, len(runs)) == ("x", 2), row
