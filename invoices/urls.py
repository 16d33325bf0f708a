"""Addresses of the invoice pages."""

from __future__ import annotations

from django.urls import include, path

from invoices import import_views, paid_by_hand_views, trial_views, views
from invoices.connection_health import views as health_views

_HEALTH = "settings/marketplace/<int:connection_id>/health/"
_CONFLICT = "invoices/<int:invoice_id>/conflicts/<int:conflict_id>/"

urlpatterns = [
    path("invoices/", views.invoice_list, name="invoice_list"),
    path("invoices/import/", import_views.invoice_import, name="invoice_import"),
    path("invoices/import/example.csv", import_views.import_example, name="import_example"),
    path("invoices/import/<int:run_id>/", import_views.import_run, name="import_run"),
    path(
        "invoices/import/<int:run_id>/report.csv",
        import_views.import_run_csv,
        name="import_run_csv",
    ),
    path("invoices/<int:invoice_id>/", views.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/paid/", paid_by_hand_views.mark, name="invoice_mark_paid"),
    path(
        "hand-payments/<int:hand_payment_id>/undo/",
        paid_by_hand_views.undo,
        name="hand_payment_undo",
    ),
    path(
        "invoices/<int:invoice_id>/payment/let-stand/",
        paid_by_hand_views.let_stand,
        name="payment_let_stand",
    ),
    path("invoices/<int:invoice_id>/files/<slug:kind>/", views.invoice_file, name="invoice_file"),
    path(_CONFLICT, views.conflict, name="invoice_conflict"),
    path(f"{_CONFLICT}resolve/", views.conflict_resolve, name="invoice_conflict_resolve"),
    path(
        "settings/marketplace/<int:connection_id>/test-invoice/",
        trial_views.trial,
        name="trial_invoice",
    ),
    path(_HEALTH, health_views.show, name="connection_health"),
    path(f"{_HEALTH}causes/<slug:cause_key>/", health_views.cause, name="connection_cause"),
    path(
        f"{_HEALTH}causes/<slug:cause_key>/retry/",
        health_views.retry,
        name="connection_cause_retry",
    ),
    path(
        f"{_HEALTH}forgotten/<int:forgotten_id>/dismiss/",
        health_views.dismiss_forgotten,
        name="forgotten_dismiss",
    ),
    path("invoices/<int:invoice_id>/credit-test/", trial_views.credit, name="trial_invoice_credit"),
    path("", include("invoices.aside.urls")),
    path("", include("invoices.booked.urls")),
    path("", include("invoices.bulk.urls")),
    path("", include("invoices.client_costs.urls")),
    path("", include("invoices.copied.urls")),
    path("", include("invoices.copy_urls")),
    path("", include("invoices.exact_history.urls")),
]
