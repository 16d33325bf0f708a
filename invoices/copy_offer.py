"""Through which connection an invoice can be copied, or why it can not be now. No calls."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from connector.tenancy.models import Organization
from integrations import queries
from integrations.models import ConnectionState, ExactConnection
from invoices.models import Invoice


@dataclass(frozen=True, slots=True)
class CopyOffer:
    """The connection an invoice can be copied through, or why it cannot, and where that is changed."""

    connection: ExactConnection | None
    reason: str = ""
    link_label: str = ""
    link: str = ""


def find_offer(invoice: Invoice, organization: Organization) -> CopyOffer:
    """This function will find the connection of the invoice's subsidiary, or say why there is none to use."""
    if not organization.includes_integrations:
        return _no_offer(
            _("The %(plan)s plan does not include integrations.")
            % {"plan": organization.get_plan_display()},
            _("See the plans that do"),
        )
    connection = queries.find_connection_for(invoice.subsidiary)
    if connection is not None:
        return CopyOffer(connection)
    others = {
        row.state: row
        for row in ExactConnection.objects.filter(subsidiary=invoice.subsidiary).order_by("id")
    }
    if unconsented := others.get(ConnectionState.NEEDS_CONSENT):
        return _no_offer(
            _("%(name)s lost its access to Exact.") % {"name": unconsented.name},
            _("Reconnect it"),
            unconsented,
        )
    if unfinished := others.get(ConnectionState.SETUP_INCOMPLETE):
        return _no_offer(
            _("The set-up of %(name)s is not finished.") % {"name": unfinished.name},
            _("Finish the set-up"),
            unfinished,
        )
    if ended := others.get(ConnectionState.DISCONNECTED):
        return _no_offer(
            _("%(name)s is disconnected from Exact.") % {"name": ended.name}, _("Reconnect it")
        )
    return _no_offer(
        _("%(subsidiary)s is not connected to a division of Exact.")
        % {"subsidiary": invoice.subsidiary},
        _("Connect Exact"),
    )


def _no_offer(reason: str, link_label: str, connection: ExactConnection | None = None) -> CopyOffer:
    link = _address("connection_setup", connection.pk) if connection else ""
    return CopyOffer(None, reason, link_label, link or _address("marketplace"))


def _address(name: str, *arguments: int) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
