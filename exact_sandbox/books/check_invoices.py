"""Checks that sales invoices and the entries that printing made of them tell one story."""

from __future__ import annotations

from exact_sandbox.database import Database


def invoice_problems(database: Database, division: int) -> list[str]:
    """Return what does not add up between invoices, their lines and their entries."""
    different = database.execute(
        'SELECT i."InvoiceNumber" AS number FROM salesinvoices i '
        'JOIN sales_invoice_entries l ON l.invoice_id = i."InvoiceID" '
        'JOIN salesentries e ON e."EntryID" = l.entry_id WHERE i."Division" = ? AND '
        '(abs(e."AmountFC") <> abs(i."AmountFC") OR abs(e."VATAmountFC") <> abs(i."VATAmountFC") '
        'OR e."EntryNumber" <> i."InvoiceNumber" OR e."InvoiceNumber" <> i."InvoiceNumber")',
        [division],
    )
    unbooked = database.execute(
        'SELECT "InvoiceID" AS id FROM salesinvoices WHERE "Division" = ? AND ("Status" = 50) <> '
        '("InvoiceID" IN (SELECT invoice_id FROM sales_invoice_entries))',
        [division],
    )
    totals = database.execute(
        'SELECT i."InvoiceID" AS id FROM salesinvoices i WHERE i."Division" = ? '
        'AND coalesce(i."Discount", 0) = 0 AND coalesce(i."AmountDiscount", 0) = 0 '
        'AND coalesce(i."AmountDiscountExclVat", 0) = 0 AND i."AmountFCExclVat" <> (SELECT coalesce('
        'sum(l."AmountFC"), 0) FROM salesinvoicelines l WHERE l."InvoiceID" = i."InvoiceID")',
        [division],
    )
    return [
        *(f"Invoice {row['number']} and its entry differ." for row in different),
        *(f"Invoice {row['id']} is printed or booked, not both." for row in unbooked),
        *(f"Invoice {row['id']} is not the sum of its lines." for row in totals),
    ]
