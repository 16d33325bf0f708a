"""Exact's texts in four languages become a sentence and an advice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from integrations.exact import errors
from integrations.exact.explain import explain, explain_message

TEXTS = [
    ("Verplicht: Betalingsconditie", "payment_condition_missing"),
    ("Mandatory: Payment condition", "payment_condition_missing"),
    ("Pflichtfeld: Zahlungsbedingung", "payment_condition_missing"),
    ("Obligatoire : Condition de paiement", "payment_condition_missing"),
    ("Verplicht: Dagboek", "journal_missing"),
    ("Mandatory: Diary", "journal_missing"),
    ("Ongeldige referentie: Journals", "journal_unknown"),
    ("Invalid journal. The journal must be a cash journal.", "journal_type"),
    ("Ungültig: Tagebuch", "journal_invalid"),
    ("Non valide : Journal", "journal_invalid"),
    ("Niet gevonden: BTW-code", "vat_code_unknown"),
    ("Not found: VAT code", "vat_code_unknown"),
    ("Nicht gefunden: MwSt.-Code", "vat_code_unknown"),
    ("Introuvable : Code TVA", "vat_code_unknown"),
    ("Ongeldig: Grootboekrekeningtype", "gl_account_type_invalid"),
    ("Invalid: G/L account type", "gl_account_type_invalid"),
    ("Niet gevonden: Grootboekrekening", "gl_account_unknown"),
    ("Not found: G/L Account", "gl_account_unknown"),
    ("Ongeldig: Klant (Type)", "not_a_customer_invalid"),
    ("Ongeldig: Factuur voor (Type)", "not_a_customer_invalid"),
    ("Invalid: Customer (Type)", "not_a_customer_invalid"),
    ("Ungültig: Kunde (Typ)", "not_a_customer_invalid"),
    ("Mandatory: Relationship", "customer_missing"),
    ("Verplicht: Besteld door", "customer_missing"),
    ("Geblokkeerd: Klant", "customer_blocked"),
    ("Verplicht: Kostenplaats", "cost_center_missing"),
    ("Mandatory: Cost center", "cost_center_missing"),
    ("Pflichtfeld: Kostenstelle", "cost_center_missing"),
    ("Obligatoire : Centre de coûts", "cost_center_missing"),
    ("Invalid reference: Cost unit", "cost_unit_invalid"),
    ("Ongeldig: Valuta", "currency_invalid"),
    ("Invalid: Currency", "currency_invalid"),
    ("Ungültig: Währung", "currency_invalid"),
    ("Invalide : Devise", "currency_invalid"),
    ("Ongeldig: Periode", "period_invalid"),
    ("De periode is afgesloten", "period_closed"),
    ("Period is closed", "period_closed"),
    ("Periode ist geschlossen", "period_closed"),
    ("La période est clôturée", "period_closed"),
    ("Gegeven bestaat reeds.", "already_exists"),
    ("Data already exists.", "already_exists"),
    ("Daten bereits vorhanden", "already_exists"),
    ("Donnée existe déjà", "already_exists"),
    ("Moet zijn: Uniek - Code", "already_exists"),
    ("In gebruik: Boekstuknummer", "already_exists"),
    ("Reeds verwerkt", "already_processed"),
    ("Already processed", "already_processed"),
    ("Bereits verarbeitet", "already_processed"),
    ("Déjà traité", "already_processed"),
    ("Ongeldig: BTW-nummer", "vat_number_invalid"),
    ("Ongeldig: Boekstuknummer", "entry_number_invalid"),
    ("Invalid: Entry number", "entry_number_invalid"),
    ("Ungültig: Buchungsnummer", "entry_number_invalid"),
    ("Non valable : Numéro d'écriture", "entry_number_invalid"),
    ("Mandatory: Invoice number", "entry_number_missing"),
    ("Not allow to update in Basic : Warehouse", "license"),
    (
        "Forbidden - Application Scope Violated. Cannot read 'organization.administration' scope.",
        "scope",
    ),
    (
        "The data you want to retrieve cannot be found or you do not have rights to perform this action",
        "rights",
    ),
    (
        "This entry is not balanced on: 2021 / 12 (Type: Other) - Difference: EUR 1.000,00",
        "not_balanced",
    ),
    (
        "Het bedrag van de BTW regel met BTW code 4 komt niet overeen met het totaal aan BTW-bedragen",
        "vat_amount_differs",
    ),
    (
        "Opening balance plus all bank entry lines should result in the closing balance",
        "bank_balance",
    ),
    ("Invalid: Post to callback URL endpoint returns 500", "webhook_callback"),
    (
        "A problem has occurred. The cause of this issue will be investigated as soon as possible.",
        "generic",
    ),
    ("Please add a $select or a $top=1 statement to the query string.", "malformed"),
    ("Verplicht: Kleur", "value_missing"),
    ("Invalid: Color", "value_invalid"),
    ("Iets heel anders", "unknown"),
    ("", "unknown"),
]


@pytest.mark.parametrize(("message", "code"), TEXTS)
def test_exacts_text_is_explained(message, code):
    explanation = explain_message(message)

    assert explanation.code == code
    assert explanation.sentence.endswith((".", message))
    assert explanation.what_to_do.endswith(".")
    assert explanation.text == f"{explanation.sentence} {explanation.what_to_do}"


@given(st.text(max_size=300))
def test_any_text_gets_an_explanation(text):
    assert explain_message(text).sentence


def test_an_unknown_text_is_quoted_and_a_long_one_is_cut():
    assert "Iets heel anders" in explain_message("Iets heel anders").sentence
    assert "Kleur" in explain_message("Verplicht: Kleur").sentence
    assert len(explain_message("x" * 9000).sentence) < 600


def test_several_messages_are_all_explained_once():
    refused = errors.ValidationRefused(
        "no", messages=("Verplicht: Dagboek", "Mandatory: Diary", "Verplicht: Betalingsconditie")
    )

    assert [one.code for one in explain(refused)] == [
        "journal_missing",
        "payment_condition_missing",
    ]


def throttled(limit):
    return errors.Throttled("no", limit=limit, reset_at=datetime(2026, 3, 5, 0, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (errors.Forbidden("no", cause="scope"), "scope", "Reconnect"),
        (errors.Forbidden("no", cause="rights"), "rights", "rights in Exact"),
        (errors.DivisionGone("no"), "division_gone", "division"),
        (errors.NotFound("no"), "not_found", "deleted"),
        (errors.Unauthorized("no"), "unauthorized", "Reconnect"),
        (throttled("day"), "limit_day", "00:00 UTC"),
        (throttled("minute"), "limit_minute", "00:00 UTC"),
        (throttled("unknown"), "limit_minute", "00:00 UTC"),
        (errors.NotSent("no"), "not_reachable", "nothing was sent"),
        (errors.Unavailable("no"), "unavailable", "by itself"),
        (errors.OutcomeUnknown("no", messages=("x",)), "outcome_unknown", "do not book it by hand"),
        (errors.UnexpectedAnswer("no"), "unexpected_answer", "support"),
        (errors.ValidationRefused("no"), "unknown", "no reason"),
    ],
)
def test_each_kind_of_error_says_what_happens_next(error, code, words):
    (explanation,) = explain(error)

    assert explanation.code == code
    assert words in explanation.text
