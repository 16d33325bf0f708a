"""Where a problem is mended, as a link: to the connection's settings for admins, to the PSA, or to Exact."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from integrations.exact import hosts
from integrations.exact.phrases.parts import Where
from integrations.models import ExactConnection
from invoices.models import Invoice

# Our own pages, which only admins may open: the words of the link and the name of its address.
_SETTINGS: dict[Where, tuple[str, str]] = {
    "connection_settings": ("Open the connection's settings", "connection_settings"),
    "mapping": ("Open the connection's mapping", "connection_mapping"),
}
_IN_EXACT: frozenset[Where] = frozenset({"exact_customer", "exact_settings", "exact_user"})


@dataclass(frozen=True, slots=True)
class MendingPlace:
    """A link to where a problem is mended; with `needs_admin` others are told to ask one."""

    label: str
    address: str
    needs_admin: bool = False
    is_outside: bool = False


def find_place(
    where: Where, *, invoice: Invoice | None, connection: ExactConnection
) -> MendingPlace | None:
    """This function will return the page where a problem is mended, or None when there is no such page.

    Without an invoice it is a problem of several, and none of their pages in the PSA is the one.
    """
    if where == "tax_categories":
        return MendingPlace("Open the tax categories", reverse("tax_categories"), needs_admin=True)
    if where in _SETTINGS:
        label, name = _SETTINGS[where]
        return MendingPlace(label, reverse(name, args=[connection.pk]), needs_admin=True)
    if where in _IN_EXACT:
        address = hosts.base_url(connection.country, settings.EXACT_BASE_URL or None)
        return MendingPlace("Open Exact", address, is_outside=True)
    if where == "psa" and invoice is not None and invoice.source_url:
        return MendingPlace("Open the invoice in the PSA", invoice.source_url, is_outside=True)
    return None
