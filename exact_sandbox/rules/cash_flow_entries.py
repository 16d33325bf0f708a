"""What Exact accepts as a bank or cash entry and as a line of one, and how it refuses the rest.

The amount of a line is the money that moved, VAT in it included; received is positive.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionBankEntries
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exact_sandbox.books import cash_flow, receipts
from exact_sandbox.books.amounts import rounded
from exact_sandbox.books.cash_flow import Book
from exact_sandbox.books.numbers import choose_entry_number
from exact_sandbox.books.rates import rate_on
from exact_sandbox.books.sales import check_period, day
from exact_sandbox.books.terms import LEDGER_SIGN
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.errors import Refused
from exact_sandbox.rules.checks import Reference, new_key, reference_problems, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.line_checks import (
    cost_problems,
    vat_code_of,
    vat_fraction,
    without_foreign_lines,
    zero_percentage_problems,
)
from exact_sandbox.values import Record

_HEADER_REFERENCES = {"BankStatementDocument": Reference("documents", word="document")}
_LINE_REFERENCES = {
    "Account": Reference("accounts", word="account"),
    "Document": Reference("documents", word="document"),
}


@dataclass(frozen=True, slots=True)
class CashFlowRules:
    """The rules of one book: the bank's or the cash box's."""

    book: Book

    def create(self, context: Context, sent: Record) -> str:
        """Book a new entry and return its EntryID; raises Refused."""
        raw_lines = without_foreign_lines(context, sent.pop(self.book.nested))
        header = self._header(context, sent, raw_lines)
        problems: list[str] = []
        lines = []
        for raw in raw_lines:
            try:
                lines.append(self._complete_line(context, header, raw))
            except Refused as refusal:
                problems += refusal.text.split("\r\n")
        refuse(problems)
        self._check_balance(context, header, sent, lines)
        cash_flow.store(context, self.book, header, lines)
        receipts.book_terms(context, header, lines)
        return str(header["EntryID"])

    def delete(self, context: Context, entry_id: str) -> None:
        """Delete an open entry: what it paid is open again; raises Refused."""
        cash_flow.remove(context, self.book, entry_id)

    def add_line(self, context: Context, sent: Record) -> str:
        """Add a line to an open entry and return its ID; raises Refused."""
        database = context.sandbox.database
        place = {"EntryID": sent["EntryID"], "Division": context.division}
        if database.find(self.book.entries, **place) is None:
            raise Refused(context.say("invalid_reference", what="entry"))
        header = cash_flow.changeable(context, self.book, sent["EntryID"])
        line = self._complete_line(context, header, sent)
        before = cash_flow.lines_of(context, self.book, header["EntryID"])
        cash_flow.store(context, self.book, header, [*before, line])
        receipts.book_terms(context, header, [line])
        return str(line["ID"])

    def _header(self, context: Context, sent: Record, raw_lines: list[Record]) -> Record:
        """Return the header with everything filled in but the lines; raises Refused."""
        journal = self._journal(context, sent)
        dates = [line["Date"] for line in raw_lines if line.get("Date")]
        date = day(min(dates, default=context.sandbox.clock.today()))
        given = {name: value for name, value in sent.items() if value is not None}
        header = cash_flow.new_header(
            journal,
            **{"FinancialYear": date.year, "FinancialPeriod": date.month, **given},
        )
        header["JournalCode"] = journal["Code"]
        header["Currency"] = str(header["Currency"]).upper()
        refuse(
            [
                *_currency_problems(context, header, journal),
                *reference_problems(context, header, _HEADER_REFERENCES, set(sent)),
            ]
        )
        check_period(context, header["FinancialYear"], header["FinancialPeriod"])
        header["EntryNumber"] = choose_entry_number(
            context,
            sent.get("EntryNumber"),
            self.book.entries,
            header["JournalCode"],
            header["FinancialYear"],
        )
        return header

    def _journal(self, context: Context, sent: Record) -> Record:
        journal = context.sandbox.database.find(
            "journals", Code=str(sent["JournalCode"]).strip(), Division=context.division
        )
        if journal is None:
            raise Refused(context.say("invalid_reference", what="journals"))
        if journal["Type"] not in self.book.journal_types:
            raise Refused(context.say(self.book.wrong_journal))
        if journal["IsBlocked"]:
            raise Refused(context.say("blocked", what="journal"))
        return journal

    def _check_balance(
        self, context: Context, header: Record, sent: Record, lines: list[Record]
    ) -> None:
        """Fill in the opening balance; raises Refused when the closing balance is another one."""
        total = sum((line["AmountFC"] for line in lines), Decimal(0))
        opening, closing = sent.get("OpeningBalanceFC"), sent.get("ClosingBalanceFC")
        if opening is None:
            last = cash_flow.last_closing_balance(context, self.book, header)
            opening = last if closing is None else closing - total
        header["OpeningBalanceFC"] = opening
        if closing is not None and opening + total != closing:
            raise Refused(context.say("closing_balance"))

    def _complete_line(self, context: Context, header: Record, sent: Record) -> Record:
        """Return a line with its references checked and its amounts computed; raises Refused."""
        line = {name: value for name, value in sent.items() if value is not None}
        line["ID"] = new_key(context, self.book.lines, sent)
        line["Date"] = day(line.get("Date") or context.sandbox.clock.today())
        line["Description"] = line.get("Description")
        decimals = CURRENCIES[header["Currency"]].decimals
        line["AmountFC"] = rounded(line["AmountFC"], decimals)
        problems = [
            *reference_problems(context, line, _LINE_REFERENCES, set(sent)),
            *_rate_problems(context, header, line),
        ]
        if not line["AmountFC"]:
            problems.append(context.say("mandatory", what="amount"))
        account = context.sandbox.database.find(
            "glaccounts", ID=line["GLAccount"], Division=context.division
        )
        if account is None:
            problems.append(context.say("not_found", what="gl_account"))
        else:
            problems += self._account_problems(context, line, account, sent)
        refuse(problems)
        return line

    def _account_problems(
        self, context: Context, line: Record, account: Record, sent: Record
    ) -> list[str]:
        """Fill in what the ledger account brings; return what does not go with it."""
        if account["IsBlocked"]:
            return [context.say("blocked", what="gl_account")]
        problems = cost_problems(context, account, line)
        if account["Type"] in LEDGER_SIGN:
            line |= {"VATCode": None, "VATPercentage": None, "AmountVATFC": Decimal(0)}
            if not line.get("Account"):
                problems.append(context.say("mandatory", what="account"))
            return problems
        line["VATCode"] = line.get("VATCode") or account["VATCode"]
        problems += zero_percentage_problems(context, line, set(sent))
        vat, vat_problems = vat_code_of(context, line, purchases=True)
        if problems or vat_problems:
            return problems + vat_problems
        return _compute_vat(context, line, vat, sent)


def _currency_problems(context: Context, header: Record, journal: Record) -> list[str]:
    if header["Currency"] not in CURRENCIES:
        return [context.say("invalid_reference", what="currency")]
    if header["Currency"] != journal["Currency"] and not journal["AllowVariableCurrency"]:
        return [context.say("invalid", what="currency")]
    return []


def _rate_problems(context: Context, header: Record, line: Record) -> list[str]:
    """Fill in the rate of the day; return the refusal of one that cannot be."""
    own = rate_on(context.sandbox.database, context.division, header["Currency"], line["Date"])
    line["ExchangeRate"] = line.get("ExchangeRate") or own
    division = context.sandbox.database.find("divisions", Code=context.division) or {}
    at_home = header["Currency"] == division.get("Currency")
    if line["ExchangeRate"] < 0 or (at_home and line["ExchangeRate"] != 1):
        return [context.say("invalid", what="rate")]
    return []


def _compute_vat(context: Context, line: Record, vat: Record | None, sent: Record) -> list[str]:
    """Fill in the VAT that is in a line's amount; return the refusal of one that cannot be."""
    amount: Decimal = line["AmountFC"]
    kind = vat["Type"] if vat and not vat["Charged"] else "N"
    fraction = vat_fraction(context, line, vat, line["Date"], set(sent))
    bears = kind in ("E", "I")
    places = -int(amount.as_tuple().exponent)
    own = rounded(amount - amount / (1 + fraction), places) if bears else Decimal(0)
    stated = sent.get("AmountVATFC")
    line["AmountVATFC"] = own if stated is None else rounded(stated, places)
    line["VATPercentage"] = fraction if bears else Decimal(0)
    line["VATType"] = vat["Type"] if vat else None
    if line["AmountVATFC"] and (
        not bears
        or (line["AmountVATFC"] > 0) != (amount > 0)
        or abs(line["AmountVATFC"]) > abs(amount)
    ):
        return [context.say("vat_mismatch", detail=line["VATCode"] or "")]
    return []
