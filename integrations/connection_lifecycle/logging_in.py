"""A connection and the log-in at Exact it lives by: linked, refused, taken up again, let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from connector.sentences import sentence
from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history, lanes, own_division, reference_lists, token_store
from integrations.connection_lifecycle.rows import get_for_change, is_division_locked
from integrations.connection_lifecycle.takers import find_taker, taken_sentence
from integrations.exact import divisions, oauth
from integrations.models import ConnectionState, ExactConnection, ExactGrant


@dataclass(frozen=True, slots=True)
class ExactUser:
    """Who logged in at Exact, and the divisions they may open."""

    exact_id: UUID
    name: str
    email: str
    divisions: Sequence[divisions.PermittedDivision] = field(repr=False)
    # Not whole: a row of the list could not be read, so it says of no division that it is not there.
    is_whole: bool = True


def attach_grant(
    *,
    connection_id: int,
    exact_user: ExactUser,
    tokens: oauth.TokenSet,
    user: User,
    now: datetime,
) -> str:
    """This function will store a new log-in and link it to the connection; the same Exact user keeps one log-in.

    It returns a sentence when the connection's division is not among what the Exact user may open; then the
    connection stays as it was. Empty text means that it is linked. Raises ExactConnection.DoesNotExist.
    """
    country = ExactConnection.objects.get(pk=connection_id).country
    # The log-in is locked before any connection, as a refresh does: see `token_store.vault`.
    grant = _store_grant(country, exact_user, user)
    _lock_connections(connection_id, grant)
    revived = token_store.store_tokens(grant, tokens, now=now)
    grant.refresh_from_db()
    own_division.store_divisions(grant, exact_user.divisions, is_whole=exact_user.is_whole)
    for one in revived:
        history.note(
            connection=one,
            kind="reconnected",
            sentence=sentence("Reconnected."),
            user=user,
            now=now,
        )
    # Those that work may have been put off as well: Exact gave no token, or not before an hour was over.
    for one in ExactConnection.objects.filter(grant=grant).order_by("id"):
        lanes.ring(one, at=now)
    connection = get_for_change(connection_id)
    previous_id = connection.grant_id
    refusal = _refuse(connection, grant, exact_user)
    if refusal:
        history.note(
            connection=connection, kind="login_refused", sentence=refusal, user=user, now=now
        )
    else:
        _link(connection, grant, exact_user, user, now)
    for unused in {grant.pk, previous_id or grant.pk}:
        forget_when_unused(organization_id=grant.organization_id, grant_id=unused)
    return refusal


def list_sharing(connection: ExactConnection) -> list[ExactConnection]:
    """This function will return the other connections that live by the same log-in; they keep it when this one gets another."""
    if connection.grant_id is None:
        return []
    rows = ExactConnection.objects.filter(grant=connection.grant_id).exclude(pk=connection.pk)
    return list(rows.order_by("name", "id"))


def forget_when_unused(*, organization_id: int, grant_id: int) -> None:
    """This function will wipe the tokens of a log-in that no connection uses, after the commit.

    After it, because the transaction holds a connection: waiting for the log-in's row could be for ever.
    """
    transaction.on_commit(
        partial(token_store.forget_unused, organization_id=organization_id, grant_id=grant_id)
    )


def _lock_connections(connection_id: int, grant: ExactGrant) -> None:
    wanted = ExactConnection.objects.filter(Q(pk=connection_id) | Q(grant=grant)).order_by("id")
    list(wanted.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def _store_grant(country: str, exact_user: ExactUser, user: User) -> ExactGrant:
    grant, _created = ExactGrant.objects.update_or_create(
        country=country,
        exact_user_id=exact_user.exact_id,
        defaults={
            "exact_user_name": exact_user.name[:200],
            "exact_user_email": exact_user.email[:254],
            "connected_by": user,
        },
    )
    return grant


def _refuse(connection: ExactConnection, grant: ExactGrant, exact_user: ExactUser) -> str:
    if connection.country != grant.country:
        return sentence("The country was changed while you logged in. Log in again.")
    if connection.division is None:
        return ""
    own = next((one for one in exact_user.divisions if one.code == connection.division), None)
    if own.is_usable if own is not None else not exact_user.is_whole:
        return ""
    return sentence(
        "%(name)s can not open %(division)s (%(code)s) in Exact. Log in at Exact as somebody who can; nothing was changed.",
        name=exact_user.name,
        division=connection.division_name,
        code=connection.division,
    )


def _link(
    connection: ExactConnection,
    grant: ExactGrant,
    exact_user: ExactUser,
    user: User,
    now: datetime,
) -> None:
    before, by = connection.grant, connection.connected_by
    connection.grant = grant
    connection.connected_by = user
    connection.connected_at = now
    connection.save(update_fields=["grant", "connected_by", "connected_at"])
    history.note(
        connection=connection,
        kind="logged_in",
        sentence=sentence("%(name)s logged in at Exact.", name=exact_user.name),
        user=user,
        now=now,
    )
    if connection.division is not None and before is not None and (before, by) != (grant, user):
        _note_hand_over(connection, before, by, now)
    _take_up_work(connection, user, now)


def _note_hand_over(
    connection: ExactConnection, before: ExactGrant, by: User | None, now: datetime
) -> None:
    """Another log-in, or another person's, carries the connection from now on: everything else stays."""
    told = sentence(
        "“%(connection)s” was handed over: %(person)s connects it now as %(exact_user)s in Exact (before: %(before)s as "
        "%(exact_user_before)s).",
        connection=connection.name,
        person=str(connection.connected_by),
        exact_user=connection.grant.exact_user_name,
        before=str(by) if by else sentence("somebody"),
        exact_user_before=before.exact_user_name,
    )
    user = connection.connected_by
    history.note(connection=connection, kind="handed_over", sentence=told, user=user, now=now)
    organizations.note(action="connection_handed_over", sentence=told, user=user, now=now)


def _take_up_work(connection: ExactConnection, user: User, now: datetime) -> None:
    """Go on where the connection stopped; mappings, links and queued work are still there."""
    if connection.division is None:
        return
    if connection.state in {ConnectionState.DISCONNECTED, ConnectionState.NEEDS_CONSENT}:
        clash = find_taker(connection, connection.subsidiary)
        is_complete = (
            bool(connection.numbering) and is_division_locked(connection) and clash is None
        )
        connection.state = (
            ConnectionState.READY if is_complete else ConnectionState.SETUP_INCOMPLETE
        )
        connection.state_reason = taken_sentence(connection.subsidiary, clash) if clash else ""
        connection.disconnected_at = None
        connection.save(update_fields=["state", "state_reason", "disconnected_at"])
        told = sentence("“%(connection)s” was reconnected.", connection=connection.name)
        history.note(connection=connection, kind="reconnected", sentence=told, user=user, now=now)
        organizations.note(action="connection_reconnected", sentence=told, user=user, now=now)
    lanes.seat(connection)
    reference_lists.request_refresh(connection, now=now)
