"""All addresses of the web application."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from connector import health
from connector.tenancy.views.entrance import home

_PARTS = [
    "connector.tenancy.urls",
    "integrations.urls",
    "invoices.urls",
    "invoices.copy_urls",
    "invoices.api.urls",
    "payments.urls",
]


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    *(path("", include(part)) for part in _PARTS if _exists(part)),
]
