"""The addresses of the small Django project, as django-exact's README gives them."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("exact/", include(("exact.urls", "exact"), namespace="exact"))]
