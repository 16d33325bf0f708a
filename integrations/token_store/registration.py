"""Our registration at Exact, and where Exact is."""

from __future__ import annotations

from django.conf import settings

from connector.secrets import Secret
from integrations.exact import hosts, oauth


def app() -> oauth.App:
    """This function will return our registration at Exact, from the settings."""
    return oauth.App(
        settings.EXACT_CLIENT_ID, Secret(settings.EXACT_CLIENT_SECRET), settings.EXACT_REDIRECT_URI
    )


def base_url(country: str) -> str:
    """This function will return the address of the country's Exact, or of the sandbox when a setting says so."""
    return hosts.base_url(country, settings.EXACT_BASE_URL or None)
