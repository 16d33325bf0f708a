"""An organization with a row in every tenant table, each carrying words that may be found nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import connection, models

from connector.tenancy import api_keys
from connector.tenancy.base import TenantModel
from connector.tenancy.models import ApiKey, AuditEvent, Membership, Organization, Role, User
from connector.tenancy.scope import tenant_transaction
from integrations.models import (
    ConnectionEvent,
    ConsentRequest,
    CostCenter,
    CostUnit,
    Direction,
    ExactCall,
    ExactCallBody,
    ExactConnection,
    ExactDivision,
    Item,
    LaneMember,
    RecordOutcome,
    RunRecord,
    ServiceType,
    ServiceTypeCost,
    ServiceTypeItem,
    TaxRate,
    TokenEvent,
    WorkRun,
)
from integrations.psa.registry import REST_PUSH
from invoices.models import (
    AcceptedDifference,
    AttachmentLink,
    AttemptOutcome,
    BreakKind,
    BulkCopy,
    BulkCopyItem,
    ClientCost,
    ContactLink,
    CopyAttempt,
    CopyRequest,
    DocumentLink,
    ExactRecordState,
    ForgottenDocument,
    HandPayment,
    ImportRun,
    IntakeConflict,
    Invoice,
    InvoiceEvent,
    PaymentDecision,
    PostedDocument,
    ReconciliationBreak,
    ReconciliationCursor,
    RecoveryPass,
)
from payments.models import LedgerLine, Payment, ReceivableTerm, SyncCursor, TermStatus
from payments.psa_reports import endpoints
from payments.psa_reports.models import PsaEndpoint, PsaPaymentReport, ReportState
from payments.shares import SALES_ENTRY
from tests import factories
from tests.factories import NOW

SOURCE = REST_PUSH.name


@dataclass
class WholeOrganization:
    """One organization and the rows that addresses name."""

    organization: Organization
    canary: str
    admin: User
    viewer: User
    ex_member: User
    membership: Membership
    api_key: ApiKey
    api_key_text: str
    connection: ExactConnection
    invoice: Invoice
    copied_invoice: Invoice
    copy_request: CopyRequest
    document: PostedDocument
    import_run: ImportRun
    conflict: IntakeConflict
    forgotten: ForgottenDocument
    bulk: BulkCopy
    work_run: WorkRun
    exact_call: ExactCall
    hand_payment: HandPayment
    accepted: AcceptedDifference
    stray: ReceivableTerm
    payment_report: PsaPaymentReport


def make_whole_organization(canary: str) -> WholeOrganization:
    """An organization that uses everything; `canary` is in its name and in the names of all its rows."""
    organization = factories.make_organization(name=f"{canary} Agency")
    admin = factories.make_user(organization=organization, name=f"{canary} Admin")
    viewer = factories.make_user(
        organization=organization, role=Role.VIEWER, name=f"{canary} Viewer"
    )
    ex_member = factories.make_user(organization=organization, role=Role.ADMIN)
    with tenant_transaction(organization.pk):
        Membership.objects.filter(user=ex_member).delete()
        membership = Membership.objects.get(user=viewer)
        api_key, text = api_keys.create_api_key(
            name=f"{canary} key", created_by=admin, organization_id=organization.pk
        )
        AuditEvent.objects.create(at=NOW, user=admin, action="test", sentence=f"{canary} audit")
        exact = _make_connection(organization, canary, admin)
        invoices = _make_invoices(organization, exact, canary, admin)
    return WholeOrganization(
        organization=organization,
        canary=canary,
        admin=admin,
        viewer=viewer,
        ex_member=ex_member,
        membership=membership,
        api_key=api_key,
        api_key_text=text,
        connection=exact,
        **invoices,
    )


def _make_connection(organization: Organization, canary: str, admin: User) -> ExactConnection:
    subsidiary = factories.make_subsidiary(
        organization=organization, source=SOURCE, name=f"{canary} Subsidiary"
    )
    exact = factories.make_connection(
        organization=organization,
        subsidiary=subsidiary,
        name=f"{canary} connection",
        division_name=f"{canary} division",
        sync_payments=True,
    )
    assert exact.division
    ExactDivision.objects.create(grant=exact.grant, code=exact.division, name=f"{canary} division")
    ConsentRequest.objects.create(
        state_hash=uuid4().hex * 2,
        session_hash="0" * 64,
        user=admin,
        country="NL",
        connection=exact,
        created_at=NOW,
    )
    ConnectionEvent.objects.create(
        connection=exact, at=NOW, user=admin, kind="test", sentence=f"{canary} event"
    )
    TokenEvent.objects.create(
        grant=exact.grant, at=NOW, worker=f"{canary} worker", kind="refreshed", token_version=1
    )
    factories.make_customer(connection=exact, name=f"{canary} customer")
    service_type = ServiceType.objects.create(
        source=SOURCE, source_id="design", name=f"{canary} service type"
    )
    factories.map_service_type(connection=exact, service_type=service_type, ledger="8010")
    item = Item.objects.filter(connection=exact).first()
    assert item is not None
    ServiceTypeItem.objects.create(
        connection=exact, service_type=service_type, item_exact_id=item.exact_id
    )
    for model in (CostCenter, CostUnit):
        model.objects.create(
            connection=exact, exact_id=uuid4(), code="C", description=f"{canary} cost"
        )
    ServiceTypeCost.objects.create(
        connection=exact, service_type=service_type, cost_center=f"{canary}"[:20]
    )
    tax_rate = TaxRate.objects.create(
        source=SOURCE, source_id="high", name=f"{canary} VAT", percentage=Decimal(21)
    )
    factories.map_tax_rate(connection=exact, tax_rate=tax_rate, vat_code="2")
    return exact


def _make_invoices(
    organization: Organization, exact: ExactConnection, canary: str, admin: User
) -> dict[str, Any]:
    client = factories.make_client(
        organization=organization, source=SOURCE, name=f"{canary} client"
    )
    factories.link_customer(connection=exact, client=client)
    ClientCost.objects.create(connection=exact, client=client, cost_center=f"{canary}"[:20])
    invoice, copied = (
        factories.make_invoice(
            organization=organization,
            source=SOURCE,
            subsidiary=exact.subsidiary,
            client=client,
            subject=f"{canary} subject",
            number=f"{canary}-{number}",
        )
        for number in (1, 2)
    )
    factories.make_file(invoice=invoice, name=f"{canary}.pdf", content=f"%PDF-{canary}".encode())
    document = factories.make_posted_document(invoice=copied, connection=exact)
    request = document.copy_request
    CopyAttempt.objects.create(
        copy_request=request,
        number=1,
        fence=1,
        worker="test",
        started_at=NOW,
        finished_at=NOW,
        payload_hash="0" * 64,
        outcome=AttemptOutcome.EXECUTED,
    )
    ReconciliationCursor.objects.create(
        connection=exact, route=document.route, read_from=NOW, next_at=NOW
    )
    ReconciliationBreak.objects.create(
        connection=exact,
        invoice=copied,
        document=document,
        kind=BreakKind.CHANGED,
        route=document.route,
        exact_id=document.exact_id,
        sentence=f"{canary} break",
        remedy=f"{canary} remedy",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    InvoiceEvent.objects.create(
        invoice=copied, at=NOW, user=admin, kind="test", sentence=f"{canary} event"
    )
    RecoveryPass.objects.create(
        connection=exact, route=exact.route, began_at=NOW, since=NOW, settled_at=NOW, done_at=NOW
    )
    forgotten = ForgottenDocument.objects.create(
        connection=exact,
        route=exact.route,
        exact_id=uuid4(),
        marker="K7Q2-9F3M",
        description=f"{canary} forgotten",
        gross_amount=Decimal(121),
        found_at=NOW,
    )
    import_run = ImportRun.objects.create(
        file_name=f"{canary}.csv", file_hash="0" * 64, uploaded_by=admin, at=NOW
    )
    bulk = BulkCopy.objects.create(created_at=NOW, started_at=NOW)
    BulkCopyItem.objects.create(bulk=bulk, invoice=invoice, left_out=canary)
    conflict = IntakeConflict.objects.create(
        invoice=invoice,
        import_run=import_run,
        at=NOW,
        content_hash="1" * 64,
        incoming={"subject": f"{canary} incoming"},
    )
    _make_payment(exact, document, copied, canary)
    _make_records(exact, request, copied, canary)
    call = _make_history(exact, copied, canary)
    hand_payment = HandPayment.objects.create(
        invoice=copied,
        paid_date=date(2026, 11, 20),
        note=f"{canary} note",
        at=NOW,
        user=admin,
    )
    PaymentDecision.objects.create(
        invoice=copied,
        hand_payment=hand_payment,
        exact_status=copied.exact_payment_status,
        exact_paid_amount=copied.exact_paid_amount,
        at=NOW,
        user=admin,
    )
    accepted = AcceptedDifference.objects.create(
        invoice=copied, facts="0" * 32, reason=f"{canary} reason", user=admin, at=NOW
    )
    return {
        "invoice": invoice,
        "copied_invoice": copied,
        "accepted": accepted,
        "stray": ReceivableTerm.objects.get(your_ref=f"{canary} stray"),
        "copy_request": request,
        "document": document,
        "import_run": import_run,
        "conflict": conflict,
        "forgotten": forgotten,
        "bulk": bulk,
        "work_run": call.run,
        "exact_call": call,
        "hand_payment": hand_payment,
        "payment_report": _make_payment_report(copied, canary, admin),
    }


def _make_payment_report(invoice: Invoice, canary: str, admin: User) -> PsaPaymentReport:
    endpoints.add(url=f"https://{canary}.example/payments", user=admin, now=NOW)
    PsaEndpoint.objects.update(last_answer=f"{canary} answer", last_answer_at=NOW)
    return PsaPaymentReport.objects.create(
        invoice=invoice,
        changed_at=NOW,
        changed_xid=1,
        state=ReportState.TOLD,
        message_id=f"msg_{canary}",
        last_answer=f"{canary} answer",
        last_tried_at=NOW,
        told_at=NOW,
    )


def _make_history(exact: ExactConnection, invoice: Invoice, canary: str) -> ExactCall:
    run = WorkRun.objects.create(
        connection=exact,
        work="copies",
        direction=Direction.OUT,
        started_at=NOW,
        duration_ms=1200,
        created_count=1,
        call_count=1,
    )
    RunRecord.objects.create(
        run=run,
        step=1,
        kind="copied",
        outcome=RecordOutcome.CREATED,
        subject_id=invoice.pk,
        call_count=1,
    )
    call = ExactCall.objects.create(
        run=run,
        step=1,
        at=NOW,
        method="POST",
        path="/api/v1/{division}/salesentry/SalesEntries",
        address=f"/api/v1/1/salesentry/SalesEntries?{canary}",
        status=201,
        duration_ms=300,
    )
    ExactCallBody.objects.create(call=call, at=NOW, sent=f"{canary} sent", received="{}")
    return call


def _make_records(
    exact: ExactConnection, request: CopyRequest, invoice: Invoice, canary: str
) -> None:
    linked: dict[str, Any] = {"state": ExactRecordState.LINKED, "exact_id": uuid4()}
    contact = factories.make_contact(client=invoice.client, last_name=f"{canary} contact")
    ContactLink.objects.create(
        connection=exact, contact=contact, account_exact_id=uuid4(), **linked
    )
    file = factories.make_file(invoice=invoice, name=f"{canary}.pdf")
    document_link = DocumentLink.objects.create(copy_request=request, **linked)
    AttachmentLink.objects.create(document_link=document_link, file=file, **linked)


def _make_payment(
    exact: ExactConnection, document: PostedDocument, invoice: Invoice, canary: str
) -> None:
    SyncCursor.objects.create(connection=exact)
    term = ReceivableTerm.objects.create(
        connection=exact,
        exact_id=uuid4(),
        timestamp=1,
        entry_exact_id=document.exact_id,
        status=TermStatus.MATCHED,
        amount=invoice.gross_amount,
        currency="EUR",
        payment_reference=f"{canary} reference",
    )
    # An entry that has no invoice here.
    ReceivableTerm.objects.create(
        connection=exact,
        exact_id=uuid4(),
        timestamp=2,
        entry_exact_id=uuid4(),
        account_exact_id=document.customer_exact_id,
        transaction_type=SALES_ENTRY,
        status=TermStatus.OPEN,
        amount=invoice.gross_amount,
        currency="EUR",
        invoice_date=date(2026, 11, 20),
        your_ref=f"{canary} stray",
    )
    LedgerLine.objects.create(
        connection=exact, exact_id=uuid4(), offset_exact_id=uuid4(), terms_timestamp=1
    )
    Payment.objects.create(
        invoice=invoice,
        term=term,
        amount=invoice.gross_amount,
        currency="EUR",
        paid_date=date(2026, 11, 20),
        reference=f"{canary} reference",
        first_seen_at=NOW,
        changed_at=NOW,
    )


def list_tenant_models() -> list[type[models.Model]]:
    """Every model whose rows belong to one organization, and the organization itself."""
    return [
        Organization,
        *(model for model in apps.get_models() if issubclass(model, TenantModel)),
    ]


def fingerprint(organization: Organization) -> dict[str, str]:
    """One hash per table over all the organization's rows; lanes are left out, they hold no tenant's data."""
    with tenant_transaction(organization.pk), connection.cursor() as cursor:
        cursor.execute(_all_rows(), {"organization": organization.pk})
        hashes = dict(cursor.fetchall())
    hashes["lane"] = str(
        list(
            LaneMember.objects.filter(organization_id=organization.pk).values_list("connection_id")
        )
    )
    return hashes


@cache
def _all_rows() -> str:
    """One statement for all tables: hundreds of tests ask twice."""
    tables = {
        model._meta.db_table: "id" if model is Organization else "organization_id"
        for model in list_tenant_models()
    }
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*) || md5(coalesce(string_agg(t::text, '|' ORDER BY id), '')) "  # noqa: S608  # our own names
        f'FROM "{table}" t WHERE {own} = %(organization)s'
        for table, own in tables.items()
    )
