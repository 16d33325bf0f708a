"""Consent and tokens: the address a user is sent to, and the two token calls, each made once.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-dev-impleovervw

    TokenError                  carries status, Exact's error code and description
    ├── TokenNotSent            nothing left this machine: safe to repeat
    ├── TokenThrottled          429: too many token calls today
    ├── TooEarly                the access token still works; use the stored one
    ├── OldTokenUsed            the refresh token was used before: read the row again, else consent is needed
    ├── TokenExpired            unused for 30 days: consent is needed
    ├── ConsentBroken           revoked, or the token is not recognized: consent is needed
    ├── CodeRefused             the code of the log-in page was used or is over three minutes old
    ├── ClientRefused           our app's id or secret is wrong: an alarm, no user can fix it
    └── TokenOutcomeUnknown     Exact may have replaced the token: keep the row, try the same token once more

No Authorization header goes to the token address: Exact answers 401 to one. Refresh tokens work once, so the
caller holds a lock and stores the new one before it uses anything (RELIABILITY C1 to C4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from oauthlib.oauth2 import WebApplicationClient
from requests_oauthlib import OAuth2Session

from connector import http
from connector.secrets import Secret
from integrations.exact import endpoints, odata

LIFETIME = 600  # seconds an access token works when the answer does not say
# https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12: visible ASCII; a header has to carry it.
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
TOKEN_DEADLINE = (
    60.0  # long on purpose: giving up early can lose the only copy of a new refresh token
)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a token call gave. ``expires_in`` is in seconds from the answer; ``refresh_token`` None: keep the old."""

    access_token: Secret
    refresh_token: Secret | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class App:
    """An app registered in one country's App Center; ``redirect_uri`` equals the registered one to the letter."""

    client_id: str
    client_secret: Secret
    redirect_uri: str


class TokenError(Exception):
    """A token call gave no tokens."""

    def __init__(
        self, summary: str, *, status: int | None = None, code: str = "", description: str = ""
    ) -> None:
        super().__init__(f"{summary} (HTTP {status})" if status is not None else summary)
        self.status = status
        self.code = code
        self.description = description


class TokenNotSent(TokenError):
    """Nothing left this machine."""


class TokenThrottled(TokenError):
    """Too many token calls for this app and user today."""


class TooEarly(TokenError):
    """A refresh is allowed only 570 seconds after the last one; the stored access token still works."""


class OldTokenUsed(TokenError):
    """This refresh token was used before."""


class TokenExpired(TokenError):
    """The refresh token was not used for 30 days."""


class ConsentBroken(TokenError):
    """Exact no longer recognizes the consent."""


class CodeRefused(TokenError):
    """The authorization code was used before, or is too old."""


class ClientRefused(TokenError):
    """Exact does not accept our app's id or secret."""


class TokenOutcomeUnknown(TokenError):
    """The call may have been executed, and no usable answer came back."""


# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-dev-impleovervw
def authorize_url(base_url: str, app: App, *, state: str, force_login: bool = True) -> str:
    """Return the address of Exact's log-in and consent page. ``state`` comes back unchanged with the code."""
    parts = urlsplit(base_url.rstrip("/") + endpoints.AUTHORIZE)
    with OAuth2Session(client_id=app.client_id, redirect_uri=app.redirect_uri) as oauth:
        # oauthlib takes plain http only with a switch for the whole process. Whether plain http (a sandbox on
        # this machine) is allowed is for the settings to say, so the scheme is put back afterwards.
        secure, _ = oauth.authorization_url(
            urlunsplit(parts._replace(scheme="https")),
            state=state,
            force_login="1" if force_login else "0",
        )
    return urlunsplit(urlsplit(secure)._replace(scheme=parts.scheme))


# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep3
def exchange_code(transport: http.Session, base_url: str, app: App, code: str) -> TokenSet:
    """Turn the code of the log-in page into tokens, both of them. Raises `CodeRefused` and the other token errors."""
    body = WebApplicationClient(app.client_id).prepare_request_body(
        code=code, redirect_uri=app.redirect_uri, client_secret=app.client_secret.reveal()
    )
    tokens = _token_call(transport, base_url, body, refused=CodeRefused)
    if tokens.refresh_token is None:
        raise TokenOutcomeUnknown("The answer holds no refresh token", status=200)
    return tokens


# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep4
def refresh(
    transport: http.Session,
    base_url: str,
    app: App,
    refresh_token: Secret,
    *,
    deadline: float = TOKEN_DEADLINE,
) -> TokenSet:
    """Trade a refresh token for new tokens; the old one is dead afterwards. Raises the token errors."""
    body = WebApplicationClient(app.client_id).prepare_refresh_body(
        refresh_token=refresh_token.reveal(),
        client_id=app.client_id,
        client_secret=app.client_secret.reveal(),
    )
    return _token_call(transport, base_url, body, refused=ConsentBroken, deadline=deadline)


def _token_call(
    transport: http.Session,
    base_url: str,
    body: str,
    *,
    refused: type[TokenError],
    deadline: float = TOKEN_DEADLINE,
) -> TokenSet:
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    url = base_url.rstrip("/") + endpoints.TOKEN
    try:
        answer = http.send(
            transport, "POST", url, headers=headers, body=body.encode(), deadline=deadline
        )
    except http.NotSent as lost:
        raise TokenNotSent(f"Not sent ({lost.reason})") from lost
    except http.AnswerLost as lost:
        raise TokenOutcomeUnknown(f"No whole answer ({lost.reason})") from lost
    document = _document(answer)
    if answer.status == 200:
        return _token_set(document)
    raise _refusal(answer, document, refused)


def _document(answer: http.Answer) -> dict[str, Any]:
    try:
        document = odata.from_json(answer.body)
    except odata.NotUnderstood:
        return {}
    return document if isinstance(document, dict) else {}


def _token_set(document: dict[str, Any]) -> TokenSet:
    access, fresh = document.get("access_token"), document.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise TokenOutcomeUnknown("The answer holds no access token", status=200)
    if not all(_TOKEN.fullmatch(one) for one in (access, fresh) if isinstance(one, str) and one):
        raise TokenOutcomeUnknown("The answer holds a token that can not be sent", status=200)
    return TokenSet(
        access_token=Secret(access),
        refresh_token=Secret(fresh) if isinstance(fresh, str) and fresh else None,
        expires_in=_seconds(document.get("expires_in")),
    )


def _seconds(value: object) -> int:
    """Read the lifetime, which Exact writes as text ("600"); nonsense counts as the usual ten minutes."""
    try:
        seconds = int(str(value))
    except ValueError:
        return LIFETIME
    return seconds if 0 < seconds <= 24 * 3600 else LIFETIME


def _refusal(
    answer: http.Answer, document: dict[str, Any], refused: type[TokenError]
) -> TokenError:
    code = odata.storable(str(document.get("error", "")))
    description = odata.storable(str(document.get("error_description", ""))[:500])
    kind, summary = _kind(
        answer, code, f"{description} {answer.headers.get('Reason', '')}".lower(), refused
    )
    return kind(summary, status=answer.status, code=code[:100], description=description)


def _kind(
    answer: http.Answer, code: str, text: str, refused: type[TokenError]
) -> tuple[type[TokenError], str]:
    if answer.status == 429:
        return TokenThrottled, "Too many token calls"
    if answer.status not in {400, 401, 403} or "html" in answer.content_type:
        return TokenOutcomeUnknown, "No usable answer"
    if code == "invalid_client":
        return ClientRefused, "The app's id or secret is not accepted"
    for phrase, kind, summary in _PHRASES:
        if phrase in text:
            return kind, summary
    return refused, "Not accepted"


_PHRASES: tuple[tuple[str, type[TokenError], str], ...] = (
    ("access_token not expired", TooEarly, "Refreshed too early"),
    ("access token not expired", TooEarly, "Refreshed too early"),
    ("tooearlytorefresh", TooEarly, "Refreshed too early"),
    ("old refresh token", OldTokenUsed, "The refresh token was used before"),
    ("refresh token expired", TokenExpired, "The refresh token has expired"),
)
