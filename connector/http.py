"""The one way out: every outside HTTP call is opened here, with a total deadline, a size cap and no silent repeats.

A failure says which side of the line it lies on, because a write must never be repeated when the other side may
have executed it (RELIABILITY B2 to B7, B13):

    TransportError
    ├── NotSent      no byte of the request left this machine (DNS, connect, TLS, an address that is not allowed): safe to
    │                try again
    └── AnswerLost   bytes left and no whole answer came back: for a write the outcome is unknown

Nothing is read from the environment: no proxy variables, no ``.netrc`` passwords, no replacement certificate
bundle. Where calls go must not depend on a variable somebody set for another program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Literal

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from connector.http_flight import Adapter, Flight, current_flight
from connector.public_addresses import AddressChoice

USER_AGENT = "exact-connector/1"
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = (
    60.0  # seconds between two pieces of an answer; the total deadline is usually shorter
)
DEADLINE = 30.0  # seconds from the first look-up of the host to the last byte of the answer
MAX_IDLE = 15.0  # seconds after which an open connection is not trusted any more
MAX_BODY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

Reason = Literal[
    "connect", "tls", "not_public", "deadline", "read_timeout", "reset", "short_body", "too_large"
]

before_send: list[Callable[[], None]] = []
"""Called before each request; one that raises stops it (installed at start, see RELIABILITY F7)."""


class TransportError(Exception):
    """No whole answer was received. ``reason`` is a short word for logs and counters."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class NotSent(TransportError):
    """Nothing left this machine, so the other side did nothing."""


class AnswerLost(TransportError):
    """The request may have reached the other side, and its answer did not reach us whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer, whatever its status. Body and address can hold personal data, so ``repr`` leaves them out."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type in lower case without its parameters; empty when the answer has none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class Session(requests.Session):
    """What `session` returns: connections kept open for one worker, as long as they are in use."""

    def __init__(self) -> None:
        super().__init__()
        self._used_at = time.monotonic()

    def drop_idle(self) -> None:
        """Close connections that were idle too long.

        Firewalls forget them without a word, and a write into such a connection would be an unknown outcome.
        """
        now = time.monotonic()
        if now - self._used_at > MAX_IDLE:
            self.close()
        self._used_at = now

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # A redirect is an answer like any other; looking for its target would also read its body without a cap.
        return None


def session(*, user_agent: str = USER_AGENT, verify: bool | str = True) -> Session:
    """Return a session that keeps connections open between calls of one worker.

    ``verify`` is True, or the path of a certificate bundle; it can not be switched off. Cookies are not kept, so
    one session may serve several customers. Not for use by two threads at once.
    """
    if not verify:
        raise ValueError(
            "Certificates are always verified; give the path of a bundle to trust another authority."
        )
    opened = Session()
    opened.trust_env = False
    opened.verify = verify
    opened.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    opened.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        opened.mount(scheme, Adapter())
    return opened


def send(
    opened: Session,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    deadline: float = DEADLINE,
    max_body_bytes: int = MAX_BODY_BYTES,
    addresses: AddressChoice | None = None,
) -> Answer:
    """Send one request once and return its whole answer, whatever the status. Times are seconds.

    ``addresses`` limits where a connection may lead, for an address that a customer typed (`public_addresses`).
    This function will raise `NotSent` when no byte left, and `AnswerLost` when one did and the answer did not
    come back whole, in time and within ``max_body_bytes`` (counted after decompression). Redirects are returned,
    never followed.
    """
    for check in before_send:
        check()
    opened.drop_idle()
    with Flight(deadline, addresses) as flight:
        token = current_flight.set(flight)
        try:
            with opened.request(
                method,
                url,
                headers=dict(headers or {}),
                data=body,
                timeout=(min(connect_timeout, deadline), min(read_timeout, deadline)),
                allow_redirects=False,
                stream=True,
            ) as response:
                # From here on bytes left for certain, also when a test answered in place of the socket.
                flight.wrote = True
                content = _read(response, flight, max_body_bytes)
        except TransportError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _as_transport_error(error, flight, method, url) from error
        except ValueError as error:
            if not flight.wrote:
                raise  # a request of ours that can not be written
            # The layers below stumble over some answers, such as a piece of negative length.
            raise AnswerLost(
                f"The answer to {method} is malformed.", reason="short_body"
            ) from error
        finally:
            current_flight.reset(token)
    return Answer(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        body=content,
        url=url,
    )


def _read(response: requests.Response, flight: Flight, max_body_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(_CHUNK_BYTES):
        size += len(piece)
        if size > max_body_bytes:
            raise AnswerLost(
                f"The answer is larger than {max_body_bytes} bytes.", reason="too_large"
            )
        if flight.is_over:
            break
        pieces.append(piece)
    if flight.is_over:
        # The alarm ends the stream, which can look like a normal end when the answer gave no length.
        raise AnswerLost("The answer was not complete at the deadline.", reason="deadline")
    return b"".join(pieces)


def _as_transport_error(error: Exception, flight: Flight, method: str, url: str) -> TransportError:
    where = f"{method} {url.partition('?')[0]}"
    if not flight.wrote:
        return NotSent(
            f"{where} was not sent: {type(error).__name__}", reason=_reason_not_sent(error, flight)
        )
    return AnswerLost(
        f"No whole answer to {where}: {type(error).__name__}", reason=_reason_lost(error, flight)
    )


def _reason_not_sent(error: Exception, flight: Flight) -> Reason:
    if flight.refused:
        return "not_public"
    if flight.is_over:
        return "deadline"
    return "tls" if isinstance(error, requests.exceptions.SSLError) else "connect"


def _reason_lost(error: Exception, flight: Flight) -> Reason:
    if flight.is_over:
        return "deadline"
    if isinstance(error, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError):
        return "read_timeout"
    if _mentions(error, urllib3.exceptions.ReadTimeoutError):
        return "read_timeout"
    if isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return "short_body"
    return "reset"


def _mentions(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(argument, kind) for argument in error.args)
