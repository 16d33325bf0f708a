"""Celery's door to the callbacks. A message only wakes: it may come late, twice or never."""

from __future__ import annotations

from celery import shared_task

from connector import database_identity
from payments.psa_reports import telling


@shared_task(name="payments.tasks.tell_psas")
def tell_psas(**_: object) -> None:
    """This task will tell PSAs what is due, unless the database was restored and its recovery has not begun."""
    if database_identity.known_until() is None:
        telling.run()
