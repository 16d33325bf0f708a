"""Addresses of the payments pages."""

from __future__ import annotations

from django.urls import include, path

from payments import ageing_views, link_views, views
from payments.psa_reports import api, views as psa_views

urlpatterns = [
    path("payments/", views.payment_list, name="payment_list"),
    path("payments/sync/<int:connection_id>/", views.sync_now, name="payments_sync_now"),
    path("payments/invoices/<int:invoice_id>/", views.invoice_payments, name="invoice_payments"),
    path("api/v1/payments/", api.PaymentStateListView.as_view(), name="api_payment_list"),
    path("settings/psa-callback/", psa_views.endpoint, name="psa_endpoint"),
    path("settings/psa-callback/address/", psa_views.address, name="psa_endpoint_address"),
    path("settings/psa-callback/secret/", psa_views.new_secret, name="psa_endpoint_secret"),
    path("settings/psa-callback/test/", psa_views.test_call, name="psa_endpoint_test"),
    path("settings/psa-callback/off/", psa_views.switch_off, name="psa_endpoint_off"),
    path("settings/psa-callback/on/", psa_views.switch_on, name="psa_endpoint_on"),
    path("settings/psa-callback/again/", psa_views.tell_all_again, name="psa_reports_again"),
    path(
        "settings/psa-callback/again/<int:report_id>/",
        psa_views.tell_again,
        name="psa_report_again",
    ),
    path("invoices/in-exact/", link_views.link_list, name="link_list"),
    path("invoices/in-exact/link/", link_views.link_many, name="link_many"),
    path("invoices/<int:invoice_id>/link/", link_views.link_one, name="invoice_link"),
    path("", include("payments.drift.urls")),
    path("invoices/<int:invoice_id>/unlink/", link_views.unlink, name="invoice_unlink"),
    path("payments/ageing/", ageing_views.summary, name="ageing"),
    path("payments/ageing.csv", ageing_views.summary_csv, name="ageing_csv"),
    path("payments/ageing/invoices/", ageing_views.invoices, name="ageing_invoices"),
    path("payments/ageing/invoices.csv", ageing_views.invoices_csv, name="ageing_invoices_csv"),
]
