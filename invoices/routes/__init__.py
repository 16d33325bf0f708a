"""The ways into Exact (D-1), each a pure builder with its resource; `route_of` finds the one of a row."""

from __future__ import annotations

from integrations.models import Route
from invoices.routes.base import DocumentRoute
from invoices.routes.booking import BookingRoute
from invoices.routes.exact_invoice import ExactInvoiceRoute

__all__ = ["DocumentRoute", "route_of"]

_ROUTES: dict[str, DocumentRoute] = {
    route.key: route for route in (BookingRoute(), ExactInvoiceRoute())
}


def route_of(key: Route | str) -> DocumentRoute:
    """This function will return the route with this key. Raises KeyError for one that does not exist."""
    return _ROUTES[key]
