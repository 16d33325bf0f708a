"""The tenancy application."""

from __future__ import annotations

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Users, organizations, memberships and the wall between organizations."""

    name = "connector.tenancy"
    label = "tenancy"
