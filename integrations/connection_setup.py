"""What an admin decides in the setup window: division, numbering, journal, payments, ledgers and VAT codes.

Each decision is stored at once, so Back loses nothing and an unfinished setup can be taken up later. The step before
is the log-in at Exact; the last step is the check (`readiness`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import connection_lifecycle, history, lanes, reference_lists
from integrations.connection_lifecycle import NotPossible
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactCustomer,
    ExactDivision,
    Item,
    Journal,
    LedgerAccount,
    PaymentCondition,
    ReferenceList,
    ServiceType,
    ServiceTypeItem,
    ServiceTypeLedger,
    Subsidiary,
    TaxRate,
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
class Mappings:
    """The second screen: ledgers per service type and VAT codes per tax rate, by the ids of our rows."""

    default_ledger_exact_id: UUID | None
    default_vat_code: str
    manual_ledger: bool
    map_service_types: bool
    service_type_ledgers: Mapping[int, UUID]
    tax_rate_vat_codes: Mapping[int, str]


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
        return "Archived or blocked in Exact"
    if other is None or other.state == ConnectionState.DISCONNECTED:
        return ""
    if other.state == ConnectionState.SETUP_INCOMPLETE:
        return f"Being set up as “{other.name}”"
    return f"Already connected as “{other.name}”"


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
            "The division of a finished connection does not change. Use “Connect app” for another division.",
            field_name="division",
        )
    option = next(
        (one for one in list_division_options(connection) if one.division.code == code), None
    )
    if option is None:
        raise NotPossible("Choose one of the divisions in the list.", field_name="division")
    if option.refusal:
        raise NotPossible(f"{option.division}: {option.refusal}.", field_name="division")
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
            f"{option.division}: just connected by somebody else.", field_name="division"
        ) from None
    history.note(
        connection=connection,
        kind="division_chosen",
        sentence=f"Division {option.division.name} ({code}) was chosen.",
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
        sentence="This division was connected before; its settings and links are kept.",
        user=user,
        now=now,
    )
    return earlier


def _start_over(connection: ExactConnection) -> None:
    """Another division before setup was finished: nothing of the first one's lists means anything here."""
    lanes.leave(connection)
    for mirror in _MIRRORS:
        mirror.objects.filter(connection=connection).delete()
    for mapping in (ServiceTypeLedger, ServiceTypeItem, TaxRateVatCode):
        mapping.objects.filter(connection=connection).delete()
    connection.default_journal_code = ""
    connection.default_ledger_exact_id = None
    connection.default_item_exact_id = None
    connection.default_vat_code = ""
    connection.payment_condition_code = ""


# --- The two screens ------------------------------------------------------------------------------------------------


def save_settings(
    connection: ExactConnection,
    *,
    name: str,
    subsidiary: Subsidiary,
    numbering: str,
    default_journal_code: str,
    sync_payments: bool,
    user: User,
    now: datetime,
) -> None:
    """This function will store the first screen. Turning payments on lets the lane read them at once.

    Raises NotPossible when invoices of the subsidiary go through another connection.
    """
    connection_lifecycle.refuse_taken_subsidiary(connection, subsidiary)
    turned_on = sync_payments and not connection.sync_payments
    changed = _differences(
        connection,
        {
            "name": name,
            "subsidiary": subsidiary,
            "numbering": numbering,
            "default_journal_code": default_journal_code,
            "sync_payments": sync_payments,
        },
    )
    if not changed:
        return
    connection.save()
    if turned_on:
        connection.payments_sync_requested_at = now
        connection.save(update_fields=["payments_sync_requested_at"])
        lanes.ring(connection, at=now)
    _note_change(connection, changed, user, now)


def save_draft(
    connection: ExactConnection, *, name: str, numbering: str, sync_payments: bool
) -> None:
    """This function will keep what was typed on the first screen of an unfinished setup before it is complete."""
    if connection.state != ConnectionState.SETUP_INCOMPLETE:
        return
    connection.name = name or connection.name
    connection.numbering = numbering
    connection.sync_payments = sync_payments
    connection.save(update_fields=["name", "numbering", "sync_payments"])


def save_mappings(
    connection: ExactConnection, mappings: Mappings, *, user: User, now: datetime
) -> None:
    """This function will store the second screen. Mappings stay when the checkbox is cleared; they are not used then."""
    changed = _differences(
        connection,
        {
            "default_ledger_exact_id": mappings.default_ledger_exact_id,
            "default_vat_code": mappings.default_vat_code,
            "manual_ledger": mappings.manual_ledger,
            "map_service_types": mappings.map_service_types,
        },
    )
    connection.save()
    if _replace_ledgers(connection, mappings.service_type_ledgers):
        changed.append("service types")
    if _replace_vat_codes(connection, mappings.tax_rate_vat_codes):
        changed.append("VAT codes")
    if changed:
        _note_change(connection, changed, user, now)


def _replace_ledgers(connection: ExactConnection, wanted: Mapping[int, UUID]) -> bool:
    rows = ServiceTypeLedger.objects.filter(connection=connection)
    before = {row.service_type_id: row.ledger_exact_id for row in rows}
    if before == dict(wanted):
        return False
    rows.delete()
    ServiceTypeLedger.objects.bulk_create(
        ServiceTypeLedger(
            organization_id=connection.organization_id,
            connection=connection,
            service_type=service_type,
            ledger_exact_id=wanted[service_type.pk],
        )
        for service_type in ServiceType.objects.filter(pk__in=wanted)
    )
    return True


def _replace_vat_codes(connection: ExactConnection, wanted: Mapping[int, str]) -> bool:
    rows = TaxRateVatCode.objects.filter(connection=connection)
    before = {row.tax_rate_id: row.vat_code for row in rows}
    if before == dict(wanted):
        return False
    rows.delete()
    TaxRateVatCode.objects.bulk_create(
        TaxRateVatCode(
            organization_id=connection.organization_id,
            connection=connection,
            tax_rate=tax_rate,
            vat_code=wanted[tax_rate.pk],
        )
        for tax_rate in TaxRate.objects.filter(pk__in=wanted)
    )
    return True


_LABELS = {
    "name": "name",
    "subsidiary": "subsidiary",
    "numbering": "numbering",
    "default_journal_code": "default journal",
    "sync_payments": "payments",
    "default_ledger_exact_id": "default ledger",
    "default_vat_code": "default VAT code",
    "manual_ledger": "manual ledger",
    "map_service_types": "service-type mapping",
}


def _differences(connection: ExactConnection, values: Mapping[str, object]) -> list[str]:
    """Set the values and return the names, for people, of those that are new."""
    changed = []
    for attribute, value in values.items():
        if getattr(connection, attribute) != value:
            setattr(connection, attribute, value)
            changed.append(_LABELS[attribute])
    return changed


def _note_change(
    connection: ExactConnection, changed: list[str], user: User, now: datetime
) -> None:
    sentence = f"Settings changed: {', '.join(changed)}."
    history.note(
        connection=connection, kind="settings_changed", sentence=sentence, user=user, now=now
    )
    if connection.state != ConnectionState.SETUP_INCOMPLETE:
        organizations.note(
            action="connection_changed",
            sentence=f"“{connection.name}”: {sentence}",
            user=user,
            now=now,
        )
