"""Which settings of a connection changed, in the words that its activity shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history
from integrations.models import ConnectionState, ExactConnection

_LABELS = {
    "name": "name",
    "subsidiary": "subsidiary",
    "route": "how invoices get into Exact",
    "numbering": "numbering",
    "sending": "how Exact sends",
    "credit_sign": "sign of credit notes",
    "default_journal_code": "default journal",
    "sync_payments": "payments",
    "payments_from": "first day of payments",
    "default_ledger_exact_id": "default ledger",
    "default_item_exact_id": "default item",
    "default_vat_code": "default VAT code",
    "payment_condition_code": "payment condition",
    "manual_ledger": "manual ledger",
    "map_service_types": "service-type mapping",
    "deferral": "spreading of revenue",
    "use_costs": "cost centers and units by rule",
}


def apply(connection: ExactConnection, values: Mapping[str, object]) -> list[str]:
    """This function will set the values, unsaved, and return the names, for people, of those that are new."""
    changed = []
    for attribute, value in values.items():
        if getattr(connection, attribute) != value:
            setattr(connection, attribute, value)
            changed.append(_LABELS[attribute])
    return changed


def note(connection: ExactConnection, changed: Sequence[str], *, user: User, now: datetime) -> None:
    """This function will write down what changed, if anything did; once finished, the organization's activity has it too."""
    if not changed:
        return
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
