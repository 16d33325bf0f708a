"""Makes the rows that tests start from: plain functions, keyword arguments, one sensible default for each.

Each function opens the organization's transaction itself, so that it may be called inside or outside one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.test import Client as Browser

from connector.money import quantize
from connector.tenancy import organizations
from connector.tenancy.models import Organization, Plan, Role, User
from connector.tenancy.scope import tenant_transaction
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactCustomer,
    ExactGrant,
    Item,
    Journal,
    LedgerAccount,
    ListKind,
    Numbering,
    PaymentCondition,
    ReferenceList,
    ServiceType,
    ServiceTypeLedger,
    Subsidiary,
    TaxRate,
    TaxRateVatCode,
    VatCode,
)
from invoices.models import (
    Client,
    Contact,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    CustomerLink,
    ExactRecordState,
    FileKind,
    Invoice,
    InvoiceFile,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    PostedDocument,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
SOURCE = "test-psa"

# code, description, type, blocked, cost center (0 optional, 1 mandatory, 2 not used)
LEDGERS: tuple[tuple[str, str, int, bool, int], ...] = (
    ("8000", "Omzet ontwerp", 110, False, 0),
    ("8010", "Omzet ontwikkeling", 110, False, 0),
    ("8020", "Omzet strategie en advies", 110, False, 0),
    ("8070", "Omzet training", 110, False, 1),
    ("8999", "Omzet oud (vervallen)", 110, True, 0),
    ("1300", "Debiteuren", 20, False, 2),
)
# code, description, fraction, type, blocked
VAT_CODES: tuple[tuple[str, str, str, str, bool], ...] = (
    ("0", "Geen BTW", "0", "N", False),
    ("1", "BTW laag tarief, exclusief", "0.09", "E", False),
    ("2", "BTW hoog tarief, exclusief", "0.21", "E", False),
    ("4", "BTW hoog tarief, inclusief", "0.21", "I", False),
    ("6", "EU diensten verlegd (ICP)", "0", "B", False),
    ("19", "BTW 19% (oud)", "0.19", "E", True),
)
# code, description, unit, VAT code, sold, last day
ITEMS: tuple[tuple[str, str, str, str, bool, date | None], ...] = (
    ("DESIGN", "Ontwerp", "hour", "2", True, None),
    ("DEV", "Ontwikkeling", "hour", "2", True, None),
    ("SERVICE", "Diensten", "piece", "2", True, None),
    ("OLD", "Vervallen dienst", "piece", "2", True, date(2025, 12, 31)),
    ("LAPTOP", "Laptop", "piece", "2", False, None),
)
# code, description, type, currency, allows other currencies, blocked
JOURNALS: tuple[tuple[str, str, int, str, bool, bool], ...] = (
    ("20", "Rabobank", 12, "EUR", True, False),
    ("70", "Verkoopboek", 20, "EUR", False, False),
    ("71", "Verkoopboek vreemde valuta", 20, "EUR", True, False),
    ("79", "Verkoopboek oud", 20, "EUR", False, True),
)

_numbers = count(1)


def exact_id(connection: ExactConnection, kind: str, code: str) -> UUID:
    """The id a mirrored row of `make_connection` has: made from its connection, kind and code."""
    return uuid5(NAMESPACE_URL, f"{connection.pk}:{kind}:{code}")


def make_organization(*, name: str = "", plan: Plan = Plan.PROFESSIONAL) -> Organization:
    """An organization without members."""
    return organizations.create_organization(name=name or f"Agency {next(_numbers)}", plan=plan)


def make_user(
    *,
    organization: Organization | None = None,
    role: Role = Role.ADMIN,
    email: str = "",
    name: str = "",
) -> User:
    """A person who signs in with PASSWORD; a member of the organization when one is given."""
    number = next(_numbers)
    user = User.objects.create_user(
        email or f"person{number}@example.com", PASSWORD, name=name or f"Person {number}"
    )
    if organization is not None:
        organizations.add_member(organization_id=organization.pk, user=user, role=role)
    return user


def sign_in(user: User) -> Browser:
    """A browser in which this person is signed in."""
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def make_subsidiary(*, organization: Organization, **fields: Any) -> Subsidiary:
    """A bill-from entity in the Netherlands."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "source": SOURCE,
        "source_id": f"subsidiary-{number}",
        "name": "Studio Noord B.V.",
        "country": "NL",
        "currency": "EUR",
    }
    with tenant_transaction(organization.pk):
        return Subsidiary.objects.create(**defaults | fields)


def make_service_type(*, organization: Organization, name: str = "Design") -> ServiceType:
    """A kind of work, known in the PSA by its name."""
    with tenant_transaction(organization.pk):
        row, _ = ServiceType.objects.get_or_create(
            source=SOURCE, source_id=f"service-{name}", defaults={"name": name}
        )
        return row


def make_tax_rate(*, organization: Organization, percentage: Decimal | str = "21") -> TaxRate:
    """A tax rate in percent; the same percentage is the same row."""
    percentage = Decimal(percentage)
    with tenant_transaction(organization.pk):
        row, _ = TaxRate.objects.get_or_create(
            source=SOURCE,
            source_id=f"rate-{percentage}",
            defaults={"name": f"VAT {percentage}%", "percentage": percentage},
        )
        return row


def make_connection(
    *,
    organization: Organization,
    subsidiary: Subsidiary | None = None,
    lists: bool = True,
    **fields: Any,
) -> ExactConnection:
    """A ready connection to a division, with its mirrored lists; no tokens (see tests/exact.py for real ones)."""
    number = next(_numbers)
    with tenant_transaction(organization.pk):
        subsidiary = subsidiary or make_subsidiary(organization=organization)
        grant = ExactGrant.objects.create(
            country="NL", exact_user_id=uuid4(), exact_user_name="Anna Controller"
        )
        defaults: dict[str, Any] = {
            "name": "Exact Noord",
            "country": "NL",
            "grant": grant,
            "division": 2_000_000 + number,
            "division_name": "Studio Noord B.V.",
            "division_currency": "EUR",
            "numbering": Numbering.PSA,
            "default_journal_code": "70",
            "state": ConnectionState.READY,
            "connected_at": NOW,
        }
        ledger_code = fields.pop("default_ledger", "8000")
        connection = ExactConnection.objects.create(subsidiary=subsidiary, **defaults | fields)
        if lists:
            _make_lists(connection)
            if ledger_code and connection.default_ledger_exact_id is None:
                connection.default_ledger_exact_id = exact_id(connection, "ledger", ledger_code)
                connection.save()
        return connection


def _make_lists(connection: ExactConnection) -> None:
    for code, description, type_, currency, any_currency, blocked in JOURNALS:
        Journal.objects.create(
            connection=connection,
            exact_id=exact_id(connection, "journal", code),
            code=code,
            description=description,
            type=type_,
            currency=currency,
            allow_variable_currency=any_currency,
            is_blocked=blocked,
        )
    for code, description, type_, blocked, cost_center in LEDGERS:
        LedgerAccount.objects.create(
            connection=connection,
            exact_id=exact_id(connection, "ledger", code),
            code=code,
            description=description,
            type=type_,
            balance_type="W" if type_ >= 110 else "B",
            is_blocked=blocked,
            use_cost_center=cost_center,
        )
    for code, description, fraction, vat_type, blocked in VAT_CODES:
        VatCode.objects.create(
            connection=connection,
            exact_id=exact_id(connection, "vat", code),
            code=code,
            description=description,
            percentage=Decimal(fraction),
            type=vat_type,
            transaction_type="B",
            is_blocked=blocked,
        )
    for code, description, unit, vat_code, is_sold, end_date in ITEMS:
        Item.objects.create(
            connection=connection,
            exact_id=exact_id(connection, "item", code),
            code=code,
            description=description,
            unit=unit,
            vat_code=vat_code,
            is_sales_item=is_sold,
            end_date=end_date,
        )
    PaymentCondition.objects.create(
        connection=connection,
        exact_id=exact_id(connection, "condition", "30"),
        code="30",
        description="30 dagen",
        payment_days=30,
    )
    for kind in ListKind:
        ReferenceList.objects.create(connection=connection, kind=kind, refreshed_at=NOW)


def ledger_id(connection: ExactConnection, code: str) -> UUID:
    """The Exact id of the ledger account with this code."""
    return exact_id(connection, "ledger", code)


def item_id(connection: ExactConnection, code: str) -> UUID:
    """The Exact id of the item with this code."""
    return exact_id(connection, "item", code)


def map_service_type(
    *, connection: ExactConnection, service_type: ServiceType, ledger: str
) -> ServiceTypeLedger:
    """Lines of this service type go to the ledger account with this code."""
    with tenant_transaction(connection.organization_id):
        return ServiceTypeLedger.objects.create(
            connection=connection,
            service_type=service_type,
            ledger_exact_id=ledger_id(connection, ledger),
        )


def map_tax_rate(
    *, connection: ExactConnection, tax_rate: TaxRate, vat_code: str
) -> TaxRateVatCode:
    """Lines of this tax rate carry this VAT code."""
    with tenant_transaction(connection.organization_id):
        return TaxRateVatCode.objects.create(
            connection=connection, tax_rate=tax_rate, vat_code=vat_code
        )


def make_customer(*, connection: ExactConnection, **fields: Any) -> ExactCustomer:
    """A customer account in the mirror."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "exact_id": uuid4(),
        "code": str(10_000 + number),
        "name": f"Customer {number} B.V.",
        "city": "Utrecht",
        "country": "NL",
        "status": "C",
        "timestamp": number,
    }
    with tenant_transaction(connection.organization_id):
        return ExactCustomer.objects.create(connection=connection, **defaults | fields)


def make_client(*, organization: Organization, **fields: Any) -> Client:
    """A client of the PSA with everything that is needed to make a customer account."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "source": SOURCE,
        "source_id": f"client-{number}",
        "name": f"Client {number} B.V.",
        "email": f"books{number}@client.example",
        "address_line1": "Oudegracht 1",
        "postcode": "3511 AB",
        "city": "Utrecht",
        "country": "NL",
    }
    with tenant_transaction(organization.pk):
        return Client.objects.create(**defaults | fields)


def make_contact(*, client: Client, **fields: Any) -> Contact:
    """A person of the client who receives invoices."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "source": SOURCE,
        "source_id": f"contact-{number}",
        "first_name": "Sanne",
        "last_name": f"Visser {number}",
        "email": f"sanne{number}@client.example",
    }
    with tenant_transaction(client.organization_id):
        return Contact.objects.create(client=client, **defaults | fields)


def make_file(
    *, invoice: Invoice, kind: FileKind = FileKind.PDF, content: bytes = b"%PDF-1.4", name: str = ""
) -> InvoiceFile:
    """The invoice as a file, as the PSA sent it."""
    with tenant_transaction(invoice.organization_id):
        return InvoiceFile.objects.create(
            invoice=invoice,
            kind=kind,
            name=name or f"{invoice.number}.{kind}",
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )


def link_customer(
    *, connection: ExactConnection, client: Client, customer_exact_id: UUID | None = None
) -> CustomerLink:
    """The client is remembered as this customer account."""
    with tenant_transaction(connection.organization_id):
        return CustomerLink.objects.create(
            connection=connection,
            client=client,
            state=ExactRecordState.LINKED,
            exact_id=customer_exact_id or uuid4(),
            matched_by="person",
        )


def make_invoice(
    *,
    organization: Organization,
    subsidiary: Subsidiary | None = None,
    client: Client | None = None,
    lines: Sequence[Mapping[str, Any]] = ({"net_amount": "100.00", "rate": "21"},),
    **fields: Any,
) -> Invoice:
    """A draft with lines; `rate` (percent or None) and `service` (a name) of a line make their rows.

    VAT and totals are the sum over the rates, rounded half up per rate, unless `vat_amount` is given.
    """
    number = next(_numbers)
    with tenant_transaction(organization.pk):
        subsidiary = subsidiary or make_subsidiary(organization=organization)
        client = client or make_client(organization=organization)
        net = sum((Decimal(line["net_amount"]) for line in lines), Decimal(0))
        currency = fields.get("currency", "EUR")
        vat = Decimal(fields.pop("vat_amount", _vat(lines, currency)))
        defaults: dict[str, Any] = {
            "source": SOURCE,
            "source_id": f"invoice-{number}",
            "kind": InvoiceKind.INVOICE,
            "state": InvoiceState.DRAFT,
            "number": str(26_000_000 + number),
            "subject": "Website, November",
            "invoice_date": date(2026, 11, 20),
            "due_date": date(2026, 12, 20),
            "currency": currency,
            "net_amount": net,
            "vat_amount": vat,
            "gross_amount": net + vat,
            "content_hash": hashlib.sha256(str(number).encode()).hexdigest(),
        }
        # What counts is what Exact says, unless a test says otherwise.
        for name in {"payment_status", "paid_amount", "paid_date"} & fields.keys():
            defaults[f"exact_{name}"] = fields[name]
        invoice = Invoice.objects.create(subsidiary=subsidiary, client=client, **defaults | fields)
        for position, line in enumerate(lines, start=1):
            _make_line(organization, invoice, position, dict(line))
        return invoice


def _make_line(
    organization: Organization, invoice: Invoice, position: int, line: dict[str, Any]
) -> InvoiceLine:
    rate = line.pop("rate", None)
    service = line.pop("service", None)
    defaults = {"description": f"Line {position}", "source_id": f"{invoice.source_id}-{position}"}
    if rate is not None:
        line["tax_rate"] = make_tax_rate(organization=organization, percentage=rate)
    if service is not None:
        line["service_type"] = make_service_type(organization=organization, name=service)
    return InvoiceLine.objects.create(invoice=invoice, position=position, **defaults | line)


def _vat(lines: Sequence[Mapping[str, Any]], currency: str) -> Decimal:
    per_rate: dict[Decimal, Decimal] = {}
    for line in lines:
        rate = Decimal(line.get("rate") or 0)
        per_rate[rate] = per_rate.get(rate, Decimal(0)) + Decimal(line["net_amount"])
    return sum((quantize(net * rate / 100, currency) for rate, net in per_rate.items()), Decimal(0))


def make_copy_request(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    state: CopyState = CopyState.QUEUED,
    **fields: Any,
) -> CopyRequest:
    """A copy request in any state, as if the engine had brought it there."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "kind": CopyKind.CREATE,
        "generation": number,
        "marker": f"K7Q2-{number:04d}",
        "requested_at": NOW,
        "choices": {},
        "journal_code": "70",
        "your_ref": invoice.number,
        "state_changed_at": NOW,
    }
    if state == CopyState.SENDING:
        defaults |= {"attempt_count": 1, "payload_hash": "0" * 64}
    with tenant_transaction(invoice.organization_id):
        request = CopyRequest.objects.create(
            invoice=invoice, connection=connection, state=state, **defaults | fields
        )
        if state == CopyState.SENDING:
            make_attempt(request)
        return request


def make_attempt(request: CopyRequest, **fields: Any) -> CopyAttempt:
    """The newest send of a request, still without an answer."""
    defaults: dict[str, Any] = {
        "number": request.attempt_count,
        "fence": request.fence,
        "worker": "test",
        "started_at": NOW,
        "payload_hash": request.payload_hash,
    }
    with tenant_transaction(request.organization_id):
        return CopyAttempt.objects.create(copy_request=request, **defaults | fields)


def make_posted_document(
    *, invoice: Invoice, connection: ExactConnection, **fields: Any
) -> PostedDocument:
    """A document in Exact with the request that made it; the invoice is finalized."""
    number = next(_numbers)
    with tenant_transaction(invoice.organization_id):
        request = fields.pop("copy_request", None) or make_copy_request(
            invoice=invoice, connection=connection, state=CopyState.COPIED
        )
        defaults: dict[str, Any] = {
            "exact_id": uuid4(),
            "entry_number": 26_700_000 + number,
            "invoice_number": 26_700_000 + number,
            "journal_code": "70",
            "customer_exact_id": uuid4(),
            "your_ref": invoice.number,
            "currency": invoice.currency,
            "gross_amount": invoice.gross_amount * invoice.sign,
            "vat_amount": invoice.vat_amount * invoice.sign,
            "content_hash": invoice.content_hash,
            "payload": {},
            "payload_hash": "0" * 64,
            "sequence": invoice.posted_documents.count() + 1,
            "created_at": NOW + timedelta(minutes=1),
            "updated_at": NOW + timedelta(minutes=1),
        }
        defaults["entry_exact_id"] = fields.get("exact_id", defaults["exact_id"])
        document = PostedDocument.objects.create(
            invoice=invoice, connection=connection, copy_request=request, **defaults | fields
        )
        invoice.state = InvoiceState.FINALIZED
        invoice.save()
        return document
