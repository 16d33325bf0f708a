"""Addresses of what an admin sets up with Exact, and of the return from there."""

from __future__ import annotations

from django.urls import path

from integrations.views import (
    check,
    login,
    mapping,
    marketplace,
    pausing,
    setup,
    status,
    subscription,
    tax_categories,
    webhook,
)

_CONNECTION = "settings/marketplace/<int:connection_id>/"

urlpatterns = [
    path("settings/subscription/", subscription.subscription, name="subscription"),
    path("settings/status/", status.show, name="status"),
    path("background-notice/", status.background_notice, name="background_notice"),
    path("settings/tax-categories/", tax_categories.tax_categories, name="tax_categories"),
    path("settings/marketplace/", marketplace.marketplace, name="marketplace"),
    path("settings/marketplace/confirm/", subscription.confirm, name="connection_confirm"),
    path("settings/marketplace/connect/", marketplace.connect, name="connection_connect"),
    path("settings/marketplace/log-in-problem/", login.problem, name="connection_log_in_problem"),
    path(f"{_CONNECTION}begin/", marketplace.begin, name="connection_begin"),
    path(f"{_CONNECTION}log-in/", login.log_in, name="connection_log_in"),
    path(f"{_CONNECTION}hand-over/", login.hand_over, name="connection_hand_over"),
    path(f"{_CONNECTION}pause/", pausing.pause, name="connection_pause"),
    path(f"{_CONNECTION}resume/", pausing.resume, name="connection_resume"),
    path(f"{_CONNECTION}setup/", setup.setup, name="connection_setup"),
    path(f"{_CONNECTION}settings/", setup.settings, name="connection_settings"),
    path(f"{_CONNECTION}division/", setup.division, name="connection_division"),
    path(f"{_CONNECTION}journal/", setup.journal, name="connection_journal"),
    path(f"{_CONNECTION}mapping/", mapping.mapping, name="connection_mapping"),
    path(f"{_CONNECTION}check/", check.check, name="connection_check"),
    path(f"{_CONNECTION}check/now/", check.check_now, name="connection_check_now"),
    path(f"{_CONNECTION}items/", mapping.items, name="connection_items"),
    path(f"{_CONNECTION}refresh/", check.refresh_lists, name="connection_refresh"),
    path(f"{_CONNECTION}activity/", marketplace.activity, name="connection_activity"),
    path(f"{_CONNECTION}disconnect/", marketplace.disconnect, name="connection_disconnect"),
    path("exact/callback", login.callback, name="exact_callback"),
    path("exact/webhook", webhook.webhook, name="exact_webhook"),
    path(
        "help/service-types/",
        marketplace.help_page,
        {"topic": "service_types"},
        name="help_service_types",
    ),
    path("help/vat-codes/", marketplace.help_page, {"topic": "vat_codes"}, name="help_vat_codes"),
]
