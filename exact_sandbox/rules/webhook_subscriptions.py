"""What Exact accepts as a webhook subscription: one for each topic, division and application.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

from http import HTTPStatus

from exact_sandbox.applications import find_application
from exact_sandbox.errors import MethodNotAllowed, Refused
from exact_sandbox.resources import by_path
from exact_sandbox.rules.checks import emptied_problems, new_key, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record
from exact_sandbox.webhooks.queue import VALIDATION, Delivery, add, remove_subscription
from exact_sandbox.webhooks.sending import Caller, is_callback
from exact_sandbox.webhooks.topics import INSTANT_TOPIC, find_topic

PATH = "webhooks/WebhookSubscriptions"
VALIDATION_SECONDS = 1
NOTHING_ANSWERED = "An error occurred while sending the request."


def prepare(context: Context, sent: Record) -> None:
    """Call a new callback at once where the switch asks for it; raises Refused when it fails.

    Nothing of the store is held meanwhile: the callback may well call the sandbox itself.
    """
    switches = context.sandbox.switches
    url = sent.get("CallbackURL")
    if switches["webhook_validation"] != "synchronous" or not url:
        return
    refuse(_problems(context, sent))
    outcome = Caller().post(url, "", float(switches["webhook_timeout_seconds"]))
    if outcome.good:
        return
    status = outcome.answer or HTTPStatus.INTERNAL_SERVER_ERROR.value
    text = _reason(outcome.answer) if outcome.answer else NOTHING_ANSWERED
    what = f"Post to callback URL endpoint returns {status} {text}"
    raise Refused(context.say("invalid", what=what))


def create(context: Context, sent: Record) -> str:
    """Store a subscription of the calling application and return its ID; raises Refused."""
    database = context.sandbox.database
    refuse(_problems(context, sent))
    application = find_application(database, context.client_id)
    subscription = {
        "IsInstant": False,
        **{name: value for name, value in sent.items() if value is not None},
        "ID": new_key(context, "webhooksubscriptions", sent),
        "ClientID": context.client_id,
        "Description": application.name if application else None,
        "UserID": context.user.id,
    }
    _check_unique(context, subscription)
    database.insert("webhooksubscriptions", {**subscription, **context.created()})
    database.execute(
        "INSERT INTO webhook_subscribers (subscription_id, root) VALUES (?, ?)",
        [subscription["ID"], context.root],
    )
    _validate_later(context, subscription)
    return str(subscription["ID"])


def update(context: Context, subscription_id: str, changes: Record) -> None:
    """Change topic or callback where the switch lets it; raises Refused or MethodNotAllowed."""
    if context.sandbox.switches["webhook_put"] == "refused":
        raise MethodNotAllowed("The requested resource does not support this http method.")
    changes.pop("ID", None)
    database = context.sandbox.database
    refuse(emptied_problems(context, by_path()[PATH.lower()], changes))
    refuse(_problems(context, changes))
    stored = database.find("webhooksubscriptions", ID=subscription_id) or {}
    subscription = {**stored, **changes}
    _check_unique(context, subscription)
    database.update(
        "webhooksubscriptions", ("ID", subscription_id), {**changes, **context.modified()}
    )
    if subscription["CallbackURL"] != stored["CallbackURL"]:
        database.execute(
            "UPDATE webhook_subscribers SET failures = 0, disabled = 0 WHERE subscription_id = ?",
            [subscription_id],
        )
        _validate_later(context, subscription)


def delete(context: Context, subscription_id: str) -> None:
    """Delete a subscription; what was still to be sent for it is not."""
    remove_subscription(context.sandbox.database, subscription_id)


def _problems(context: Context, sent: Record) -> list[str]:
    problems = []
    if sent.get("Topic"):
        topic = find_topic(sent["Topic"])
        if topic is None:
            problems.append(context.say("invalid", what="topic"))
        else:
            sent["Topic"] = topic.name
    if sent.get("IsInstant") and sent.get("Topic") != INSTANT_TOPIC:
        problems.append(context.say("invalid", what="IsInstant"))
    if sent.get("CallbackURL"):
        sent["CallbackURL"] = sent["CallbackURL"].strip()
        if not is_callback(sent["CallbackURL"], context.sandbox.switches["webhook_callback"]):
            problems.append(context.say("invalid", what="callback_url"))
    return problems


def _check_unique(context: Context, subscription: Record) -> None:
    for other in context.sandbox.database.records(
        "webhooksubscriptions",
        Division=context.division,
        Topic=subscription["Topic"],
        ClientID=subscription["ClientID"],
    ):
        if other["ID"] != subscription["ID"]:
            raise Refused(context.say("exists"))


def _validate_later(context: Context, subscription: Record) -> None:
    """Queue the empty call about a second after subscribing."""
    if context.sandbox.switches["webhook_validation"] != "later":
        return
    now = context.sandbox.clock.seconds()
    delivery = Delivery(
        subscription_id=subscription["ID"],
        client_id=subscription["ClientID"],
        division=context.division,
        topic=subscription["Topic"],
        kind=VALIDATION,
        action="",
        key="",
        url=subscription["CallbackURL"],
        body="",
    )
    add(context.sandbox.database, delivery, now=now, due_at=now + VALIDATION_SECONDS)
    context.sandbox.webhooks.queued()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
