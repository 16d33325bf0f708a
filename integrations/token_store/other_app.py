"""Log-ins whose tokens Exact gave to another app than the one of the settings: test keys in production, or a new app.

Exact would take such a refresh token for a withdrawn permission, and every customer would be asked to log in for a slip of
the operator. So it is never sent: the lanes wait, and go on by themselves once the settings are right (RELIABILITY K5).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactGrant, GrantState
from integrations.token_store import vault
from integrations.token_store.consents import mark_needs_consent
from integrations.token_store.problems import Wait
from integrations.token_store.registration import app

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)


def is_another_app(client_id: str) -> bool:
    """This function will tell whether tokens of this app are of no use to that of the settings; an empty id is not known."""
    return client_id != "" and _plain(client_id) != _plain(app().client_id)


def _plain(client_id: str) -> str:
    """Older registrations are written with braces, or without, and in either case."""
    return client_id.strip("{} ").lower()


def wait(grant: ExactGrant, now: datetime) -> Wait:
    """This function will tell the operator, who alone can mend it, and return until when to wait.

    Nothing is written down, so a process with the right settings is not held up by one with wrong ones.
    """
    logger.critical(
        "A log-in was given to another app at Exact than that of EXACT_CLIENT_ID; it is left alone",
        extra={"grant_id": grant.pk},
    )
    return Wait(now + LOOK_AGAIN)


def count_of_another_app(organization_ids: Iterable[int]) -> int:
    """This function will return how many consents of these organizations wait for the right settings."""
    count = 0
    for organization_id in organization_ids:
        with tenant_transaction(organization_id):
            count += len(_list_waiting())
    return count


def ask_for_log_ins(organization_ids: Iterable[int], *, now: datetime) -> int:
    """This function will ask for a new log-in wherever one waits, as when Exact ends it; it returns for how many.

    It is for an operator who changed the app on purpose. Call it outside any transaction.
    """
    count = 0
    for organization_id in organization_ids:
        with tenant_transaction(organization_id):
            for waiting in _list_waiting():
                grant = vault.lock(waiting.pk)
                if is_another_app(grant.client_id):
                    mark_needs_consent(
                        grant, reason=_("The connector is registered at Exact anew."), now=now
                    )
                    count += 1
    return count


def _list_waiting() -> list[ExactGrant]:
    active = ExactGrant.objects.filter(state=GrantState.ACTIVE).order_by("pk")
    return [grant for grant in active if is_another_app(grant.client_id)]
