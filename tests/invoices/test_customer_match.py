"""Which account of the mirror a client is: taken when nothing speaks against it, else offered with the reasons."""

from __future__ import annotations

import json

import pytest
from django.db import connection as database

from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactCustomer
from invoices.customer_match import CustomerMatch, Rule
from invoices.customer_search import match_customer
from tests import factories

pytestmark = pytest.mark.django_db

VAT, OTHER_VAT = "NL854321987B01", "NL001234567B01"
COC, OTHER_COC = "61234567", "17085815"


class Case:
    """A client and the accounts of one division."""

    def __init__(self, **client):
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(organization=self.organization)
        self.client = factories.make_client(
            organization=self.organization, **{"name": "Bakker Media B.V."} | client
        )

    def account(self, **fields):
        return factories.make_customer(connection=self.connection, **fields)

    def remember(self, account):
        factories.link_customer(
            connection=self.connection, client=self.client, customer_exact_id=account.exact_id
        )

    def match(self) -> CustomerMatch:
        with tenant_transaction(self.organization.pk):
            return match_customer(self.connection, self.client)


def found(match):
    return {candidate.account for candidate in match.candidates}


def only(match):
    (candidate,) = match.candidates
    return candidate


def test_d10_the_first_rule_that_finds_an_account_decides():
    case = Case(vat_number=VAT, coc_number=COC, code="10023")
    assert case.match() == CustomerMatch()

    by_rule = []
    for rule, fields in (
        (Rule.NAME, {"name": "bakker  media B.V."}),
        (Rule.CODE, {"code": "10023"}),
        (Rule.COC_NUMBER, {"coc_number": "6123.4567"}),
        (Rule.VAT_NUMBER, {"vat_number": "nl8543.21.987b01"}),
    ):
        account = case.account(**fields)
        match = case.match()
        assert (match.customer, match.sure and match.sure.rule) == (account, rule)
        by_rule.append(match.sure.reason)
    case.remember(by_name := case.account(name="Another"))

    assert case.match().customer == by_name
    assert by_rule == [
        "the name is the same",
        "the customer code 10023 is the same",
        "the Chamber of Commerce number 6123.4567 is the same",
        "the VAT number nl8543.21.987b01 is the same",
    ]
    assert case.match().sure.reason == "remembered from an earlier invoice"


@pytest.mark.parametrize(
    ("client", "accounts", "why"),
    [
        ({"vat_number": VAT}, {"vat_number": VAT}, f"the VAT number {VAT} is the same"),
        ({}, {"name": "BAKKER MEDIA B.V."}, "the name is the same"),
    ],
)
def test_d10_two_accounts_by_one_rule_are_asked_about(client, accounts, why):
    case = Case(**client)
    both = {case.account(**accounts), case.account(**accounts)}

    match = case.match()

    assert (match.customer, match.is_ambiguous, found(match)) == (None, True, both)
    assert match.question == f"2 customers in Exact may be this one: {why}."


@pytest.mark.parametrize(
    ("client", "account", "against"),
    [
        (
            {"vat_number": VAT},
            {"name": "Bakker Media B.V.", "vat_number": OTHER_VAT},
            f"the VAT number is another: {OTHER_VAT}",
        ),
        (
            {"coc_number": COC, "code": "10023"},
            {"code": "10023", "coc_number": OTHER_COC},
            f"the Chamber of Commerce number is another: {OTHER_COC}",
        ),
        # Companies that file VAT together share its number.
        (
            {"vat_number": VAT, "coc_number": COC},
            {"vat_number": VAT, "coc_number": OTHER_COC},
            f"the Chamber of Commerce number is another: {OTHER_COC}",
        ),
        (
            {"vat_number": VAT, "coc_number": COC},
            {"vat_number": OTHER_VAT, "coc_number": COC},
            f"the VAT number is another: {OTHER_VAT}",
        ),
        ({}, {"name": "Bakker Media B.V.", "country": "BE"}, "it is in another country: BE"),
    ],
)
def test_d10_a_match_that_a_number_contradicts_is_offered_and_never_taken(client, account, against):
    case = Case(**client)
    offered = case.account(**account)

    match = case.match()

    assert (match.customer, only(match).account) == (None, offered)
    assert only(match).explanation.endswith(f" is the same, but {against}")
    assert against in match.question


@pytest.mark.parametrize(
    ("client", "account", "reason"),
    [
        ({"name": "Bakker Media BV"}, {"name": "Bakker Media B.V."}, "the name is nearly the same"),
        ({"name": "Caf\u00e9 Zuid"}, {"name": "CAFE ZUID"}, "the name is nearly the same"),
        (
            {"vat_number": "123456789", "country": ""},
            {"vat_number": "DE123456789", "country": "DE"},
            "the VAT number DE123456789 may be the same",
        ),
        (
            {"coc_number": "HRB 12345", "country": "DE"},
            {"coc_number": "HRB 12345", "country": "DE"},
            "the Chamber of Commerce number HRB 12345 may be the same",
        ),
        ({"code": "0010023"}, {"code": "10023"}, "the customer code 10023 may be the same"),
    ],
)
def test_d10_what_only_may_be_the_same_is_asked(client, account, reason):
    case = Case(**client)
    offered = case.account(**account)

    match = case.match()

    assert (match.customer, only(match).account) == (None, offered)
    assert only(match).explanation == reason


def test_d10_a_doubtful_number_and_the_same_name_are_one_account_together():
    case = Case(vat_number="123456789", country="")
    account = case.account(name="Bakker Media B.V.", vat_number="DE123456789", country="DE")

    assert case.match().customer == account
    case.account(name="Bakker Media B.V.")
    assert case.match().customer is None


@pytest.mark.parametrize("name", ["Bakkers Media B.V.", "Bakker Media", "Media Bakker B.V."])
def test_d10_another_name_is_another_customer(name):
    case = Case()
    case.account(name=name)

    assert case.match() == CustomerMatch()


def test_d10_an_account_of_another_division_is_never_found():
    case = Case(vat_number=VAT)
    other = factories.make_connection(organization=case.organization)
    factories.make_customer(connection=other, vat_number=VAT, name="Bakker Media B.V.")

    assert case.match() == CustomerMatch()


@pytest.mark.parametrize(
    ("state", "against"),
    [
        ({"status": "P"}, "it is a prospect in Exact, not a customer yet"),
        ({"status": "S"}, "it is a suspect in Exact, not a customer yet"),
        ({"status": "A"}, "it is another relation in Exact, not a customer yet"),
        ({"is_blocked": True}, "it is blocked in Exact"),
    ],
)
def test_h24_an_account_that_cannot_be_invoiced_is_offered_with_the_reason(state, against):
    case = Case(vat_number=VAT)
    case.account(vat_number=VAT, **state)

    match = case.match()

    assert match.customer is None
    assert only(match).explanation == f"the VAT number {VAT} is the same, but {against}"


def test_d10_of_two_with_the_same_number_the_one_that_can_be_invoiced_is_taken():
    case = Case(vat_number=VAT)
    case.account(vat_number=VAT, is_blocked=True)
    case.account(vat_number=VAT, status="P")
    usable = case.account(vat_number=VAT)

    assert case.match().customer == usable


def test_d10_an_account_of_the_same_name_is_not_taken_past_a_blocked_one_of_the_same_number():
    case = Case(vat_number=VAT)
    blocked = case.account(vat_number=VAT, is_blocked=True)
    namesake = case.account(name="Bakker Media B.V.")

    match = case.match()

    assert (match.customer, found(match)) == (None, {blocked, namesake})


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"is_blocked": True}, "is blocked in Exact"),
        ({"is_gone": True}, "is deleted in Exact"),
        ({"status": "P"}, "is a prospect in Exact, not a customer yet"),
    ],
)
def test_h21_a_remembered_account_that_cannot_be_used_is_told_of_and_the_next_is_asked(state, why):
    case = Case(vat_number=VAT)
    old = case.account(name="Bakker Oud B.V.", code="77", **state)
    case.remember(old)
    successor = case.account(vat_number=VAT)

    match = case.match()

    assert (match.customer, found(match)) == (None, {successor})
    assert match.question.startswith(
        f"The customer of earlier invoices, Bakker Oud B.V. (77), {why}. {successor} in Exact may be"
    )


def test_h21_a_remembered_account_that_is_gone_is_asked_about_even_if_nothing_else_fits():
    case = Case()
    case.remember(case.account(name="Bakker Oud B.V.", code="77", is_gone=True))

    match = case.match()

    assert (match.customer, match.is_ambiguous, match.candidates) == (None, True, ())
    assert match.question == (
        "The customer of earlier invoices, Bakker Oud B.V. (77), is deleted in Exact."
    )


def test_d10_a_match_among_50000_accounts_reads_an_index_and_not_the_list():
    """Row-level security lets an index be used only for leakproof comparisons: the keys are columns for that."""
    case = Case(vat_number=VAT, coc_number=COC, code="10023")
    with tenant_transaction(case.organization.pk):
        with database.cursor() as cursor:
            cursor.execute(_FIFTY_THOUSAND, [case.organization.pk, case.connection.pk])
            cursor.execute("ANALYZE integrations_exactcustomer")
        plans = [
            json.loads(
                ExactCustomer.objects.filter(connection=case.connection, is_gone=False)
                .filter(**{key: "4711"})
                .exclude(**{key: ""})
                .explain(format="json", analyze=True)
            )[0]
            for key in ("vat_key", "coc_key", "code_key", "name_key")
        ]

    for key, plan in zip(("vat", "coc", "code", "name"), plans, strict=True):
        assert f"customer_by_{key}_key" in json.dumps(plan)
        assert plan["Execution Time"] < 20
    assert case.match() == CustomerMatch()


_FIFTY_THOUSAND = """
INSERT INTO integrations_exactcustomer
    (organization_id, connection_id, exact_id, code, name, vat_number, coc_number, email, city, country, status,
     is_blocked, is_gone, timestamp)
SELECT %s, %s, gen_random_uuid(), (100000 + n)::text, 'Customer ' || n || ' B.V.',
    'NL' || (200000000 + n * 37) || 'B01', (30000000 + n * 11)::text, '', 'Utrecht', 'NL', 'C', false, false, n
FROM generate_series(1, 50000) AS n
"""
