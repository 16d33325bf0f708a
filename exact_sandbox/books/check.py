"""Checks that the books of a division tell one story; for tests and for the doubtful.

Each check is a query that finds what contradicts itself, so a good set of books gives no rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.books.check_invoices import invoice_problems
from exact_sandbox.database import Database
from exact_sandbox.resources import table_columns


@dataclass(frozen=True, slots=True)
class Check:
    """A query over the division `:division`, and the sentence for each row it finds."""

    sentence: str
    sql: str


# What several checks look at: the headers of all entries, and the ledger lines on receivable and
# payable accounts with the sign of their terms.
_VIEWS = """
WITH headers AS (
  SELECT "EntryID", "Status", "EntryNumber", "Journal", "ReportingYear" AS year,
    "ReportingPeriod" AS period, "AmountFC" AS total FROM salesentries WHERE "Division" = :division
  UNION ALL SELECT "EntryID", "Status", "EntryNumber", "JournalCode", "FinancialYear",
    "FinancialPeriod", "ClosingBalanceFC" - "OpeningBalanceFC"
    FROM bankentries WHERE "Division" = :division
  UNION ALL SELECT "EntryID", "Status", "EntryNumber", "JournalCode", "FinancialYear",
    "FinancialPeriod", "ClosingBalanceFC" - "OpeningBalanceFC"
    FROM cashentries WHERE "Division" = :division
  UNION ALL SELECT "EntryID", 20, "EntryNumber", "JournalCode", "FinancialYear",
    "FinancialPeriod", NULL FROM memorial_entries WHERE "Division" = :division),
owed AS (
  SELECT l.*, g."Type" AS line_type, CASE g."Type" WHEN 20 THEN 1 ELSE -1 END AS sign
  FROM transactionlines l JOIN glaccounts g ON g."ID" = l."GLAccount"
  WHERE l."Division" = :division AND g."Type" IN (20, 22))
"""
_LEDGER = (
    Check(
        "Entry {EntryID}: debit and credit differ by {dc} (in its currency {fc}).",
        """SELECT "EntryID", sum("AmountDC") AS dc, sum("AmountFC") AS fc FROM transactionlines
        WHERE "Division" = :division GROUP BY "EntryID" HAVING dc <> 0 OR fc <> 0""",
    ),
    Check(
        "Entry {EntryID} has lines in {number} currencies.",
        """SELECT "EntryID", count(DISTINCT "Currency") AS number FROM transactionlines
        WHERE "Division" = :division GROUP BY "EntryID" HAVING number <> 1""",
    ),
    Check(
        "Entry {EntryID}: its lines are not those of its header.",
        """SELECT h."EntryID" FROM headers h
        LEFT JOIN transactionlines l ON l."EntryID" = h."EntryID" AND l."LineNumber" = 0
        WHERE l."ID" IS NULL OR l."AmountFC" <> coalesce(h.total, l."AmountFC")
        UNION SELECT h."EntryID" FROM headers h
        JOIN transactionlines l ON l."EntryID" = h."EntryID"
        WHERE l."Status" <> h."Status" OR l."EntryNumber" <> h."EntryNumber"
        OR l."JournalCode" <> h."Journal" OR l."FinancialYear" <> h.year
        OR l."FinancialPeriod" <> h.period""",
    ),
    Check(
        "Ledger line {ID} belongs to no entry.",
        """SELECT "ID" FROM transactionlines WHERE "Division" = :division AND "Type" <> 30
        AND "EntryID" NOT IN (SELECT "EntryID" FROM headers)""",
    ),
    Check(
        "Ledger line {ID} is offset by {OffsetID}, which is not there.",
        """SELECT "ID", "OffsetID" FROM transactionlines l WHERE "Division" = :division
        AND "OffsetID" IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM transactionlines o WHERE o."ID" = l."OffsetID")""",
    ),
)
_DOCUMENTS = (
    Check(
        "Sales entry {EntryID}: its header says {AmountFC}, its lines {lines}.",
        """SELECT e."EntryID", e."AmountFC", sum(l."AmountFC" + l."VATAmountFC") AS lines
        FROM salesentries e JOIN salesentrylines l ON l."EntryID" = e."EntryID"
        WHERE e."Division" = :division GROUP BY e."EntryID"
        HAVING lines <> e."AmountFC" OR sum(l."VATAmountFC") <> e."VATAmountFC"
        OR sum(l."AmountDC" + l."VATAmountDC") <> e."AmountDC"
        OR sum(l."VATAmountDC") <> e."VATAmountDC\"""",
    ),
    Check(
        "Line {ID} and its ledger line differ.",
        """SELECT s."ID" FROM salesentrylines s
        LEFT JOIN transactionlines l ON l."ID" = s."ID" AND l."EntryID" = s."EntryID"
        WHERE s."Division" = :division AND (l."ID" IS NULL OR l."AmountFC" <> -s."AmountFC"
        OR l."AmountDC" <> -s."AmountDC" OR l."GLAccount" <> s."GLAccount")
        UNION ALL SELECT s."ID" FROM bankentrylines s
        LEFT JOIN transactionlines l ON l."ID" = s."ID" AND l."EntryID" = s."EntryID"
        WHERE s."Division" = :division AND (l."ID" IS NULL OR l."GLAccount" <> s."GLAccount"
        OR l."AmountFC" <> s."AmountVATFC" - s."AmountFC")
        UNION ALL SELECT s."ID" FROM cashentrylines s
        LEFT JOIN transactionlines l ON l."ID" = s."ID" AND l."EntryID" = s."EntryID"
        WHERE s."Division" = :division AND (l."ID" IS NULL OR l."GLAccount" <> s."GLAccount"
        OR l."AmountFC" <> s."AmountVATFC" - s."AmountFC")""",
    ),
    Check(
        "Line {ID} belongs to no entry.",
        """SELECT "ID" FROM salesentrylines WHERE "Division" = :division
        AND "EntryID" NOT IN (SELECT "EntryID" FROM salesentries)
        UNION ALL SELECT "ID" FROM bankentrylines WHERE "Division" = :division
        AND "EntryID" NOT IN (SELECT "EntryID" FROM bankentries)
        UNION ALL SELECT "ID" FROM cashentrylines WHERE "Division" = :division
        AND "EntryID" NOT IN (SELECT "EntryID" FROM cashentries)
        UNION ALL SELECT line_id FROM line_items
        WHERE line_id NOT IN (SELECT "ID" FROM bankentrylines)
        AND line_id NOT IN (SELECT "ID" FROM cashentrylines)""",
    ),
)
_TERMS = (
    Check(
        "Ledger line {ID}: its terms differ from it by {fc} (in the division's currency {dc}).",
        """SELECT o."ID", o.sign * o."AmountFC" - coalesce(sum(t."AmountFC"), 0) AS fc,
        o.sign * o."AmountDC" - coalesce(sum(t."AmountDC"), 0) AS dc
        FROM owed o LEFT JOIN terms t ON t."TransactionID" = o."ID"
        GROUP BY o."ID" HAVING fc <> 0 OR dc <> 0""",
    ),
    Check(
        "Term {ID} is not of its ledger line.",
        """SELECT t."ID" FROM terms t LEFT JOIN owed o ON o."ID" = t."TransactionID"
        WHERE t."Division" = :division AND (o."ID" IS NULL OR o."EntryID" <> t."TransactionEntryID"
        OR o."Account" <> t."Account" OR o."GLAccount" <> t."GLAccount"
        OR o."Currency" <> t."Currency" OR o.line_type <> t."LineType"
        OR o."EntryNumber" <> t."EntryNumber" OR o."JournalCode" <> t."Journal"
        OR o."Status" <> t."TransactionStatus" OR o."Type" <> t."TransactionType"
        OR t."TransactionAmountFC" <> o.sign * o."AmountFC"
        OR t."TransactionAmountDC" <> o.sign * o."AmountDC")""",
    ),
    Check(
        "Ledger line {TransactionID} has {number} open terms.",
        """SELECT "TransactionID", count(*) AS number FROM terms WHERE "Division" = :division
        AND "Status" < 50 GROUP BY "TransactionID" HAVING number > 1""",
    ),
    Check(
        "Ledger line {TransactionID}: its terms have both signs.",
        """SELECT "TransactionID" FROM terms WHERE "Division" = :division
        GROUP BY "TransactionID" HAVING min("AmountFC") < 0 AND max("AmountFC") > 0""",
    ),
    Check(
        "Term {ID} is open for nothing, or bears the marks of a match.",
        """SELECT "ID" FROM terms WHERE "Division" = :division AND "Status" < 50
        AND ("AmountFC" = 0 OR "EndDate" IS NOT NULL OR "EndYear" IS NOT NULL
        OR "LastPaymentDate" IS NOT NULL OR "IsFullyPaid" <> 0
        OR "ID" IN (SELECT term_id FROM match_terms))""",
    ),
    Check(
        "Term {ID} is closed by nothing.",
        """SELECT "ID" FROM terms WHERE "Division" = :division AND "Status" = 50
        AND ("EndDate" IS NULL OR "EndYear" IS NULL OR "EndPeriod" IS NULL
        OR (("AmountFC" <> 0 OR "AmountDC" <> 0)
        AND "ID" NOT IN (SELECT term_id FROM match_terms)))""",
    ),
    Check(
        "Terms share the EntryID {EntryID}.",
        """SELECT "EntryID" FROM terms WHERE "Division" = :division
        GROUP BY "EntryID" HAVING count(*) > 1""",
    ),
)
_MATCHES = (
    Check(
        "Match {id}: its terms add up to {fc} (in the division's currency {dc}).",
        """SELECT s.id, sum(t."AmountFC") AS fc, sum(t."AmountDC") AS dc FROM match_sets s
        LEFT JOIN match_terms m ON m.set_id = s.id LEFT JOIN terms t ON t."ID" = m.term_id
        WHERE s.division = :division GROUP BY s.id
        HAVING fc IS NULL OR fc <> 0 OR dc <> 0 OR count(t."ID") < 2
        OR count(t."ID") <> count(m.term_id)
        OR count(DISTINCT t."Account") > 1 OR count(DISTINCT t."Currency") > 1
        OR count(DISTINCT t."GLAccount") > 1 OR min(t."Status") < 50
        OR max(t."InvoiceDate") <> max(t."EndDate") OR min(t."EndDate") <> max(t."EndDate")""",
    ),
    Check(
        "A match lists the term {term_id}, which is not there.",
        """SELECT term_id FROM match_terms m
        WHERE NOT EXISTS (SELECT 1 FROM terms t WHERE t."ID" = m.term_id)
        OR NOT EXISTS (SELECT 1 FROM match_sets s WHERE s.id = m.set_id)""",
    ),
    Check(
        "Difference {EntryID} outlives the match it was booked for.",
        """SELECT e."EntryID" FROM memorial_entries e WHERE e."Division" = :division
        AND e.type IN (82, 83) AND NOT EXISTS (SELECT 1 FROM terms t
        JOIN match_terms m ON m.term_id = t."ID" WHERE t."TransactionEntryID" = e."EntryID")""",
    ),
)
_DELETIONS = (
    Check(
        "{EntityKey} is in sync/Deleted and still there.",
        """SELECT "EntityKey" FROM deleted WHERE "Division" = :division AND
        (("EntityType" = 10 AND "EntityKey" IN (SELECT "ID" FROM terms))
        OR ("EntityType" = 1 AND "EntityKey" IN (SELECT "ID" FROM transactionlines)))""",
    ),
    Check(
        "{EntityKey} is in sync/Deleted {number} times.",
        """SELECT "EntityKey", count(*) AS number FROM deleted WHERE "Division" = :division
        AND "EntityType" IN (1, 10) GROUP BY "EntityKey", "EntityType" HAVING number > 1""",
    ),
)
_ALL = (*_LEDGER, *_DOCUMENTS, *_TERMS, *_MATCHES, *_DELETIONS)


def book_problems(database: Database, division: int) -> list[str]:
    """Return what does not add up in a division; an empty list is a good set of books."""
    problems = [
        check.sentence.format(**dict(row))
        for check in _ALL
        for row in database.execute(
            "".join((_VIEWS, check.sql)).replace(":division", str(int(division)))
        )
    ]
    return [
        *problems,
        *invoice_problems(database, division),
        *_shared_timestamps(database),
    ]


def _shared_timestamps(database: Database) -> list[str]:
    """Return the Timestamps that two records of the whole store have: there should be none."""
    tables = [name for name, columns in table_columns().items() if "Timestamp" in columns]
    together = " UNION ALL ".join(f'SELECT "Timestamp" FROM "{table}"' for table in tables)  # noqa: S608
    rows = database.execute(
        f'SELECT "Timestamp" FROM ({together}) WHERE "Timestamp" IS NOT NULL '  # noqa: S608
        'GROUP BY "Timestamp" HAVING count(*) > 1'
    )
    return [f"Several records have the Timestamp {row['Timestamp']}." for row in rows]
