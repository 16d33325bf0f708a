"""What pages say of telling the PSA: a banner when it is told nothing any more, a line with each invoice's payments."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from connector.tenancy.scope import find_organization_id
from invoices.models import Invoice
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport

register = template.Library()


@register.inclusion_tag("payments/_psa_banner.html", takes_context=True)
def psa_banner(context: Context) -> dict[str, Any]:
    """This function will say that the PSA does not take what it is told; for admins, inside a tenant's page."""
    membership = context.get("membership")
    if membership is None or not membership.may_change_settings or find_organization_id() is None:
        return {"given_up": None}
    return {"given_up": PsaEndpoint.objects.filter(state=EndpointState.GIVEN_UP).first()}


@register.inclusion_tag("payments/_psa_told.html")
def psa_told(invoice: Invoice) -> dict[str, Any]:
    """This function will say whether the PSA knows how far the invoice is paid; nothing where nobody wants to be called."""
    return {"report": PsaPaymentReport.objects.filter(invoice=invoice).first()}
