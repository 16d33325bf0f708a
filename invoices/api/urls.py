"""Addresses of the REST API and of its description."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from invoices.api import docs, file_views, master_views, views

# The ids are the caller's own and may hold a slash, hence <path:…>.
urlpatterns = [
    path("api/", docs.browse, name="api_docs"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/v1/invoices/", views.InvoiceListView.as_view(), name="api_invoice_list"),
    path("api/v1/invoices/batch/", views.InvoiceBatchView.as_view(), name="api_invoice_batch"),
    path(
        "api/v1/invoices/<path:source_id>/files/<slug:kind>/",
        file_views.InvoiceFileView.as_view(),
        name="api_invoice_file",
    ),
    path("api/v1/invoices/<path:source_id>/", views.InvoiceView.as_view(), name="api_invoice"),
    path("api/v1/clients/", master_views.ClientListView.as_view(), name="api_client_list"),
    path("api/v1/clients/<path:source_id>/", master_views.ClientView.as_view(), name="api_client"),
    path(
        "api/v1/subsidiaries/",
        master_views.SubsidiaryListView.as_view(),
        name="api_subsidiary_list",
    ),
    path(
        "api/v1/subsidiaries/<path:source_id>/",
        master_views.SubsidiaryView.as_view(),
        name="api_subsidiary",
    ),
    path(
        "api/v1/service-types/",
        master_views.ServiceTypeListView.as_view(),
        name="api_service_type_list",
    ),
    path(
        "api/v1/service-types/<path:source_id>/",
        master_views.ServiceTypeView.as_view(),
        name="api_service_type",
    ),
    path("api/v1/tax-rates/", master_views.TaxRateListView.as_view(), name="api_tax_rate_list"),
    path(
        "api/v1/tax-rates/<path:source_id>/",
        master_views.TaxRateView.as_view(),
        name="api_tax_rate",
    ),
]
