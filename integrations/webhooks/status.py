"""What a screen says about webhooks: one calm line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from integrations.models import ExactConnection, WebhookSubscription
from integrations.webhooks.address import callback_url
from integrations.webhooks.topics import GROUPS, wanted_groups


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """Since when (UTC) Exact tells about changes of this connection; None: it does not, or not yet."""

    since: datetime | None


def status(connection: ExactConnection) -> WebhookStatus | None:
    """This function will return what to say about webhooks; None where this installation has none."""
    if not (callback_url() and connection.is_working):
        return None
    topics = [topic for name in wanted_groups(connection) for topic in GROUPS[name].topics]
    subscriptions = WebhookSubscription.objects.filter(
        lane__members__connection_id=connection.pk, topic__in=topics, exact_id__isnull=False
    )
    return WebhookStatus(subscriptions.aggregate(Min("subscribed_at"))["subscribed_at__min"])
