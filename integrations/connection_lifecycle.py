"""The life of a connection: made in the connect dialog, linked to a log-in, ready, disconnected, reconnected.

Disconnecting keeps the row, its mappings and its links to documents in Exact; connecting the same division again
continues with that row. Nothing here calls Exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history, hooks, lanes, own_division, reference_lists, token_store
from integrations.exact import divisions, oauth
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactGrant,
    GrantState,
    Subsidiary,
)

# A connection in one of these states takes the invoices of its subsidiary.
TAKES_INVOICES = (
    ConnectionState.READY,
    ConnectionState.NEEDS_ATTENTION,
    ConnectionState.NEEDS_CONSENT,
)


class NotPossible(Exception):
    """The change can not be made; the text says why and what to do instead."""

    def __init__(self, sentence: str, *, field_name: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field_name = field_name


@dataclass(frozen=True, slots=True)
class ExactUser:
    """Who logged in at Exact, and the divisions they may open."""

    exact_id: UUID
    name: str
    email: str
    divisions: Sequence[divisions.PermittedDivision] = field(repr=False)


def get_for_change(connection_id: int) -> ExactConnection:
    """This function will lock and return the connection, or raise ExactConnection.DoesNotExist."""
    connection: ExactConnection = (
        # "no key": a wish for a copy that commits meanwhile refers to the row, and must not wait for this.
        ExactConnection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("subsidiary", "grant")
        .get(pk=connection_id)
    )
    return connection


def is_division_locked(connection: ExactConnection) -> bool:
    """This function will tell whether the division stays what it is: setup was finished, or documents hang on it."""
    return (
        connection.state != ConnectionState.SETUP_INCOMPLETE
        or connection.events.filter(kind="ready").exists()
        or hooks.has_documents(connection)
    )


# --- Connect --------------------------------------------------------------------------------------------------------


def begin(
    *, name: str, subsidiary: Subsidiary, country: str, user: User, now: datetime
) -> ExactConnection:
    """This function will make the row of a connection to come, or take up one that was begun for the same choice."""
    begun = (
        ExactConnection.objects.select_for_update(of=("self",))
        .filter(
            state=ConnectionState.SETUP_INCOMPLETE,
            subsidiary=subsidiary,
            country=country,
            division=None,
        )
        .order_by("id")
        .first()
    )
    if begun is not None:
        begun.name = name
        begun.save(update_fields=["name"])
        return begun
    connection = ExactConnection.objects.create(name=name, subsidiary=subsidiary, country=country)
    history.note(
        connection=connection, kind="begun", sentence="Setup was started.", user=user, now=now
    )
    return connection


def change_beginning(
    connection: ExactConnection, *, name: str, subsidiary: Subsidiary, country: str
) -> None:
    """This function will change the first choices; the country only while nobody logged in at Exact.

    Raises NotPossible.
    """
    if country != connection.country and connection.grant is not None:
        raise NotPossible(
            "You are logged in at Exact in this country already. Use “Connect app” for another country.",
            field_name="country",
        )
    refuse_taken_subsidiary(connection, subsidiary)
    connection.name = name
    connection.subsidiary = subsidiary
    connection.country = country
    connection.save(update_fields=["name", "subsidiary", "country"])


def refuse_taken_subsidiary(connection: ExactConnection, subsidiary: Subsidiary) -> None:
    """This function will raise NotPossible when invoices of the subsidiary already go another way.

    A connection that is still being set up takes no invoices, so it is compared when setup is finished.
    """
    if connection.state not in TAKES_INVOICES:
        return
    other = find_taker(connection, subsidiary)
    if other is not None:
        raise NotPossible(_taken(subsidiary, other), field_name="subsidiary")


def find_taker(connection: ExactConnection, subsidiary: Subsidiary) -> ExactConnection | None:
    """This function will return another connection that takes the subsidiary's invoices, or None."""
    return (
        ExactConnection.objects.filter(subsidiary=subsidiary, state__in=TAKES_INVOICES)
        .exclude(pk=connection.pk)
        .order_by("id")
        .first()
    )


def _taken(subsidiary: Subsidiary, other: ExactConnection) -> str:
    return (
        f"Invoices of {subsidiary.name} already go through “{other.name}”. "
        "Choose another subsidiary, or disconnect that connection first."
    )


# --- Logged in at Exact ---------------------------------------------------------------------------------------------


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
    connection stays as it was. Empty text means that it is linked.
    """
    connection = get_for_change(connection_id)
    previous = connection.grant
    grant = _store_grant(connection.country, exact_user, user)
    revived = token_store.store_tokens(grant, tokens, now=now)
    grant.refresh_from_db()
    own_division.store_divisions(grant, exact_user.divisions)
    for one in revived:
        history.note(
            connection=one, kind="reconnected", sentence="Reconnected.", user=user, now=now
        )
        lanes.ring(one, at=now)
    connection.refresh_from_db()
    refusal = _refuse_other_division(connection, exact_user)
    if refusal:
        history.note(
            connection=connection, kind="login_refused", sentence=refusal, user=user, now=now
        )
    else:
        connection.grant = grant
        connection.connected_by = user
        connection.connected_at = now
        connection.save(update_fields=["grant", "connected_by", "connected_at"])
        history.note(
            connection=connection,
            kind="logged_in",
            sentence=f"{exact_user.name} logged in at Exact.",
            user=user,
            now=now,
        )
        _take_up_work(connection, user, now)
    for unused in {grant.pk, previous.pk if previous else grant.pk}:
        forget_unused_grant(unused)
    return refusal


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


def _refuse_other_division(connection: ExactConnection, exact_user: ExactUser) -> str:
    if connection.division is None:
        return ""
    usable = {division.code for division in exact_user.divisions if division.is_usable}
    if connection.division in usable:
        return ""
    return (
        f"{exact_user.name} can not open {connection.division_name} ({connection.division}) in Exact. "
        "Log in at Exact as somebody who can; nothing was changed."
    )


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
        connection.state_reason = _taken(connection.subsidiary, clash) if clash else ""
        connection.disconnected_at = None
        connection.save(update_fields=["state", "state_reason", "disconnected_at"])
        sentence = f"“{connection.name}” was reconnected."
        history.note(
            connection=connection, kind="reconnected", sentence=sentence, user=user, now=now
        )
        organizations.note(action="connection_reconnected", sentence=sentence, user=user, now=now)
    lanes.seat(connection)
    reference_lists.request_refresh(connection, now=now)


def forget_unused_grant(grant_id: int) -> None:
    """This function will wipe the tokens of a log-in that no connection uses."""
    if ExactConnection.objects.filter(grant_id=grant_id).exists():
        return
    grant = ExactGrant.objects.select_for_update().get(pk=grant_id)
    if grant.refresh_token_encrypted:
        token_store.forget_tokens(grant)


# --- Ready and disconnected -----------------------------------------------------------------------------------------


def make_ready(connection: ExactConnection, *, user: User, now: datetime) -> None:
    """This function will finish setup. Raises NotPossible with the first thing that is missing."""
    if connection.grant is None or connection.grant.state != GrantState.ACTIVE:
        raise NotPossible("Log in at Exact first.", field_name="grant")
    if connection.division is None:
        raise NotPossible("Choose a division first.", field_name="division")
    if not connection.numbering:
        raise NotPossible("Choose which system generates invoice numbers.", field_name="numbering")
    if connection.subsidiary.archived_at is not None:
        raise NotPossible(
            "The subsidiary was archived. Choose another one.", field_name="subsidiary"
        )
    other = find_taker(connection, connection.subsidiary)
    if other is not None:
        raise NotPossible(_taken(connection.subsidiary, other), field_name="subsidiary")
    connection.state = ConnectionState.READY
    connection.state_reason = ""
    connection.disconnected_at = None
    connection.save(update_fields=["state", "state_reason", "disconnected_at"])
    sentence = (
        f"“{connection.name}” is connected to {connection.division_name} ({connection.division})."
    )
    history.note(connection=connection, kind="ready", sentence=sentence, user=user, now=now)
    organizations.note(action="connection_ready", sentence=sentence, user=user, now=now)
    lanes.seat(connection)
    lanes.ring(connection, at=now)


def disconnect(connection: ExactConnection, *, user: User, now: datetime) -> int:
    """This function will stop everything for the connection and return how many queued invoices were canceled.

    Documents in Exact stay as they are, and Exact is not called. A connection whose setup was never finished is
    removed; otherwise the row stays, to be reconnected at any time.
    """
    grant_id = connection.grant_id
    canceled = hooks.cancel_queued(connection=connection, now=now)
    lanes.leave(connection)
    sentence = f"“{connection.name}” was disconnected."
    organizations.note(action="connection_disconnected", sentence=sentence, user=user, now=now)
    if is_division_locked(connection):
        connection.state = ConnectionState.DISCONNECTED
        connection.state_reason = ""
        connection.disconnected_at = now
        connection.generation += 1
        connection.grant = None
        connection.save()
        if canceled:
            sentence += f" {canceled} queued copies were canceled."
        history.note(
            connection=connection, kind="disconnected", sentence=sentence, user=user, now=now
        )
    else:
        connection.delete()
    if grant_id is not None:
        forget_unused_grant(grant_id)
    return canceled
