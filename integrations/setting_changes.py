"""Which settings of a connection changed, in the words that its activity shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from connector.sentences import Words, sentence, together
from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history
from integrations.models import ConnectionState, ExactConnection

_LABELS = {
    "name": _("name"),
    "subsidiary": _("subsidiary"),
    "route": _("how invoices get into Exact"),
    "numbering": _("numbering"),
    "sending": _("how Exact sends"),
    "credit_sign": _("sign of credit notes"),
    "default_journal_code": _("default journal"),
    "sync_payments": _("payments"),
    "payments_from": _("first day of payments"),
    "default_ledger_exact_id": _("default ledger"),
    "default_item_exact_id": _("default item"),
    "default_vat_code": _("default VAT code"),
    "payment_condition_code": _("payment condition"),
    "manual_ledger": _("manual ledger"),
    "map_service_types": _("service-type mapping"),
    "deferral": _("spreading of revenue"),
    "use_costs": _("cost centers and units by rule"),
}


def apply(connection: ExactConnection, values: Mapping[str, object]) -> list[Words]:
    """This function will set the values, unsaved, and return the names, for people, of those that are new."""
    changed: list[Words] = []
    for attribute, value in values.items():
        if getattr(connection, attribute) != value:
            setattr(connection, attribute, value)
            changed.append(_LABELS[attribute])
    return changed


def note(
    connection: ExactConnection, changed: Sequence[Words], *, user: User, now: datetime
) -> None:
    """This function will write down what changed, if anything did; once finished, the organization's activity has it too."""
    if not changed:
        return
    told = sentence("Settings changed: %(settings)s.", settings=together(*changed, by=", "))
    history.note(connection=connection, kind="settings_changed", sentence=told, user=user, now=now)
    if connection.state != ConnectionState.SETUP_INCOMPLETE:
        organizations.note(
            action="connection_changed",
            sentence=sentence("“%(connection)s”: %(what)s", connection=connection.name, what=told),
            user=user,
            now=now,
        )
