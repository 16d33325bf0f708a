"""Celery's door to what people are told of invoices. A message only wakes: it may come late, twice or never."""

from __future__ import annotations

from celery import shared_task

from connector import database_identity
from connector.database_clock import database_now
from invoices import break_digest
from invoices.bulk import ended


@shared_task(name="invoices.tasks.send_news")
def send_news(**_: object) -> None:
    """This task will mail what has ended and what was found, unless the database was restored and its recovery has not begun."""
    if database_identity.known_until() is not None:
        return
    now = database_now()
    ended.tell(now=now)
    break_digest.tell(now=now)
