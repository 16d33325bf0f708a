"""The integrations application: other people's systems."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections to Exact and the PSA, the mirrors of their lists, mappings and lanes."""

    name = "integrations"

    def ready(self) -> None:
        """This function will tell the lanes of the lists to keep fresh, and the metrics and the activity page of us."""
        lanes = import_module("integrations.lanes")
        lanes.register_work(import_module("integrations.reference_lists").ListsWork())
        keep_alive = import_module("integrations.keep_alive")
        lanes.register_work(keep_alive.KeepAliveWork(), also_when_paused=True)
        import_module("connector.metrics").register(import_module("integrations.figures").read)
        mails = import_module("connector.tenancy.mails")
        mails.register_kind(import_module("integrations.consent_lost").LOG_IN_LOST)
        mails.register_kind(import_module("integrations.log_in_ends").LOG_IN_ENDS)
        ties = import_module("connector.tenancy.members").tie_sources
        ties.append(import_module("integrations.health").list_ties)
        webhooks = import_module("integrations.webhooks.wiring")
        webhooks.connect()
        activity = import_module("connector.tenancy.activity")
        activity.register_source(import_module("integrations.activity").list_connection_events)
