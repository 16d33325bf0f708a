"""What sales invoices there really are, read past every switch and fault: the measure for tests."""

from __future__ import annotations

from exact_sandbox.database import Database
from exact_sandbox.values import Record, Value


def sales_invoices_of(database: Database, division: int) -> list[dict[str, object]]:
    """Return every sales invoice of a division with its lines; amounts are texts."""
    return [
        {
            "invoice_id": row["InvoiceID"],
            "invoice_number": row["InvoiceNumber"],
            "order_number": row["OrderNumber"],
            "entry_id": _entry(database, row["InvoiceID"]),
            "journal": row["Journal"],
            "type": row["Type"],
            "status": row["Status"],
            "ordered_by": row["OrderedBy"],
            "invoice_to": row["InvoiceTo"],
            "invoice_to_name": _column(database, "accounts", "Name", row["InvoiceTo"]),
            "contact": row["InvoiceToContactPerson"],
            "your_ref": row["YourRef"],
            "payment_reference": row["PaymentReference"],
            "description": row["Description"],
            "currency": row["Currency"],
            "invoice_date": row["InvoiceDate"].date().isoformat(),
            "due_date": row["DueDate"].date().isoformat(),
            "payment_condition": row["PaymentCondition"],
            "document": row["Document"],
            "discount": _text(row["Discount"]),
            "amount": _text(row["AmountFC"]),
            "amount_excluding_vat": _text(row["AmountFCExclVat"]),
            "vat_amount": _text(row["VATAmountFC"]),
            "creator": row["CreatorFullName"],
            "lines": _lines(database, row["InvoiceID"]),
        }
        for row in database.records("salesinvoices", Division=division)
    ]


def _lines(database: Database, invoice_id: str) -> list[Record]:
    return [
        {
            "id": line["ID"],
            "item": line["Item"],
            "item_code": _column(database, "items", "Code", line["Item"]),
            "description": line["Description"],
            "notes": line["Notes"],
            "quantity": _text(line["Quantity"]),
            "unit": line["UnitCode"],
            "net_price": _text(line["NetPrice"]),
            "gl_account_code": _column(database, "glaccounts", "Code", line["GLAccount"]),
            "vat_code": line["VATCode"],
            "amount": _text(line["AmountFC"]),
            "vat_amount": _text(line["VATAmountFC"]),
        }
        for line in database.records(
            "salesinvoicelines", InvoiceID=invoice_id, order='"LineNumber"'
        )
    ]


def _entry(database: Database, invoice_id: str) -> str | None:
    rows = database.execute(
        "SELECT entry_id FROM sales_invoice_entries WHERE invoice_id = ?", [invoice_id]
    )
    return str(rows[0][0]) if rows else None


def _column(database: Database, table: str, column: str, key: str) -> Value:
    return (database.find(table, ID=key) or {}).get(column)


def _text(value: Value) -> str | None:
    return None if value is None else f"{value.normalize():f}"
