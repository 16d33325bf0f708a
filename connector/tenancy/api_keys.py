"""Keys for the REST API: made once, shown once, stored as a hash, tied to one organization."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from connector.tenancy.models import ApiKey, User
from connector.tenancy.scope import tenant_transaction

_PREFIX = "exc"
_PARTS = 3
_USE_IS_NOTED_EVERY = timedelta(minutes=5)


def create_api_key(
    *, name: str, created_by: User | None, organization_id: int
) -> tuple[ApiKey, str]:
    """This function will store a new key in the open tenant transaction and return it with its text.

    The text is `exc_<organization>_<secret>`; it cannot be shown again.
    """
    secret = secrets.token_urlsafe(32).replace("_", "-")
    text = f"{_PREFIX}_{organization_id}_{secret}"
    key = ApiKey.objects.create(
        name=name, prefix=secret[:6], key_hash=_hash(text), created_by=created_by
    )
    return key, text


def find_for_header(header: str) -> ApiKey | None:
    """This function will return the live key that an `Authorization: Bearer …` header carries, or None."""
    scheme, _, text = header.partition(" ")
    parts = text.strip().split("_", _PARTS - 1)
    if (
        scheme.lower() != "bearer"
        or len(parts) != _PARTS
        or parts[0] != _PREFIX
        or not parts[1].isdecimal()
    ):
        return None
    organization_id = int(parts[1])
    if organization_id >= 2**63:
        return None
    now = datetime.now(tz=UTC)
    with tenant_transaction(organization_id):
        key = ApiKey.objects.filter(key_hash=_hash(text.strip()), revoked_at=None).first()
        if key and (key.last_used_at is None or now - key.last_used_at > _USE_IS_NOTED_EVERY):
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


class ApiKeyAuthentication(BaseAuthentication):
    """Accepts what TenantMiddleware found; the middleware has already opened the organization's transaction."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """This function will return the key, or raise AuthenticationFailed with a sentence that says what to send."""
        api_key: ApiKey | None = getattr(request._request, "api_key", None)  # noqa: SLF001  # DRF's only way to Django's request
        if api_key is None:
            raise AuthenticationFailed(
                "Send a valid API key as 'Authorization: Bearer exc_…'. An admin makes keys under Settings > API keys."
            )
        return AnonymousUser(), api_key

    def authenticate_header(self, request: Request) -> str:
        """This function will name the scheme, so that a missing key is answered with 401."""
        return "Bearer"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
