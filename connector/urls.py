"""All addresses of the web application."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from connector import health, metrics
from connector.tenancy.views.entrance import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("connector.tenancy.urls")),
    path("", include("integrations.urls")),
    path("", include("invoices.urls")),
    path("", include("invoices.api.urls")),
    path("", include("payments.urls")),
]
