"""Where a problem is mended, as a link: to the connection's settings for admins, to the PSA, or to Exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from integrations.exact import hosts
from integrations.exact.phrases.parts import Where
from integrations.models import ExactConnection
from invoices.causes.grouping import CauseGroup
from invoices.models import Invoice

# Our own pages, which only admins may open: the words of the link and the name of its address.
_SETTINGS: dict[Where, tuple[Promise, str]] = {
    "connection_settings": (gettext_lazy("Open the connection's settings"), "connection_settings"),
    "mapping": (gettext_lazy("Open the connection's mapping"), "connection_mapping"),
}
_IN_EXACT: frozenset[Where] = frozenset({"exact_customer", "exact_settings", "exact_user"})


@dataclass(frozen=True, slots=True)
class MendingPlace:
    """A link to where a problem is mended; with `needs_admin` others are told to ask one."""

    label: str
    address: str
    needs_admin: bool = False
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class StoppedBy:
    """A cause that invoices share, and where it is mended."""

    group: CauseGroup
    place: MendingPlace | None

    @property
    def advice(self) -> str:
        """What to do where there is no page of all these invoices to lead to; else empty."""
        if self.group.cause.where != "psa":
            return ""
        return _("Correct it in the PSA and import it again.")


def with_places(
    groups: Iterable[CauseGroup], connections: Mapping[int, ExactConnection], *, back: str = ""
) -> list[StoppedBy]:
    """This function will add to each cause the page where it is mended; `back` as `find_place` takes it."""
    return [
        StoppedBy(
            one,
            find_place(
                one.cause.where,
                invoice=None,
                connection=connections[one.connection_id],
                back=back,
            ),
        )
        for one in groups
    ]


def find_place(
    where: Where, *, invoice: Invoice | None, connection: ExactConnection, back: str = ""
) -> MendingPlace | None:
    """This function will return the page where a problem is mended, or None when there is no such page.

    Without an invoice it is a problem of several, and none of their pages in the PSA is the one. `back` is the page of
    ours that our own pages return to once they are saved (`connector.way_back`).
    """
    query = f"?{urlencode({'next': back})}" if back else ""
    if where == "tax_categories":
        return MendingPlace(
            _("Open the tax categories"), f"{reverse('tax_categories')}{query}", needs_admin=True
        )
    if where in _SETTINGS:
        label, name = _SETTINGS[where]
        return MendingPlace(
            str(label), f"{reverse(name, args=[connection.pk])}{query}", needs_admin=True
        )
    if where in _IN_EXACT:
        address = hosts.base_url(connection.country, settings.EXACT_BASE_URL or None)
        return MendingPlace(_("Open Exact"), address, is_outside=True)
    if where == "psa" and invoice is not None and invoice.source_url:
        return MendingPlace(_("Open the invoice in the PSA"), invoice.source_url, is_outside=True)
    return None
