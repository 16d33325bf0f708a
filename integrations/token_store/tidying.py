"""What is cleaned up once a day: old events, and tokens that were left behind."""

from __future__ import annotations

from datetime import datetime

from connector.tenancy import organizations
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactGrant
from integrations.token_store import events, vault


def tidy(*, now: datetime) -> None:
    """This function will delete events older than 90 days, and wipe tokens that no connection uses, everywhere.

    The latter is for a process that died between a disconnection and its wiping. Call it outside any transaction.
    """
    for organization_id in organizations.list_ids():
        with tenant_transaction(organization_id):
            events.clean(now=now)
            unused = list(
                ExactGrant.objects.filter(connections=None)
                .exclude(refresh_token_encrypted=b"")
                .values_list("pk", flat=True)
            )
        for grant_id in unused:
            vault.forget_unused(organization_id=organization_id, grant_id=grant_id)
