"""Every route of the product: who may open it, and where its ids come from. A route that is not here fails the walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.whole_organization import WholeOrganization


class Access(Enum):
    """Who may open a route."""

    PUBLIC = "everybody; shows no organization's data"
    HOME = "everybody who is signed in, with or without an organization"
    MEMBER = "members"
    FINANCE = "finance users and admins"
    ADMIN = "admins"
    API = "programs with an API key"


# Where a route's parameters come from. The names are the same everywhere, so that one line serves all routes.
PARAMETERS: dict[str, Callable[[WholeOrganization], Any]] = {
    "membership_id": lambda whole: whole.membership.pk,
    "key_id": lambda whole: whole.api_key.pk,
    "connection_id": lambda whole: whole.connection.pk,
    "invoice_id": lambda whole: whole.invoice.pk,
    "copy_request_id": lambda whole: whole.copy_request.pk,
    "run_id": lambda whole: whole.import_run.pk,
    "conflict_id": lambda whole: whole.conflict.pk,
    "hand_payment_id": lambda whole: whole.hand_payment.pk,
    "work_run_id": lambda whole: whole.work_run.pk,
    "call_id": lambda whole: whole.exact_call.pk,
    "bulk_id": lambda whole: whole.bulk.pk,
    "report_id": lambda whole: whole.payment_report.pk,
    "accepted_id": lambda whole: whole.accepted.pk,
    "entry_id": lambda whole: whole.stray.entry_exact_id,
    "kind": lambda whole: "pdf",
    "forgotten_id": lambda whole: whole.forgotten.pk,
    "cause_key": lambda whole: "0123456789abcdef",
    "source_id": lambda whole: whole.invoice.source_id,
    "uidb64": lambda whole: "MQ",
    "token": lambda whole: "abc-123",
}
# The API names rows by the caller's own ids: the same text may name a row of each organization.
SOURCE_IDS: dict[str, Callable[[WholeOrganization], str]] = {
    "api_invoice": lambda whole: whole.invoice.source_id,
    "api_invoice_file": lambda whole: whole.invoice.source_id,
    "api_client": lambda whole: whole.invoice.client.source_id,
    "api_subsidiary": lambda whole: whole.connection.subsidiary.source_id,
    "api_service_type": lambda whole: "design",
    "api_tax_rate": lambda whole: "high",
}

ROUTES: dict[str, Access] = {
    # Entrance
    "home": Access.HOME,
    "health_live": Access.PUBLIC,
    "health_ready": Access.PUBLIC,
    "metrics": Access.PUBLIC,
    "sign_in": Access.PUBLIC,
    "sign_out": Access.PUBLIC,
    "language": Access.PUBLIC,
    "password_reset": Access.PUBLIC,
    "password_reset_done": Access.PUBLIC,
    "password_reset_complete": Access.PUBLIC,
    "password_reset_confirm": Access.PUBLIC,
    # Organization and its settings
    "organization_switch": Access.MEMBER,
    "activity": Access.MEMBER,
    "history_runs": Access.MEMBER,
    "history_run": Access.MEMBER,
    "history_call": Access.ADMIN,
    "history_csv": Access.FINANCE,
    "history_keep": Access.ADMIN,
    "background_notice": Access.MEMBER,
    "profile": Access.MEMBER,
    "members": Access.MEMBER,
    "member_add": Access.ADMIN,
    "member_role": Access.ADMIN,
    "member_remove": Access.ADMIN,
    "api_keys": Access.ADMIN,
    "api_key_add": Access.ADMIN,
    "api_key_revoke": Access.ADMIN,
    # App Marketplace
    "marketplace": Access.ADMIN,
    "connection_connect": Access.ADMIN,
    "connection_log_in_problem": Access.ADMIN,
    "connection_begin": Access.ADMIN,
    "connection_log_in": Access.ADMIN,
    "connection_setup": Access.ADMIN,
    "connection_settings": Access.ADMIN,
    "connection_division": Access.ADMIN,
    "connection_journal": Access.ADMIN,
    "connection_mapping": Access.ADMIN,
    "connection_client_costs": Access.ADMIN,
    "connection_check": Access.ADMIN,
    "connection_check_now": Access.ADMIN,
    "trial_invoice": Access.ADMIN,
    "trial_invoice_credit": Access.ADMIN,
    "connection_confirm": Access.ADMIN,
    "connection_items": Access.ADMIN,
    "connection_refresh": Access.ADMIN,
    "connection_activity": Access.ADMIN,
    "connection_health": Access.FINANCE,
    "bulk_list": Access.FINANCE,
    "bulk_copy": Access.FINANCE,
    "bulk_selection": Access.FINANCE,
    "bulk_preflight": Access.FINANCE,
    "bulk_progress": Access.FINANCE,
    "bulk_start": Access.FINANCE,
    "bulk_stop": Access.FINANCE,
    "bulk_retry": Access.FINANCE,
    "bulk_csv": Access.FINANCE,
    "connection_cause": Access.FINANCE,
    "connection_cause_retry": Access.FINANCE,
    "forgotten_dismiss": Access.ADMIN,
    "connection_hand_over": Access.ADMIN,
    "connection_pause": Access.ADMIN,
    "connection_resume": Access.ADMIN,
    "connection_disconnect": Access.ADMIN,
    "exact_callback": Access.ADMIN,
    "exact_webhook": Access.PUBLIC,
    "subscription": Access.ADMIN,
    "status": Access.ADMIN,
    "tax_categories": Access.ADMIN,
    "help_service_types": Access.MEMBER,
    "help_vat_codes": Access.MEMBER,
    # Invoices
    "invoice_list": Access.MEMBER,
    "invoice": Access.MEMBER,
    "invoice_file": Access.MEMBER,
    "invoice_import": Access.FINANCE,
    "import_example": Access.MEMBER,
    "import_run": Access.MEMBER,
    "import_run_csv": Access.MEMBER,
    "invoice_conflict": Access.MEMBER,
    "invoice_conflict_resolve": Access.FINANCE,
    "invoice_read_back": Access.FINANCE,
    "invoice_mark_paid": Access.FINANCE,
    "invoice_set_aside": Access.FINANCE,
    "invoice_set_aside_undo": Access.FINANCE,
    "bulk_set_aside": Access.FINANCE,
    "hand_payment_undo": Access.FINANCE,
    "payment_let_stand": Access.FINANCE,
    # Copying
    "invoice_copy": Access.FINANCE,
    "invoice_copy_new": Access.FINANCE,
    "invoice_copy_update": Access.FINANCE,
    "invoice_copy_customers": Access.FINANCE,
    "invoice_copy_items": Access.FINANCE,
    "invoice_copy_panel": Access.MEMBER,
    "invoice_copied": Access.MEMBER,
    "invoice_send": Access.FINANCE,
    "copy_request_cancel": Access.FINANCE,
    "copy_request_retry": Access.FINANCE,
    # Payments
    "drift": Access.MEMBER,
    "drift_csv": Access.MEMBER,
    "drift_compare": Access.FINANCE,
    "drift_accept_invoice": Access.FINANCE,
    "drift_accept_entry": Access.FINANCE,
    "drift_take_back": Access.FINANCE,
    "payment_list": Access.MEMBER,
    "payments_sync_now": Access.FINANCE,
    "invoice_payments": Access.MEMBER,
    "psa_endpoint": Access.ADMIN,
    "psa_endpoint_address": Access.ADMIN,
    "psa_endpoint_secret": Access.ADMIN,
    "psa_endpoint_test": Access.ADMIN,
    "psa_endpoint_off": Access.ADMIN,
    "psa_endpoint_on": Access.ADMIN,
    "psa_reports_again": Access.ADMIN,
    "psa_report_again": Access.ADMIN,
    "link_list": Access.MEMBER,
    "link_many": Access.FINANCE,
    "invoice_link": Access.FINANCE,
    "invoice_unlink": Access.FINANCE,
    "ageing": Access.MEMBER,
    "ageing_csv": Access.MEMBER,
    "ageing_invoices": Access.MEMBER,
    "ageing_invoices_csv": Access.MEMBER,
    # REST API
    "api_docs": Access.PUBLIC,
    "api_schema": Access.PUBLIC,
    "api_payment_list": Access.API,
    "api_invoice_list": Access.API,
    "api_invoice_batch": Access.API,
    "api_invoice": Access.API,
    "api_invoice_file": Access.API,
    "api_client_list": Access.API,
    "api_client": Access.API,
    "api_subsidiary_list": Access.API,
    "api_subsidiary": Access.API,
    "api_service_type_list": Access.API,
    "api_service_type": Access.API,
    "api_tax_rate_list": Access.API,
    "api_tax_rate": Access.API,
}


def find_routes() -> dict[str, URLPattern]:
    """Each route of the product by its name; one without a name goes by its pattern."""
    return {
        pattern.name or str(pattern.pattern): pattern
        for pattern in _walk(get_resolver().url_patterns)
    }


def _walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns)
        else:
            yield pattern


def parameters(name: str, pattern: URLPattern, whole: WholeOrganization) -> dict[str, Any]:
    """The route's parameters, naming the organization's own rows; KeyError for one that PARAMETERS lacks."""
    made = {key: PARAMETERS[key](whole) for key in pattern.pattern.converters}
    if "source_id" in made and name in SOURCE_IDS:
        made["source_id"] = SOURCE_IDS[name](whole)
    return made
