"""What is really in the books, read past every switch and fault: the measure for tests."""

from __future__ import annotations

from exact_sandbox.database import Database
from exact_sandbox.values import Record, Value


def entries_of(database: Database, division: int) -> list[dict[str, object]]:
    """Return every sales entry of a division with lines and terms; amounts are texts."""
    with database.reading():
        return [
            {
                "entry_id": row["EntryID"],
                "entry_number": row["EntryNumber"],
                "invoice_number": row["InvoiceNumber"],
                "journal": row["Journal"],
                "type": row["Type"],
                "status": row["Status"],
                "customer": row["Customer"],
                "customer_name": _name(database, row["Customer"]),
                "your_ref": row["YourRef"],
                "payment_reference": row["PaymentReference"],
                "description": row["Description"],
                "currency": row["Currency"],
                "rate": _text(row["Rate"]),
                "entry_date": row["EntryDate"].date().isoformat(),
                "due_date": row["DueDate"].date().isoformat(),
                "payment_condition": row["PaymentCondition"],
                "document": row["Document"],
                "amount": _text(row["AmountFC"]),
                "amount_dc": _text(row["AmountDC"]),
                "vat_amount": _text(row["VATAmountFC"]),
                "created": row["Created"].isoformat(),
                "creator": row["CreatorFullName"],
                "lines": _lines(database, row["EntryID"]),
                "terms": _terms(database, row["EntryID"]),
            }
            for row in database.records("salesentries", Division=division)
        ]


def _text(value: Value) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _name(database: Database, account_id: str) -> str | None:
    account = database.find("accounts", ID=account_id)
    return account["Name"] if account else None


def _lines(database: Database, entry_id: str) -> list[Record]:
    return [
        {
            "id": line["ID"],
            "gl_account": line["GLAccount"],
            "gl_account_code": (database.find("glaccounts", ID=line["GLAccount"]) or {}).get(
                "Code"
            ),
            "vat_code": line["VATCode"],
            "amount": _text(line["AmountFC"]),
            "vat_amount": _text(line["VATAmountFC"]),
            "vat_percentage": _text(line["VATPercentage"]),
            "quantity": _text(line["Quantity"]),
            "description": line["Description"],
        }
        for line in database.records("salesentrylines", EntryID=entry_id, order='"LineNumber"')
    ]


def _terms(database: Database, entry_id: str) -> list[Record]:
    return [
        {
            "id": term["ID"],
            "amount": _text(term["AmountFC"]),
            "amount_dc": _text(term["AmountDC"]),
            "status": term["Status"],
            "due_date": term["DueDate"].date().isoformat(),
        }
        for term in database.records("terms", TransactionEntryID=entry_id)
    ]
