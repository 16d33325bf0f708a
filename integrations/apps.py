"""The integrations application: other people's systems."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections to Exact and the PSA, the mirrors of their lists, mappings and lanes."""

    name = "integrations"

    def ready(self) -> None:
        """This function will let the lanes know of the lists that are to be kept fresh."""
        lane_work = import_module("integrations.lane_work")
        lane_work.register_work(import_module("integrations.reference_lists").ListsWork())
