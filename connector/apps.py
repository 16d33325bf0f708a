"""The connector application: static files, commands, and the Celery application for every process."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ConnectorConfig(AppConfig):
    """Loads the Celery application so that tasks sent by web processes find their broker."""

    name = "connector"

    def ready(self) -> None:
        """This function will load the Celery application, its signs of life, and the guard of outgoing calls."""
        import_module("connector.celery")
        import_module("connector.heartbeats")
        import_module("connector.database_guard").install()
