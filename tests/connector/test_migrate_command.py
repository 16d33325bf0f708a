"""A migration that needs a table which is in use does not stand in everybody's way, and tries again."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as djangos
from django.db import connection, transaction

from connector.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader() -> Any:
    """Somebody who reads invoices in a transaction that does not end."""
    own = connection.settings_dict
    with psycopg.connect(
        host=own["HOST"],
        port=own["PORT"],
        user=own["USER"],
        password=own["PASSWORD"],
        dbname=own["NAME"],
    ) as other:
        other.execute("SELECT count(*) FROM invoices_invoice")
        yield other


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Instead of our migrations one that changes the table of invoices; it counts its runs."""
    counted: list[int] = []

    def change(*_: Any, **__: Any) -> None:
        counted.append(1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE invoices_invoice ADD COLUMN of_a_test integer")
            cursor.execute("ALTER TABLE invoices_invoice DROP COLUMN of_a_test")

    monkeypatch.setattr(djangos.Command, "handle", change)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(migrate, "PAUSE", 0.0)
    monkeypatch.setattr(migrate, "TRIES", 3)
    return counted


def test_reliability_f8_a_migration_gives_up_when_a_table_is_in_use_all_the_time(reader, runs):
    with pytest.raises(CommandError, match="Nothing is half done"):
        call_command("migrate", verbosity=0)

    assert len(runs) == 3
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_reliability_f8_a_migration_goes_on_once_the_table_is_free(reader, runs, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: reader.rollback())

    call_command("migrate", verbosity=0)

    assert len(runs) == 2
