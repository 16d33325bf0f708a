"""Webhook subscriptions: Exact tells a callback that records of a topic changed, never what they hold.

One for each topic, division and app. A subscription is not changed but deleted and made anew: whether Exact takes a PUT
is not certain.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import DivisionRow, Moment, Page, Text


class WebhookSubscription(DivisionRow):
    """A subscription of our app in the client's division."""

    exact_id: UUID = Field(validation_alias="ID")
    topic: Text = Field(validation_alias="Topic")
    callback_url: Text = Field(default="", validation_alias="CallbackURL")
    created_at: Moment | None = Field(default=None, validation_alias="Created")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
def list_subscriptions(client: ExactClient) -> Page[WebhookSubscription]:
    """Return our app's subscriptions in the division. Needs scope Organization administration."""
    return client.every(endpoints.WEBHOOK_SUBSCRIPTIONS, WebhookSubscription, query={})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
def subscribe(client: ExactClient, *, topic: str, callback_url: str) -> WebhookSubscription:
    """Subscribe to a topic and return the subscription.

    Raises `ValidationRefused` when there is one already, or when Exact tried the address at once and got no good answer;
    `OutcomeUnknown` when the answer was lost: list before repeating.
    """
    body = {"Topic": topic, "CallbackURL": callback_url}
    return client.post(endpoints.WEBHOOK_SUBSCRIPTIONS, body, WebhookSubscription)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
def unsubscribe(client: ExactClient, subscription_id: UUID) -> None:
    """End a subscription. Raises `NotFound` when it is not there any more."""
    client.delete(endpoints.WEBHOOK_SUBSCRIPTIONS, subscription_id)
