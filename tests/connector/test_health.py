"""What a load balancer and a container's health check are told (RELIABILITY E9, E10 and K4)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import override_settings
from django.utils import timezone

from connector import check_heartbeat, heartbeats
from connector.local import processes
from connector.models import Heartbeat
from integrations import status
from integrations.tasks import sweep_lanes


def test_a_living_process_says_so_without_a_database(client):
    assert client.get("/health/live").json() == {"status": "alive"}


@pytest.mark.django_db
def test_a_migrated_database_is_ready_and_that_is_known_quickly(client):
    client.get("/health/ready")  # the names of the migrations are looked up once
    began = time.perf_counter()

    answer = client.get("/health/ready")

    assert answer.json() == {"status": "ready"}
    assert time.perf_counter() - began < 0.1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("/health/ready", 200), ("/metrics", 404), ("/sign-in/", 301)]
)
def test_who_asks_from_inside_is_not_sent_to_https_and_people_are(client, address, status):
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert client.get(address).status_code == status


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'connector'")

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["reason"].endswith("migrations have not been applied.")


@pytest.mark.django_db
def test_an_unreachable_database_is_not_ready_and_its_address_is_not_told(client, monkeypatch):
    def fail(*_arguments):
        raise DatabaseError("password and host")

    monkeypatch.setattr(connection, "cursor", fail)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reason": "The database does not answer."}


@pytest.mark.django_db
def test_reliability_e9_without_the_broker_a_web_process_stays_in_rotation(client, monkeypatch):
    nobody = f"redis://:secret-word@127.0.0.1:{processes.free_port()}/0"
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", nobody)
    began = time.perf_counter()

    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "degraded": "The broker does not answer."}
    assert time.perf_counter() - began < 0.2


@pytest.mark.django_db
def test_reliability_k4_a_sweep_leaves_the_time_at_which_it_ran():
    before = timezone.now()

    sweep_lanes()

    signs = heartbeats.signs_of_life(now=timezone.now())
    assert signs.swept_at is not None
    assert signs.swept_at >= before
    assert (signs.workers, signs.worker_seen_at) == (0, None)


@pytest.mark.django_db
def test_a_late_beat_never_makes_a_part_look_older_and_lost_hosts_are_forgotten():
    now = timezone.now()
    heartbeats.beat("worker:celery@a", now=now)
    heartbeats.beat("worker:celery@a", now=now - timedelta(seconds=50))
    heartbeats.beat("worker:celery@silent", now=now - timedelta(minutes=5))
    heartbeats.beat("worker:celery@gone", now=now - timedelta(days=2))

    heartbeats.note_sweep(now=now)

    assert heartbeats.signs_of_life(now=now) == heartbeats.SignsOfLife(
        swept_at=now, workers=1, worker_seen_at=now
    )
    assert not Heartbeat.objects.filter(name="worker:celery@gone").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("age", "problem"),
    [
        (None, "worker:celery@here has never been seen."),
        (5, ""),
        (600, "worker:celery@here was last seen 600 seconds ago."),
    ],
)
def test_a_containers_check_goes_by_the_workers_sign_of_life(
    age, problem, application_database_url, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", application_database_url)
    if age is not None:
        heartbeats.beat("worker:celery@here", now=timezone.now() - timedelta(seconds=age))

    status = check_heartbeat.main(["worker", "--host", "here", "--within", "90"])

    assert status == (1 if problem else 0)
    assert capsys.readouterr().err.strip() == problem


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("minutes_off", [-5, 5])
def test_reliability_c19_k4_a_host_with_a_wrong_clock_is_seen_when_it_was_seen(
    minutes_off, application_database_url, monkeypatch
):
    """Late it would be restarted again and again, early it would count as alive for long after its end."""
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=minutes_off))
    monkeypatch.setenv("DATABASE_URL", application_database_url)

    sweep_lanes()
    heartbeats._Worker("worker:celery@here")._beat()

    assert check_heartbeat.main(["sweep"]) == 0
    assert check_heartbeat.main(["worker", "--host", "here"]) == 0
    # The sweep, the worker, and the two notes of which database this is.
    times = Heartbeat.objects.values_list("at", flat=True)
    assert [abs(at - right()) < timedelta(seconds=60) for at in times] == [True] * 4
    assert status.background_work().words == "Runs"


def test_a_containers_check_does_not_print_the_address_of_the_database(monkeypatch, capsys):
    monkeypatch.setenv(
        "DATABASE_URL", f"postgresql://u:secret-word@127.0.0.1:{processes.free_port()}/d"
    )

    assert check_heartbeat.main(["sweep"]) == 1
    assert capsys.readouterr().err == "The database does not answer (OperationalError).\n"
