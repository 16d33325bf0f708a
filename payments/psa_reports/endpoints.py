"""What an admin does with the endpoint: sets its address, makes secrets, tests it, switches it off and on."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connector import encryption
from connector.encrypted_fields import encrypted_field
from connector.sentences import sentence
from connector.tenancy import organizations
from connector.tenancy.models import User
from payments.psa_reports import lines, reporting, signing
from payments.psa_reports.models import EndpointState, PsaEndpoint

# So long the secret before signs as well.
OVERLAP = timedelta(days=7)


def find() -> PsaEndpoint | None:
    """This function will return the organization's endpoint, None when there is none."""
    return PsaEndpoint.objects.first()


def lock() -> PsaEndpoint | None:
    """This function will return the endpoint as it is now and keep others from changing it until the transaction ends."""
    return PsaEndpoint.objects.select_for_update(no_key=True).first()


def add(*, url: str, user: User, now: datetime) -> str:
    """This function will store the address of an endpoint that there was not yet, and return its secret.

    What changes from now on is told; what changed before can be told again.
    """
    endpoint = PsaEndpoint.objects.create(
        url=url, state=EndpointState.ON, state_changed_at=now, created_by=user, created_at=now
    )
    secret = signing.make_secret()
    encrypted_field(PsaEndpoint, "secret").seal(endpoint, secret)
    endpoint.save(update_fields=["secret"])
    lines.open_line(endpoint.organization_id)
    said = sentence("Had the PSA called at %(host)s about payments.", host=_host(url))
    _note("psa_endpoint_added", said, user, now)
    return secret


def change_address(endpoint: PsaEndpoint, *, url: str, user: User, now: datetime) -> None:
    """This function will store another address and have it called, also when the one before was called no more."""
    endpoint.url = url
    endpoint.save(update_fields=["url"])
    _start(endpoint, now)
    _note(
        "psa_endpoint_moved",
        sentence(
            "Changed the address that is called about payments to one at %(host)s.",
            host=_host(url),
        ),
        user,
        now,
    )


def make_new_secret(endpoint: PsaEndpoint, *, is_leaked: bool, user: User, now: datetime) -> str:
    """This function will make another secret and return it; the one before signs beside it for a week, unless it leaked."""
    endpoint.previous_secret, endpoint.previous_until = b"", None
    if not is_leaked:
        _keep_before(endpoint, now)
    secret = signing.make_secret()
    encrypted_field(PsaEndpoint, "secret").seal(endpoint, secret)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    _note("psa_endpoint_secret", sentence("Made a new secret for calls about payments."), user, now)
    return secret


def _keep_before(endpoint: PsaEndpoint, now: datetime) -> None:
    try:
        before = encrypted_field(PsaEndpoint, "secret").reveal(endpoint).reveal()
    except encryption.CannotDecrypt:
        return  # A new one is the way out of just this.
    encrypted_field(PsaEndpoint, "previous_secret").seal(endpoint, before)
    endpoint.previous_until = now + OVERLAP


def ask_test(endpoint: PsaEndpoint, *, now: datetime) -> None:
    """This function will have a test call made, also when the endpoint is called no more."""
    endpoint.test_asked_at = now
    endpoint.save(update_fields=["test_asked_at"])
    reporting.ring_after_commit(at_once=True)


def switch_off(endpoint: PsaEndpoint, *, user: User, now: datetime) -> None:
    """This function will end the calls; what changes meanwhile waits."""
    if endpoint.state == EndpointState.OFF:
        return
    endpoint.state, endpoint.state_changed_at = EndpointState.OFF, now
    endpoint.state_reason = sentence("Switched off by %(name)s.", name=str(user))
    endpoint.save(update_fields=["state", "state_changed_at", "state_reason"])
    _note(
        "psa_endpoint_off",
        sentence("Switched off that the PSA is told about payments."),
        user,
        now,
    )


def switch_on(endpoint: PsaEndpoint, *, user: User, now: datetime) -> None:
    """This function will call the endpoint again and tell it what waits."""
    if endpoint.state == EndpointState.ON:
        return
    _start(endpoint, now)
    _note("psa_endpoint_on", sentence("Had the PSA told about payments again."), user, now)


def _start(endpoint: PsaEndpoint, now: datetime) -> None:
    if endpoint.state != EndpointState.ON:
        endpoint.state_changed_at = now
    endpoint.state, endpoint.state_reason = EndpointState.ON, ""
    endpoint.failure_count, endpoint.failing_since = 0, None
    endpoint.save(
        update_fields=[
            "state",
            "state_reason",
            "state_changed_at",
            "failure_count",
            "failing_since",
        ]
    )
    reporting.bring_forward(now=now)
    reporting.ring_after_commit(at_once=True)


def _host(url: str) -> str:
    """What everybody may read: behind it stands what only the receiver and admins are to know."""
    return urlsplit(url).hostname or ""


def _note(action: str, said: str, user: User, now: datetime) -> None:
    organizations.note(action=action, sentence=said, user=user, now=now)
