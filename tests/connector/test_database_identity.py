"""A database that was put back is noticed, however that was done (RELIABILITY F3, F4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from connector import database_identity, database_witness, heartbeats
from connector.local import processes
from connector.models import Heartbeat
from integrations import recovering

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(db) -> Iterator[None]:
    """The broker of the settings, which is looked up once a process; it forgets what a test made it see."""
    database_witness._broker.cache_clear()
    client = database_witness._broker()
    yield
    database_witness._broker.cache_clear()
    client.delete(*map(database_witness._key, _seen()))


def _seen() -> list[str]:
    name = " ".join(database_identity.current_names())
    return [name, f"{name}1"]


@pytest.fixture
def noted(django_capture_on_commit_callbacks, broker) -> Heartbeat:
    """The note of a sweep, as database and broker have it."""
    with django_capture_on_commit_callbacks(execute=True):
        database_identity.note()
    return Heartbeat.objects.get(name=database_identity.current_names()[0])


def put_back(note: Heartbeat) -> None:
    """The note is an hour older than the last one."""
    Heartbeat.objects.update(at=note.at - timedelta(hours=1))


def test_reliability_f4_a_database_that_goes_on_is_the_one_it_was(noted):
    assert database_identity.known_until() is None

    database_identity.note()  # committed, and the broker has not seen it yet

    assert database_identity.known_until() is None


def test_reliability_f4_a_copy_of_the_disk_that_was_put_back_is_noticed_once(
    noted, django_capture_on_commit_callbacks
):
    put_back(noted)
    assert database_identity.known_until() == noted.at - timedelta(hours=1)

    with django_capture_on_commit_callbacks(execute=True):
        assert recovering.begin_if_restored(now=timezone.now())

    assert database_identity.known_until() is None
    assert not recovering.begin_if_restored(now=timezone.now())


def test_reliability_f4_a_dump_that_was_read_in_over_the_tables_is_noticed(noted):
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE connector_heartbeat RENAME TO dumped")
        cursor.execute("CREATE TABLE connector_heartbeat (LIKE dumped INCLUDING ALL)")
        cursor.execute("INSERT INTO connector_heartbeat OVERRIDING SYSTEM VALUE TABLE dumped")

    assert database_identity.known_until() is not None


@pytest.mark.parametrize("told", [b"yesterday", b"\xff", b"", b"9" * 40])
def test_reliability_f4_what_the_broker_says_in_another_form_says_nothing(noted, told):
    put_back(noted)
    name, _ = _seen()
    database_witness._broker().set(database_witness._key(name), told)

    assert database_identity.known_until() is None


def test_reliability_f4_what_a_turn_does_is_later_than_what_the_broker_saw(
    noted, django_capture_on_commit_callbacks
):
    """A copy of the disk from a moment before the turn is noticed, however soon it is put back."""
    before = list(Heartbeat.objects.values("pk", "at"))
    with django_capture_on_commit_callbacks(execute=True):
        assert database_identity.goes_on()
    for row in before:
        Heartbeat.objects.filter(pk=row["pk"]).update(at=row["at"])

    assert not database_identity.goes_on()
    assert database_identity.known_until() == max(row["at"] for row in before)


def test_reliability_f4_of_two_that_note_at_once_the_broker_keeps_the_later(noted):
    name, _ = _seen()
    later, earlier = noted.at + timedelta(minutes=2), noted.at + timedelta(minutes=1)

    database_witness.see(name, later)
    database_witness.see(name, earlier)
    assert database_witness.saw(name) == later

    # After a recovery the clock may be another one.
    database_witness.begin(name, earlier)
    assert database_witness.saw(name) == earlier


def test_reliability_f4_a_broker_that_is_away_stands_in_nobodys_way(
    noted, monkeypatch, django_capture_on_commit_callbacks
):
    address = f"redis://{processes.LOOPBACK}:{processes.free_port()}/0"
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", address)
    database_witness._broker.cache_clear()

    with django_capture_on_commit_callbacks(execute=True):
        database_identity.note()

    assert database_identity.known_until() is None


def test_reliability_f4_another_database_on_the_same_broker_is_no_witness(noted):
    _, other = _seen()
    later = timezone.now() + timedelta(hours=1)
    database_witness.see(other, later)

    assert database_witness.saw(other) == later
    assert database_identity.known_until() is None


def test_reliability_g18_a_recovery_begins_another_history(noted):
    before = database_identity.current_history()
    assert database_identity.current_history() == before

    recovering.begin(backup_at=timezone.now(), who="Olga", now=timezone.now())

    assert database_identity.current_history() != before


def test_reliability_f4_an_upgrade_is_no_restore(noted):
    """Earlier versions note the cluster and its timeline alone, in this form, also while they run beside this one."""
    assert re.fullmatch(r"database:\d+/[0-9A-F]{8}", noted.name)
    Heartbeat.objects.filter(name__startswith="tables:").delete()
    heartbeats.beat(noted.name)

    assert database_identity.known_until() is None


def test_f4_a_database_without_a_note_is_taken_as_it_is(broker):
    assert database_identity.known_until() is None
    assert not recovering.begin_if_restored(now=timezone.now())
    assert set(database_identity.current_names()) == set(
        Heartbeat.objects.values_list("name", flat=True)
    )
