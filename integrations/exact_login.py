"""The journey to Exact's log-in page and back: one-time state, tokens, and what the user may open.

The state is bound to the browser session, the user, the organization and the country, works once and for ten minutes
(RELIABILITY J8). The step before is the connect dialog; the step after is the setup window.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from connector import http
from connector.tenancy.models import User
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, token_store
from integrations.connection_lifecycle import ExactUser
from integrations.exact import divisions, errors, me, oauth
from integrations.exact.client import ExactClient
from integrations.models import ConsentRequest, ExactConnection

logger = logging.getLogger(__name__)

VALID_FOR = timedelta(minutes=10)
_KEPT_FOR = timedelta(days=1)  # so long a second opening of the callback is explained
_ATTEMPTS = 2  # reads after consent: the tokens are new and only in memory, so one hiccup must not cost the log-in


class Outcome(StrEnum):
    """How a journey ended; stored in ConsentRequest.outcome."""

    CONNECTED = "connected"
    REFUSED = "refused"
    FAILED = "failed"
    WRONG_USER = "wrong_user"


@dataclass(frozen=True, slots=True)
class Return:
    """What the browser brought back to the callback."""

    state: str
    code: str
    error: str


class LoginProblem(Exception):
    """The journey did not end in a connection; the text is for people, ``connection_id`` is where to go on."""

    def __init__(self, sentence: str, *, connection_id: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.connection_id = connection_id


class AlreadyConnected(LoginProblem):
    """The address of the callback was opened a second time, after it had worked."""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def start(*, connection: ExactConnection, user: User, session_key: str, now: datetime) -> str:
    """This function will note a new journey and return the address of Exact's log-in page."""
    state = secrets.token_urlsafe(32)
    connection.consent_requests.filter(created_at__lt=now - _KEPT_FOR).delete()
    ConsentRequest.objects.create(
        state_hash=_hash(state),
        session_hash=_hash(session_key),
        user=user,
        country=connection.country,
        connection=connection,
        created_at=now,
    )
    return oauth.authorize_url(
        token_store.base_url(connection.country), token_store.app(), state=state
    )


def finish(
    *, organization_id: int, user: User, session_key: str, returned: Return, now: datetime
) -> int:
    """This function will turn the code into tokens, store them, and return the id of the connection.

    Call it outside any transaction: it calls Exact three times. Raises LoginProblem with a sentence.
    """
    with tenant_transaction(organization_id):
        journey = _claim(user=user, session_key=session_key, returned=returned, now=now)
    if returned.error:
        raise _end(organization_id, journey, Outcome.REFUSED, _refusal_sentence(returned.error))
    try:
        tokens, exact_user = _ask_exact(journey.country, returned.code)
    except (oauth.TokenError, errors.ExactError) as error:
        logger.warning("The log-in at Exact was not finished", exc_info=True)
        raise _end(organization_id, journey, Outcome.FAILED, _failure_sentence(error)) from error
    with tenant_transaction(organization_id):
        if not ExactConnection.objects.filter(pk=journey.connection_id).exists():
            raise LoginProblem(_("This connection was removed while you logged in at Exact."))
        refusal = connection_lifecycle.attach_grant(
            connection_id=journey.connection_id,
            exact_user=exact_user,
            tokens=tokens,
            user=user,
            now=now,
        )
        _set_outcome(journey, Outcome.WRONG_USER if refusal else Outcome.CONNECTED)
    if refusal:
        raise LoginProblem(refusal, connection_id=journey.connection_id)
    return journey.connection_id


def _claim(*, user: User, session_key: str, returned: Return, now: datetime) -> ConsentRequest:
    """Mark the state as used, or raise the sentence that says why it does not count."""
    journey = (
        ConsentRequest.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(state_hash=_hash(returned.state))
        .first()
    )
    if journey is None:
        raise LoginProblem(
            _(
                "This log-in was not started here, or it was started for another organization. "
                "Nothing was connected."
            )
        )
    # To a stranger every one of their attempts looks the same: no name, no way on into the connection.
    if journey.user_id != user.pk:
        raise LoginProblem(
            _("This log-in was started by somebody else. Start again under your own name.")
        )
    if not secrets.compare_digest(journey.session_hash, _hash(session_key)):
        raise LoginProblem(
            _(
                "This log-in was started in another browser or before you signed in again. "
                "Nothing was connected; start it again from here."
            ),
            connection_id=journey.connection_id,
        )
    if journey.used_at is not None:
        raise _used(journey)
    if now - journey.created_at > VALID_FOR:
        raise LoginProblem(
            _("The log-in took longer than ten minutes, so it no longer counts. Log in again."),
            connection_id=journey.connection_id,
        )
    if not returned.code and not returned.error:
        raise LoginProblem(
            _("Exact came back without an answer. Log in again."),
            connection_id=journey.connection_id,
        )
    if journey.country != journey.connection.country:
        raise LoginProblem(
            _("The country was changed while you logged in. Log in again."),
            connection_id=journey.connection_id,
        )
    journey.used_at = now
    journey.save(update_fields=["used_at"])
    return journey


def _used(journey: ConsentRequest) -> LoginProblem:
    if journey.outcome == Outcome.CONNECTED:
        return AlreadyConnected(
            _("“%(name)s” is already connected.") % {"name": journey.connection.name},
            connection_id=journey.connection_id,
        )
    return LoginProblem(
        _("This answer of Exact was used before and works only once. Log in again."),
        connection_id=journey.connection_id,
    )


def _ask_exact(country: str, code: str) -> tuple[oauth.TokenSet, ExactUser]:
    address = token_store.base_url(country)
    with http.session() as transport:
        tokens = oauth.exchange_code(transport, address, token_store.app(), code)
        client = ExactClient(address, None, tokens.access_token, transport)
        return tokens, _with_a_second_try(client)


def _with_a_second_try(client: ExactClient) -> ExactUser:
    for attempt in range(_ATTEMPTS):
        try:
            who = me.get(client)
            permitted = divisions.list_permitted(client.for_division(who.current_division))
        except errors.TemporaryProblem:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return ExactUser(
                who.user_id,
                who.full_name,
                who.email,
                permitted.rows,
                is_whole=not permitted.quarantined,
            )
    raise AssertionError("unreachable")


def _refusal_sentence(error: str) -> str:
    if error == "access_denied":
        return _("You did not allow the connection at Exact. Nothing was connected.")
    return _("Exact ended the log-in without allowing the connection. Nothing was connected.")


def _failure_sentence(error: Exception) -> str:
    match error:
        case oauth.CodeRefused():
            return _(
                "Exact did not accept the log-in any more: it counts for three minutes. Log in again."
            )
        case oauth.ClientRefused():
            return _(
                "Exact does not know this installation of the connector. "
                "Ask whoever runs it to check the app registration at Exact."
            )
        case errors.Forbidden():
            return _(
                "The Exact user may not open any division here. "
                "Log in as somebody with rights in the division."
            )
        case oauth.TokenNotSent() | oauth.TokenOutcomeUnknown() | errors.TemporaryProblem():
            return _(
                "Exact did not answer in time. Nothing was connected; log in again in a moment."
            )
    return _("Exact gave an answer that was not understood. Nothing was connected; log in again.")


def _end(
    organization_id: int, journey: ConsentRequest, outcome: Outcome, sentence: str
) -> LoginProblem:
    with tenant_transaction(organization_id):
        _set_outcome(journey, outcome)
    return LoginProblem(sentence, connection_id=journey.connection_id)


def _set_outcome(journey: ConsentRequest, outcome: Outcome) -> None:
    journey.outcome = outcome
    journey.save(update_fields=["outcome"])
