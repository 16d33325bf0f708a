"""What a load balancer is told."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.db.migrations.executor import MigrationExecutor


def test_a_living_process_says_so_without_a_database(client):
    assert client.get("/health/live").json() == {"status": "alive"}


@pytest.mark.django_db
def test_a_migrated_database_is_ready(client):
    assert client.get("/health/ready").json() == {"status": "ready"}


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("migration", False)])

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["reason"] == "1 migrations have not been applied."


@pytest.mark.django_db
def test_an_unreachable_database_is_not_ready(client, monkeypatch):
    def fail(*_arguments):
        raise DatabaseError("password and host")

    monkeypatch.setattr("connector.health.MigrationExecutor", fail)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["reason"] == "The database does not answer."
