"""Puts what is known of payments on pages of invoices, which themselves know nothing of payments."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from integrations.models import ExactConnection
from invoices.models import Invoice
from payments import linking, queries
from payments.models import Payment

register = template.Library()


@register.inclusion_tag("payments/_invoice_payments.html", takes_context=True)
def invoice_payments(context: Context, invoice: Invoice) -> dict[str, Any]:
    """This function will show the invoice's payments: {% load payments %}{% invoice_payments invoice %}."""
    return {
        "panel": queries.invoice_payments(invoice),
        "membership": context.get("membership"),
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }


@register.inclusion_tag("payments/_readings.html")
def payment_readings() -> dict[str, Any]:
    """This function will say how old the payment statuses of a page are: {% load payments %}{% payment_readings %}."""
    return {"readings": queries.list_readings()}


@register.inclusion_tag("payments/_link_offer.html", takes_context=True)
def invoice_link_offer(context: Context, invoice: Invoice) -> dict[str, Any]:
    """This function will offer to link what is in Exact already: {% load payments %}{% invoice_link_offer invoice %}."""
    return {
        "invoice": invoice,
        "proposals": linking.find_proposals_for(invoice),
        "membership": context.get("membership"),
    }


@register.inclusion_tag("payments/_connection_sync.html", takes_context=True)
def connection_sync(context: Context, connection: ExactConnection) -> dict[str, Any]:
    """This function will say how the reading of a connection's payments is, with *Sync now*, on the connection's page."""
    return {
        "state": queries.sync_state(connection),
        "membership": context.get("membership"),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def deleted_by(payment: Payment) -> str:
    """This function will say who deleted it in Exact: the user of the connection's log-in; of others Exact gives an id only."""
    grant = payment.term.connection.grant
    if grant is None or grant.exact_user_id != payment.deleted_by_exact_id:
        return ""
    return str(grant.exact_user_name)
