"""The lane's work "webhook_subscriptions": Exact has one subscription per topic that somebody in the division needs.

Exact allows one for each topic, division and app, so connections to one division share it, and one that is there
already is taken over. What Exact has is listed before anything is made; a repeated step makes nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max

from connector.tenancy.scope import tenant_transaction
from integrations.connection_lifecycle import farewell
from integrations.exact import errors, webhook_subscriptions as exact
from integrations.lanes import LaneJob
from integrations.models import (
    DivisionLane,
    ExactConnection,
    LaneMember,
    WebhookListener,
    WebhookSubscription,
)
from integrations.webhooks.address import callback_url
from integrations.webhooks.topics import GROUP_OF_TOPIC, GROUPS, wanted_groups

logger = logging.getLogger(__name__)

# Exact may have disabled a subscription meanwhile; when and how it does that is not certain.
RENEWED_EVERY = timedelta(days=7)
AFTER_A_REFUSAL = timedelta(days=1)
AFTER_A_LOST_ANSWER = timedelta(minutes=5)


class SubscriptionsWork:
    """Subscribes, renews every week, and unsubscribes from what nobody in the division needs any more."""

    name = "webhook_subscriptions"
    # After everything that somebody may be waiting for.
    priority = 40

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when to look at the subscriptions; None while webhooks are off."""
        if farewell.is_leaving(connection):
            return now
        if not (callback_url() and connection.is_working):
            return None
        lane = DivisionLane.objects.filter(members__connection_id=connection.pk).first()
        if lane is None:
            return None
        if _groups_of(connection) != wanted_groups(connection):
            return now
        wanted, known = _wanted_topics(lane), _subscriptions(lane)
        if wanted != known.keys():
            return now
        return min((row.check_at for row in known.values()), default=None)

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: what was sent and not answered is found by the next listing."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will list what Exact has, and make or end what differs: a few calls."""
        url = callback_url()
        with tenant_transaction(job.organization_id):
            connection = ExactConnection.objects.filter(pk=job.connection_id).first()
            member = LaneMember.objects.filter(connection_id=job.connection_id).first()
            if connection is None or member is None:
                return
            is_leaving = farewell.is_leaving(connection)
            if not is_leaving and not (url and connection.is_working):
                return
            if not is_leaving:
                _listen(member, wanted_groups(connection))
        lane = DivisionLane.objects.get(pk=member.lane_id)
        if not _is_settled(lane, job.now()):
            _Upkeep(job, lane, url).run()
        if is_leaving:
            farewell.end(organization_id=job.organization_id, connection_id=job.connection_id)


def _groups_of(connection: ExactConnection) -> set[str]:
    rows = WebhookListener.objects.filter(member__connection_id=connection.pk)
    return set(rows.values_list("group", flat=True))


def _listen(member: LaneMember, groups: set[str]) -> None:
    WebhookListener.objects.filter(member=member).exclude(group__in=groups).delete()
    for group in groups:
        WebhookListener.objects.get_or_create(member=member, group=group)


def _wanted_topics(lane: DivisionLane) -> set[str]:
    """What all connections of the division need, of whatever organization."""
    names = WebhookListener.objects.filter(member__lane=lane).values_list("group", flat=True)
    return {topic for name in names if name in GROUPS for topic in GROUPS[name].topics}


def _subscriptions(lane: DivisionLane) -> dict[str, WebhookSubscription]:
    return {row.topic: row for row in WebhookSubscription.objects.filter(lane=lane)}


def _is_settled(lane: DivisionLane, now: datetime) -> bool:
    known = _subscriptions(lane)
    return _wanted_topics(lane) == known.keys() and all(
        row.check_at > now for row in known.values()
    )


class _Upkeep:
    """One look at a division's subscriptions."""

    def __init__(self, job: LaneJob, lane: DivisionLane, url: str) -> None:
        self.job = job
        self.lane = lane
        self.url = url
        self.wanted = [topic for topic in GROUP_OF_TOPIC if topic in _wanted_topics(lane)]
        self.known = _subscriptions(lane)

    def run(self) -> None:
        try:
            there = self._list()
            self._end_unwanted(there)
            for topic in filter(self._is_due, self.wanted):
                # Several calls: the lane may have been lost meanwhile. The next step goes on with what is left.
                if not self.job.still_ours() or not self._keep(topic, there.get(topic)):
                    return
        except errors.OutcomeUnknown:
            # Whether it was made is seen in the list, the next time.
            self._put_off(self.wanted, "Exact's answer was lost", AFTER_A_LOST_ANSWER)
        except (errors.Refused, errors.UnexpectedAnswer) as refusal:
            logger.warning(
                "Webhook subscriptions were not read", extra=self._ids(), exc_info=refusal
            )
            self._put_off(self.wanted, _reason(refusal), AFTER_A_REFUSAL)

    def _list(self) -> dict[str, exact.WebhookSubscription]:
        return {row.topic: row for row in exact.list_subscriptions(self.job.client).rows}

    def _end_unwanted(self, there: dict[str, exact.WebhookSubscription]) -> None:
        for one in there.values():
            if one.topic not in self.wanted and one.callback_url == self.url:
                self._end(one)
        WebhookSubscription.objects.filter(lane=self.lane).exclude(topic__in=self.wanted).delete()

    def _is_due(self, topic: str) -> bool:
        row = self.known.get(topic)
        return row is None or row.check_at <= self.job.now()

    def _keep(self, topic: str, found: exact.WebhookSubscription | None) -> bool:
        """See to it that the topic is subscribed to; False when nothing more is to be asked today."""
        if found is not None and found.callback_url == self.url and self._is_alive(topic):
            self._store(topic, found)
            return True
        if found is not None:
            self._end(found)
        try:
            self._store(topic, exact.subscribe(self.job.client, topic=topic, callback_url=self.url))
        except errors.ValidationRefused as refusal:
            return self._after_refusal(topic, refusal)
        return True

    def _after_refusal(self, topic: str, refusal: errors.ValidationRefused) -> bool:
        """Perhaps it is there by now; else Exact does not take this topic, or could not reach us."""
        there = self._list().get(topic)
        if there is not None and there.callback_url == self.url:
            self._store(topic, there)
            return True
        logger.warning(
            "A webhook subscription was refused",
            extra=self._ids() | {"topic": topic},
            exc_info=refusal,
        )
        # A second refusal means that it is not about the topic; Exact blocks those who go on asking.
        others = [row for row in self.known.values() if row.problem and row.topic != topic]
        self._put_off(self.wanted if others else [topic], _reason(refusal), AFTER_A_REFUSAL)
        return not others

    def _is_alive(self, topic: str) -> bool:
        """Whether Exact was heard since the last look; a silent subscription is made anew, in case it was disabled."""
        row = self.known.get(topic)
        if row is None or row.exact_id is None or row.subscribed_at is None:
            return True  # taken over, or made by a call whose answer was lost
        listeners = WebhookListener.objects.filter(
            member__lane=self.lane, group=GROUP_OF_TOPIC[topic].name
        )
        heard_at = listeners.aggregate(Max("heard_at"))["heard_at__max"]
        return heard_at is not None and heard_at > row.check_at - RENEWED_EVERY

    def _store(self, topic: str, subscription: exact.WebhookSubscription) -> None:
        now = self.job.now()
        before = self.known.get(topic)
        since = before.subscribed_at if before and before.subscribed_at else now
        self.known[topic], _ = WebhookSubscription.objects.update_or_create(
            lane=self.lane,
            topic=topic,
            defaults={
                "exact_id": subscription.exact_id,
                "subscribed_at": since,
                "check_at": now + RENEWED_EVERY,
                "problem": "",
            },
        )

    def _end(self, subscription: exact.WebhookSubscription) -> None:
        try:
            exact.unsubscribe(self.job.client, subscription.exact_id)
        except errors.NotFound:
            logger.info("A webhook subscription was gone already", extra=self._ids())

    def _put_off(self, topics: Iterable[str], reason: str, pause: timedelta) -> None:
        for topic in topics:
            row = self.known.get(topic)
            if row is not None and not row.problem and row.check_at > self.job.now():
                continue
            self.known[topic], _ = WebhookSubscription.objects.update_or_create(
                lane=self.lane,
                topic=topic,
                defaults={
                    "exact_id": None,
                    "subscribed_at": None,
                    "check_at": self.job.now() + pause,
                    "problem": reason,
                },
            )

    def _ids(self) -> dict[str, object]:
        return {"lane_id": self.lane.pk, "connection_id": self.job.connection_id}


def _reason(refusal: errors.ExactError) -> str:
    return "; ".join(refusal.messages)[:200] or str(refusal)[:200]
