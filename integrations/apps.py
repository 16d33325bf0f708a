"""The integrations application: other people's systems."""

from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections to Exact and the PSA, the mirrors of their lists, mappings and lanes."""

    name = "integrations"
