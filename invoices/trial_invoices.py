"""The test invoice (H-17): one real invoice that Exact writes and e-mails to the admin who asked, to be credited afterwards.

It is an invoice like any other and goes the same way; only its client and lines are ours. D-11: the check itself writes
nothing, so that this is a button of its own that says what will happen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connector.money import quantize
from connector.sentences import sentence, together
from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import readiness
from integrations.mappings.facts import USUAL_VAT_CODE, VatFacts
from integrations.mappings.reading import read_facts
from integrations.models import ExactConnection, Route, Sending
from integrations.psa.registry import CONNECTOR
from invoices import copy_requests, history
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.models import (
    Client,
    Contact,
    CopyRequest,
    DeliveryState,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    PostedDocument,
)
from invoices.models.copying import ACTIVE_COPY_STATES

NET = Decimal(1)
_SUBJECT = "Test invoice"


@dataclass(frozen=True, slots=True)
class Trial:
    """A test invoice, and whether it still stands in the books."""

    invoice: Invoice
    document: PostedDocument | None
    credit_note: Invoice | None

    @property
    def may_be_credited(self) -> bool:
        """Whether Exact has booked it and nothing has undone that yet."""
        return (
            self.invoice.kind == InvoiceKind.INVOICE
            and self.document is not None
            and self.document.sent_at is not None
            and self.credit_note is None
        )

    @property
    def went_out(self) -> bool:
        """Whether Exact says that it sent it."""
        return self.document is not None and self.document.delivery == DeliveryState.SENT


def is_offered(connection: ExactConnection) -> bool:
    """This function will tell whether the connection can send a test invoice: Exact has to be the one that writes."""
    return connection.is_working and connection.route == Route.EXACT_INVOICE


def list_trials(connection: ExactConnection) -> list[Trial]:
    """This function will return the test invoices sent through the connection, newest first."""
    rows = Invoice.objects.filter(
        source=CONNECTOR.name,
        kind=InvoiceKind.INVOICE,
        source_id__startswith=_prefix(connection),
    ).order_by("-id")
    return [read_trial(row) for row in rows]


def read_trial(invoice: Invoice) -> Trial:
    """This function will return how a test invoice stands."""
    return Trial(
        invoice,
        copy_requests.newest_document(invoice),
        Invoice.objects.filter(original=invoice, kind=InvoiceKind.CREDIT_NOTE).first(),
    )


def find_trial(invoice: Invoice) -> Trial | None:
    """This function will return how an invoice stands if it is a test invoice, else None."""
    return read_trial(invoice) if invoice.source == CONNECTOR.name else None


def find_vat(connection: ExactConnection) -> VatFacts | None:
    """This function will return the VAT code that a test invoice carries: the default one, else Exact's usual one."""
    facts = read_facts(connection)
    vat = facts.vat_codes.get(facts.default_vat_code or USUAL_VAT_CODE)
    return vat if vat is not None and vat.is_usable and vat.is_for_sales else None


def send_trial(*, connection: ExactConnection, user: User, now: datetime) -> Invoice:
    """This function will make a test invoice of 1.00 and ask for its copy, e-mailed to the user.

    Raises CopyRefused when the settings would have it refused; nothing is kept then.
    """
    if not is_offered(connection):
        raise CopyRefused(
            _(
                "Only a finished connection through which Exact writes the invoices can send a test invoice."
            ),
            _("Finish the set-up first."),
        )
    vat = find_vat(connection)
    failed = [
        one
        for one in readiness.check(connection, today=timezone.localdate(now))
        if readiness.is_blocking(one)
    ]
    if failed or vat is None or not connection.default_journal_code:
        why = failed[0].sentence if failed else _("The settings are not complete.")
        raise CopyRefused(
            together(sentence("A test invoice would be refused."), why),
            _(
                "Choose a default journal, an item and a VAT code in the connection's settings, then check again."
            ),
        )
    with transaction.atomic():
        _refuse_while_one_goes(connection)
        invoice = _make_invoice(connection, user, vat, now)
        _copy(invoice, connection, user, now)
        organizations.note(
            action="test_invoice_sent",
            sentence=sentence("A test invoice was sent through “%(name)s”.", name=connection.name),
            user=user,
            now=now,
        )
    return invoice


def _refuse_while_one_goes(connection: ExactConnection) -> None:
    """Two clicks send one test invoice; another one can follow once Exact is done with it."""
    ExactConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    under_way = CopyRequest.objects.filter(
        connection=connection, invoice__source=CONNECTOR.name, state__in=ACTIVE_COPY_STATES
    )
    if under_way.exists():
        raise CopyRefused(
            _("A test invoice is on its way already."),
            _("Look at it below, and send another one when it is done."),
        )


def credit_trial(*, invoice: Invoice, user: User, now: datetime) -> Invoice:
    """This function will credit a test invoice in full, also by Exact. Raises CopyRefused when there is nothing to undo."""
    # Two clicks make one credit note.
    Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    trial = find_trial(invoice)
    if trial is None or trial.document is None or not trial.may_be_credited:
        raise CopyRefused(
            _(
                "There is nothing to credit: this test invoice is not booked, or was credited already."
            ),
            _("Look at the invoice for where it stands."),
        )
    with transaction.atomic():
        note = _repeat(invoice, now)
        _copy(note, trial.document.connection, user, now)
    return note


def customer_name(connection: ExactConnection) -> str:
    """This function will name the customer of test invoices as it is made in Exact, whoever reads here."""
    return f"Test customer of {connection.subsidiary.name}"[:200]


def _prefix(connection: ExactConnection) -> str:
    return f"test-{connection.pk}-"


def _make_invoice(connection: ExactConnection, user: User, vat: VatFacts, now: datetime) -> Invoice:
    client, _is_new = Client.objects.get_or_create(
        source=CONNECTOR.name,
        source_id=f"test-{connection.pk}",
        defaults={
            "name": customer_name(connection),
            "country": connection.country,
        },
    )
    first_name, _space, last_name = (user.name.strip() or "Admin").partition(" ")
    contact, _is_new = Contact.objects.update_or_create(
        source=CONNECTOR.name,
        source_id=f"test-{connection.pk}-{user.pk}",
        defaults={
            "client": client,
            "first_name": first_name[:100],
            "last_name": last_name[:100],
            "email": user.email,
        },
    )
    number = Invoice.objects.filter(
        source=CONNECTOR.name, source_id__startswith=_prefix(connection)
    ).count()
    amount = quantize(NET * vat.charged_fraction, connection.division_currency or "EUR")
    source_id = f"{_prefix(connection)}{number + 1}"
    invoice = Invoice.objects.create(
        source=CONNECTOR.name,
        source_id=source_id,
        subsidiary=connection.subsidiary,
        client=client,
        contact=contact,
        subject=_SUBJECT,
        note=_("Sent to see whether everything works. It is credited afterwards."),
        invoice_date=timezone.localdate(now),
        currency=connection.division_currency or "EUR",
        net_amount=NET,
        vat_amount=amount,
        gross_amount=NET + amount,
        content_hash=hashlib.sha256(source_id.encode()).hexdigest(),
    )
    InvoiceLine.objects.create(
        invoice=invoice,
        position=1,
        description=_SUBJECT,
        net_amount=NET,
        vat_amount=amount,
        vat_code=vat.code,
    )
    history.note(
        invoice=invoice,
        kind="created",
        sentence=sentence("Made as a test of %(name)s.", name=connection.name),
        user=user,
        now=now,
    )
    return invoice


def _repeat(invoice: Invoice, now: datetime) -> Invoice:
    """The credit note of the whole test invoice."""
    [line] = invoice.lines.all()
    note = Invoice.objects.create(
        source=invoice.source,
        source_id=f"{invoice.source_id}-credit",
        kind=InvoiceKind.CREDIT_NOTE,
        subsidiary=invoice.subsidiary,
        client=invoice.client,
        contact=invoice.contact,
        subject=f"{_SUBJECT} credited",
        invoice_date=timezone.localdate(now),
        currency=invoice.currency,
        net_amount=invoice.net_amount,
        vat_amount=invoice.vat_amount,
        gross_amount=invoice.gross_amount,
        original=invoice,
        original_number=invoice.number,
        content_hash=hashlib.sha256(f"{invoice.source_id}-credit".encode()).hexdigest(),
    )
    InvoiceLine.objects.create(
        invoice=note,
        position=1,
        description=f"Credited: {_SUBJECT}",
        net_amount=line.net_amount,
        vat_amount=line.vat_amount,
        vat_code=line.vat_code,
    )
    return note


def _copy(invoice: Invoice, connection: ExactConnection, user: User, now: datetime) -> None:
    choices = CopyChoices(
        journal_code=connection.default_journal_code,
        item_exact_id=connection.default_item_exact_id,
        sending=Sending.EMAIL,
    )
    copy_requests.request_copy(
        invoice=invoice, connection=connection, choices=choices, user=user, now=now
    )
