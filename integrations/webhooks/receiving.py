"""One webhook, from its bytes to the listeners whose reading it brings forward. A few rows, no call to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from integrations.models import LaneMember, SetAsideReason, WebhookListener
from integrations.webhooks import messages, set_aside, signature
from integrations.webhooks.topics import GROUP_OF_TOPIC, Group

MAX_BYTES = 64 * 1024
# Beyond these the event counts as "something changed".
_MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class Bell:
    """A lane to wake, and after how long."""

    lane_id: int
    after: timedelta


@dataclass(frozen=True, slots=True)
class Taken:
    """The status that Exact is answered with, and the lanes to wake once it has its answer."""

    status: int
    bells: Sequence[Bell] = ()


def receive(body: bytes, *, now: datetime) -> Taken:
    """This function will take one webhook; whatever the bytes, it answers and does not raise."""
    if not body.strip():
        # Exact tries a new address with an empty call, which is not signed.
        return Taken(200)
    try:
        signed = signature.split(body)
    except signature.NotSplit:
        return _refuse(SetAsideReason.FORM, body, now)
    if not signature.is_proven(signed, settings.EXACT_WEBHOOK_SECRETS):
        return _refuse(SetAsideReason.SIGNATURE, body, now)
    try:
        message = messages.read(signed.content)
    except messages.NotUnderstood:
        return _ignore(SetAsideReason.CONTENT, body, now)
    if message.client_id != messages.plain_client_id(settings.EXACT_CLIENT_ID):
        return _refuse(SetAsideReason.CLIENT, body, now)
    group = GROUP_OF_TOPIC.get(message.topic)
    bells = _note(message, group, signed.signature, now) if group is not None else None
    if bells is None:
        return _ignore(SetAsideReason.NOBODY, body, now)
    return Taken(200, bells)


def _refuse(reason: SetAsideReason, body: bytes, now: datetime) -> Taken:
    return Taken(401 if set_aside.note(reason, size=len(body), now=now) else 429)


def _ignore(reason: SetAsideReason, body: bytes, now: datetime) -> Taken:
    """It came from Exact, so sending it again would change nothing."""
    set_aside.note(reason, size=len(body), now=now)
    return Taken(200)


def _note(
    message: messages.Message, group: Group, signature: str, now: datetime
) -> list[Bell] | None:
    """Note it with everybody who listens in the division, of whatever organization; None when nobody does."""
    bells = []
    with transaction.atomic():
        listeners = list(
            WebhookListener.objects.select_for_update(of=("self",))
            .select_related("member")
            .filter(
                member__lane__host=message.host,
                member__lane__division=message.division,
                group=group.name,
            )
            # Their places in the lane are written in this order: the same for every group.
            .order_by("member_id")
        )
        for listener in listeners:
            if listener.last_signature == signature:
                continue
            is_new = listener.due_at is None
            due_at = _hear(listener, message, group, now)
            listener.last_signature = signature
            listener.save()
            if is_new:
                LaneMember.objects.filter(pk=listener.member_id).update(
                    due_at=Least(F("due_at"), due_at)
                )
                bells.append(Bell(listener.member.lane_id, due_at - now))
    return bells if listeners else None


def _hear(
    listener: WebhookListener, message: messages.Message, group: Group, now: datetime
) -> datetime:
    """Plan the reading, at most one in the group's gap; return when."""
    listener.heard_at = now
    if listener.due_at is None:
        listener.created_keys = []
        soonest = listener.handled_at + group.gap if listener.handled_at else now
        listener.due_at = max(now, soonest)
    listener.created_keys = _with_key(listener.created_keys, message)
    return listener.due_at


def _with_key(keys: list[UUID] | None, message: messages.Message) -> list[UUID] | None:
    if keys is None or message.key is None or message.action != messages.CREATE:
        return None
    return [*keys, message.key] if len(keys) < _MOST_KEYS else None
