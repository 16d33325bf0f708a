"""What an admin decides on the first screen of the setup window: division, route, numbering, journal, payments.

Each decision is stored at once, so Back loses nothing and an unfinished setup can be taken up later. The step before
is the log-in at Exact; the next is `connection_mappings`, the last the check (`readiness`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy.models import User
from integrations import connection_lifecycle, history, lanes, reference_lists, setting_changes
from integrations.connection_lifecycle import NotPossible
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactCustomer,
    ExactDivision,
    Item,
    Journal,
    LedgerAccount,
    ListKind,
    Numbering,
    PaymentCondition,
    ReferenceList,
    Route,
    ServiceTypeCost,
    ServiceTypeItem,
    ServiceTypeLedger,
    Subsidiary,
    TaxRateVatCode,
    VatCode,
)

_MIRRORS = (Journal, LedgerAccount, VatCode, PaymentCondition, Item, ExactCustomer, ReferenceList)


@dataclass(frozen=True, slots=True)
class DivisionOption:
    """A division to choose; ``refusal`` says why it can not be chosen."""

    division: ExactDivision
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The first screen: everything but the division, which is chosen at once."""

    name: str
    subsidiary: Subsidiary
    route: str
    numbering: str
    sending: str
    credit_sign: str
    default_journal_code: str
    sync_payments: bool
    payments_from: date | None


# --- Division -------------------------------------------------------------------------------------------------------


def list_division_options(connection: ExactConnection) -> list[DivisionOption]:
    """This function will return what the Exact user may open, each with the reason when it can not be chosen."""
    if connection.grant is None:
        return []
    taken = {
        one.division: one
        for one in ExactConnection.objects.filter(
            country=connection.country, division__isnull=False
        ).exclude(pk=connection.pk)
    }
    return [
        DivisionOption(division, _refusal(division, taken.get(division.code)))
        for division in ExactDivision.objects.filter(grant=connection.grant).order_by("name", "id")
    ]


def _refusal(division: ExactDivision, other: ExactConnection | None) -> str:
    if not division.is_usable:
        return _("Archived or blocked in Exact")
    if other is None or other.state == ConnectionState.DISCONNECTED:
        return ""
    if other.state == ConnectionState.SETUP_INCOMPLETE:
        return _("Being set up as “%(name)s”") % {"name": other.name}
    return _("Already connected as “%(name)s”") % {"name": other.name}


def choose_division(
    connection: ExactConnection, code: int, *, user: User, now: datetime
) -> ExactConnection:
    """This function will link the connection to a division and ask for its lists.

    A division that was connected before continues with its old row, so that its mappings and links are kept; that row
    is returned then. Raises NotPossible.
    """
    if connection.division == code:
        return connection
    if connection_lifecycle.is_division_locked(connection):
        raise NotPossible(
            _(
                "The division of a finished connection does not change. Use “Connect app” for another division."
            ),
            field_name="division",
        )
    option = next(
        (one for one in list_division_options(connection) if one.division.code == code), None
    )
    if option is None:
        raise NotPossible(_("Choose one of the divisions in the list."), field_name="division")
    if option.refusal:
        raise NotPossible(
            _("%(division)s: %(why)s.") % {"division": option.division, "why": option.refusal},
            field_name="division",
        )
    earlier = _find_disconnected(connection, code)
    if earlier is not None:
        connection = _continue_with(earlier, connection, user, now)
    elif connection.division is not None:
        _start_over(connection)
    connection.division = code
    connection.division_name = option.division.name
    connection.division_currency = option.division.currency
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:
        # Somebody else chose it between the look and the save.
        raise NotPossible(
            _("%(division)s: just connected by somebody else.") % {"division": option.division},
            field_name="division",
        ) from None
    history.note(
        connection=connection,
        kind="division_chosen",
        sentence=sentence(
            "Division %(division)s (%(code)s) was chosen.", division=option.division.name, code=code
        ),
        user=user,
        now=now,
    )
    lanes.seat(connection)
    reference_lists.request_refresh(connection, now=now)
    return connection


def _find_disconnected(connection: ExactConnection, code: int) -> ExactConnection | None:
    return (
        ExactConnection.objects.select_for_update(of=("self",))
        .select_related("subsidiary", "grant")
        .filter(country=connection.country, division=code, state=ConnectionState.DISCONNECTED)
        .first()
    )


def _continue_with(
    earlier: ExactConnection, begun: ExactConnection, user: User, now: datetime
) -> ExactConnection:
    earlier.name = begun.name
    earlier.subsidiary = begun.subsidiary
    earlier.grant = begun.grant
    earlier.connected_by = begun.connected_by
    earlier.connected_at = begun.connected_at
    earlier.disconnected_at = None
    earlier.state = ConnectionState.SETUP_INCOMPLETE
    begun.consent_requests.update(connection=earlier)
    lanes.leave(begun)
    begun.delete()
    history.note(
        connection=earlier,
        kind="reconnected",
        sentence=sentence("This division was connected before; its settings and links are kept."),
        user=user,
        now=now,
    )
    return earlier


def _start_over(connection: ExactConnection) -> None:
    """Another division before setup was finished: nothing of the first one's lists means anything here."""
    lanes.leave(connection)
    for mirror in _MIRRORS:
        mirror.objects.filter(connection=connection).delete()
    for mapping in (ServiceTypeLedger, ServiceTypeItem, ServiceTypeCost, TaxRateVatCode):
        mapping.objects.filter(connection=connection).delete()
    connection.default_journal_code = ""
    connection.default_ledger_exact_id = None
    connection.default_item_exact_id = None
    connection.default_vat_code = ""
    connection.payment_condition_code = ""


# --- The first screen -----------------------------------------------------------------------------------------------


def save_settings(
    connection: ExactConnection, settings: Settings, *, user: User, now: datetime
) -> None:
    """This function will store the first screen. Turning payments on, or asking for others, lets the lane read them at once.

    A new route asks for the lists it needs; copies under way keep theirs. Raises NotPossible when invoices of the
    subsidiary go through another connection.
    """
    connection_lifecycle.refuse_taken_subsidiary(connection, settings.subsidiary)
    wants_more = settings.sync_payments and (
        not connection.sync_payments or settings.payments_from != connection.payments_from
    )
    is_new_route = settings.route != connection.route
    changed = setting_changes.apply(
        connection, {name: getattr(settings, name) for name in Settings.__annotations__}
    )
    if not changed:
        return
    connection.save()
    if is_new_route:
        _ask_for_lists(connection, now=now)
    if wants_more:
        connection.payments_sync_requested_at = now
        connection.save(update_fields=["payments_sync_requested_at"])
        lanes.ring(connection, at=now)
    setting_changes.note(connection, changed, user=user, now=now)


def save_draft(
    connection: ExactConnection,
    *,
    name: str,
    route: str,
    numbering: str,
    sending: str,
    sync_payments: bool,
    payments_from: date | None,
    now: datetime,
) -> None:
    """This function will keep what was typed on the first screen of an unfinished setup before it is complete."""
    if connection.state != ConnectionState.SETUP_INCOMPLETE:
        return
    is_new_route = bool(route) and route != connection.route
    connection.name = name or connection.name
    connection.route = route or connection.route
    writes_itself = connection.route == Route.EXACT_INVOICE
    connection.numbering = Numbering.EXACT if writes_itself else numbering
    connection.sending = sending or connection.sending
    connection.sync_payments = sync_payments
    connection.payments_from = payments_from
    connection.save(
        update_fields=["name", "route", "numbering", "sending", "sync_payments", "payments_from"]
    )
    if is_new_route:
        _ask_for_lists(connection, now=now)


def _ask_for_lists(connection: ExactConnection, *, now: datetime) -> None:
    """Ask for what the route needs and was never read; the rights are those of another kind of document now."""
    if connection.division is None:
        return
    known = reference_lists.freshness(connection)
    kinds = [kind for kind in reference_lists.kinds_for(connection) if kind not in known]
    reference_lists.request_refresh(connection, kinds={*kinds, ListKind.RIGHTS}, now=now)
