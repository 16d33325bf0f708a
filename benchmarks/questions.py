"""The requests that are measured, made from what is in the books."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from benchmarks.books import DIVISION, ENTRIES, FIRST_NUMBER, entry
from benchmarks.client import Client, address

FIELDS = "EntryID,EntryNumber,YourRef,Customer,AmountFC,AmountDC,Currency,Status,Modified"
TERM_FIELDS = (
    "ID,Timestamp,AmountFC,AmountDC,Status,LineType,TransactionEntryID,YourRef,EndDate,Account,"
    "Currency,DueDate,InvoiceNumber,EntryNumber,LastPaymentDate,IsFullyPaid"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of read."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a client knows of the books before it begins."""

    entry_ids: list[str]
    customers: list[str]
    gl_account: str
    entries: int
    middle_timestamp: int
    moment: str


def learn(client: Client, entries: int) -> Known:
    """Read what the requests need."""
    terms = address(
        DIVISION, "sync/Cashflow/PaymentTerms", filter="Timestamp gt 1L", select="Timestamp"
    )
    first = int(client.call("GET", terms).rows()[0]["Timestamp"])
    rows = client.call("GET", address(DIVISION, ENTRIES, select="EntryID,Customer,Modified")).rows()
    accounts = address(DIVISION, "financial/GLAccounts", filter="Code eq '8000'", select="ID")
    return Known(
        [row["EntryID"] for row in rows],
        sorted({row["Customer"] for row in rows}),
        client.call("GET", accounts).rows()[0]["ID"],
        entries,
        first + entries,  # each booking takes several numbers, so this is well before the end
        "2020-01-01T00:00:00",
    )


def single_cases(known: Known) -> list[Case]:
    """Return the reads whose time is measured one by one."""
    number = known.entries // 2 + 1
    by_filter = {
        "YourRef": f"YourRef eq 'B-{number}'",
        "Journal and EntryNumber": f"Journal eq '70' and EntryNumber eq {FIRST_NUMBER + number}",
        "Customer": f"Customer eq guid'{known.customers[0]}'",
        "Modified, everything": f"Modified gt datetime'{known.moment}'",
        "Modified, nothing": "Modified gt datetime'2100-01-01T00:00:00'",
    }
    return [
        Case("keyed read", address(DIVISION, f"{ENTRIES}(guid'{known.entry_ids[0]}')")),
        *(
            Case(f"page by {name}", address(DIVISION, ENTRIES, filter=text, select=FIELDS))
            for name, text in by_filter.items()
        ),
        Case("first page, 60 whole entries", address(DIVISION, ENTRIES)),
        Case(
            "receivables by InvoiceNumber",
            address(
                DIVISION,
                "cashflow/Receivables",
                filter=f"InvoiceNumber eq {FIRST_NUMBER + number}",
                select="ID,AmountDC,YourRef",
            ),
        ),
        Case(
            "transaction lines by EntryNumber",
            address(
                DIVISION,
                "financialtransaction/TransactionLines",
                filter=f"EntryNumber eq {FIRST_NUMBER + number}",
                select="ID,AmountDC",
            ),
        ),
        Case("sync page, 1,000 terms", _terms(known.middle_timestamp)),
        Case("sync page, nothing new", _terms(10**15)),
        Case(
            "sync/Deleted, 1,000 rows",
            address(
                DIVISION,
                "sync/Deleted",
                filter="Timestamp gt 1L",
                select="ID,EntityKey,EntityType,Timestamp",
            ),
        ),
    ]


def mixed(known: Known, seed: int) -> MixedLoad:
    """Return the requests of one client of the mixed load, without end."""
    return MixedLoad(known, random.Random(seed), seed)  # noqa: S311 - must repeat, guards nothing


@dataclass(slots=True)
class MixedLoad:
    """Mostly small reads, some pages and syncs, a booking now and then."""

    known: Known
    chance: random.Random
    seed: int
    booked: int = 0

    def next(self) -> tuple[str, str, bytes]:
        """Return method, path and body of the next request."""
        kind = self.chance.random()
        if kind < 0.10:
            return "POST", address(DIVISION, ENTRIES), self._booking()
        if kind < 0.50:
            key = self.chance.choice(self.known.entry_ids)
            return "GET", address(DIVISION, f"{ENTRIES}(guid'{key}')", select=FIELDS), b""
        if kind < 0.75:
            number = self.chance.randrange(self.known.entries)
            text = f"YourRef eq 'B-{number}'"
            return "GET", address(DIVISION, ENTRIES, filter=text, select=FIELDS), b""
        if kind < 0.90:
            return "GET", _terms(10**15), b""
        if kind < 0.98:
            return "GET", address(DIVISION, ENTRIES, select=FIELDS), b""
        return "GET", _terms(self.known.middle_timestamp), b""

    def _booking(self) -> bytes:
        self.booked += 1
        number = (self.seed + 1) * 10_000_000 + self.booked
        customer = self.chance.choice(self.known.customers)
        return json.dumps(entry(customer, self.known.gl_account, number)).encode()


def _terms(timestamp: int) -> str:
    return address(
        DIVISION,
        "sync/Cashflow/PaymentTerms",
        filter=f"Timestamp gt {timestamp}L",
        select=TERM_FIELDS,
    )
