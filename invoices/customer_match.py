"""Which customer account in Exact a client surely is, or may be, with the reason a person reads (D-10).

The rules; `customer_search.py` reads the mirror by them. The first rule that finds an account decides, in the order of `Rule`. An account is taken without
a question only if nothing speaks against it; everything else is a candidate, and a person chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Func
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from connector.sentences import joined_by_and, sentence, together
from integrations.models import ExactConnection, ExactCustomer
from integrations.models.match_keys import code_key, name_key, number_key
from invoices.customer_marks import (
    Likeness,
    Marks,
    compare_coc,
    compare_code,
    compare_name,
    compare_vat,
    iso_country,
)
from invoices.models import Client, CustomerLink, ExactRecordState

# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts: only C can be invoiced.
_CUSTOMER = "C"


class Rule(StrEnum):
    """How an account was found; an earlier one is stronger."""

    REMEMBERED = "remembered"
    VAT_NUMBER = "vat_number"
    COC_NUMBER = "coc_number"
    CODE = "code"
    NAME = "name"

    @property
    def reason(self) -> str:
        """What makes it the same customer, as the end of "because ..."."""
        return together(_REASONS[self])


_REASONS: Mapping[Rule, Promise] = {
    Rule.REMEMBERED: gettext_lazy("it is the customer of earlier invoices"),
    Rule.VAT_NUMBER: gettext_lazy("the VAT number is the same"),
    Rule.COC_NUMBER: gettext_lazy("the Chamber of Commerce number is the same"),
    Rule.CODE: gettext_lazy("the customer code is the same"),
    Rule.NAME: gettext_lazy("the name is the same"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that may be the client.

    `contradictions`: marks that both have and that differ. `obstacle`: why it cannot be invoiced.
    """

    account: ExactCustomer
    rule: Rule
    reason: str
    is_same: bool = True
    contradictions: tuple[str, ...] = ()
    obstacle: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it may be taken without a question, if it is the only one."""
        return self.is_same and not self.contradictions and not self.obstacle

    @property
    def explanation(self) -> str:
        """Why it is offered, and what to look at before choosing it."""
        against = [text for text in (*self.contradictions, self.obstacle) if text]
        if not against:
            return self.reason
        return sentence(
            "%(reason)s, but %(against)s", reason=self.reason, against=joined_by_and(against)
        )


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """The accounts that may be the client; `sure` is the one that is. `notice`: why the remembered one is not taken.

    `unlisted` is the remembered one where the list from Exact does not have it.
    """

    candidates: tuple[Candidate, ...] = ()
    sure: Candidate | None = None
    notice: str = ""
    unlisted: UUID | None = None

    @property
    def customer(self) -> ExactCustomer | None:
        """The account when there is no doubt."""
        return self.sure.account if self.sure else None

    @property
    def is_remembered(self) -> bool:
        """Whether it is the account of earlier invoices."""
        return self.sure is not None and self.sure.rule == Rule.REMEMBERED

    @property
    def account_ids(self) -> frozenset[str]:
        """The ids of all accounts that may be the client, as forms carry them."""
        return frozenset(str(candidate.account.exact_id) for candidate in self.candidates)

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person has to choose."""
        return self.sure is None and bool(self.candidates or self.notice)

    @property
    def question(self) -> str:
        """What a person reads when one has to choose."""
        return together(self.notice, self._finding)

    @property
    def _finding(self) -> str:
        why = list(dict.fromkeys(candidate.explanation for candidate in self.candidates))
        if not why:
            return ""
        if len(self.candidates) == 1:
            return sentence(
                "%(account)s in Exact may be this customer: %(why)s.",
                account=str(self.candidates[0].account),
                why=why[0],
            )
        if len(why) == 1:
            return sentence(
                "%(n)s customers in Exact may be this one: %(why)s.",
                n=len(self.candidates),
                why=why[0],
            )
        return sentence(
            "%(n)s customers in Exact may be this one, for different reasons.",
            n=len(self.candidates),
        )


# --- The rules --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """One rule: the column by whose key accounts are found, and what decides among them."""

    rule: Rule
    column: str
    key: str
    make_key: Callable[[str], Func]
    compare: Callable[[Marks, Marks], Likeness]


SEARCHES = (
    Search(Rule.VAT_NUMBER, "vat_number", "vat_key", number_key, compare_vat),
    Search(
        Rule.COC_NUMBER,
        "coc_number",
        "coc_key",
        number_key,
        compare_coc,
    ),
    Search(Rule.CODE, "code", "code_key", code_key, compare_code),
    Search(Rule.NAME, "name", "name_key", name_key, compare_name),
)
_NUMBERS = SEARCHES[:2]


def marks_of(customer: Client | ExactCustomer) -> Marks:
    """This function will return what a client, or an account of the mirror, is recognized by."""
    return Marks(
        name=customer.name,
        vat_number=customer.vat_number,
        coc_number=customer.coc_number,
        code=customer.code,
        country=customer.country,
    )


def match_earlier(exact_id: UUID, account: ExactCustomer | None) -> CustomerMatch:
    """This function will return the account of earlier invoices; or say why it cannot be taken any more."""
    if account is None:
        notice = sentence("The customer of earlier invoices is not in the list from Exact.")
        return CustomerMatch(notice=notice, unlisted=exact_id)
    obstacle = sentence("deleted in Exact") if account.is_gone else obstacle_of(account)
    if obstacle:
        notice = sentence(
            "The customer of earlier invoices, %(account)s, is %(obstacle)s.",
            account=str(account),
            obstacle=obstacle,
        )
        return CustomerMatch(notice=notice)
    candidate = Candidate(account, Rule.REMEMBERED, sentence("remembered from an earlier invoice"))
    return CustomerMatch((candidate,), candidate)


def obstacle_of(account: ExactCustomer) -> str:
    """This function will say why an account cannot be invoiced, as the end of "it is ..."; empty when it can."""
    if account.is_blocked:
        return sentence("blocked in Exact")
    match account.status:
        case "C":
            return ""
        case "P":
            return sentence("a prospect in Exact, not a customer yet")
        case "S":
            return sentence("a suspect in Exact, not a customer yet")
        case _other:
            return sentence("another relation in Exact, not a customer yet")


def find_hits(search: Search, ours: Marks, rows: Iterable[ExactCustomer]) -> Iterator[Candidate]:
    """This function will return those of the accounts that may be the client by the rule, with what is for and against."""
    for row in rows:
        theirs = marks_of(row)
        likeness = search.compare(ours, theirs)
        if likeness in {Likeness.SAME, Likeness.PERHAPS}:
            yield _candidate(row, search, ours, theirs, is_same=likeness == Likeness.SAME)


def _candidate(
    row: ExactCustomer, search: Search, ours: Marks, theirs: Marks, *, is_same: bool
) -> Candidate:
    obstacle = obstacle_of(row)
    return Candidate(
        account=row,
        rule=search.rule,
        reason=_likeness(search.rule, getattr(theirs, search.column).strip(), is_same=is_same),
        is_same=is_same,
        contradictions=tuple(_contradictions(search, ours, theirs)),
        obstacle=sentence("it is %(obstacle)s", obstacle=obstacle) if obstacle else "",
    )


def _contradictions(search: Search, ours: Marks, theirs: Marks) -> Iterator[str]:
    """The numbers that both have and that are surely different. Companies that file VAT together share its number."""
    for other in _NUMBERS:
        if other is not search and other.compare(ours, theirs) == Likeness.OTHER:
            value = getattr(theirs, other.column).strip()
            yield (
                sentence("the VAT number is another: %(value)s", value=value)
                if other.rule == Rule.VAT_NUMBER
                else sentence("the Chamber of Commerce number is another: %(value)s", value=value)
            )
    countries = {iso_country(ours.country), iso_country(theirs.country)} - {""}
    if search.rule == Rule.NAME and len(countries) > 1:
        yield sentence("it is in another country: %(country)s", country=theirs.country)


def _likeness(rule: Rule, value: str, *, is_same: bool) -> str:
    match rule, is_same:
        case Rule.VAT_NUMBER, True:
            return sentence("the VAT number %(value)s is the same", value=value)
        case Rule.VAT_NUMBER, False:
            return sentence("the VAT number %(value)s may be the same", value=value)
        case Rule.COC_NUMBER, True:
            return sentence("the Chamber of Commerce number %(value)s is the same", value=value)
        case Rule.COC_NUMBER, False:
            return sentence("the Chamber of Commerce number %(value)s may be the same", value=value)
        case Rule.CODE, True:
            return sentence("the customer code %(value)s is the same", value=value)
        case Rule.CODE, False:
            return sentence("the customer code %(value)s may be the same", value=value)
        case _name, True:
            return sentence("the name is the same")
        case _name, _nearly:
            return sentence("the name is nearly the same")


def forget_customer(connection: ExactConnection, client: Client) -> None:
    """This function will forget the client's account, because a person asked for a new one instead."""
    CustomerLink.objects.filter(
        connection=connection, client=client, state=ExactRecordState.LINKED
    ).delete()
