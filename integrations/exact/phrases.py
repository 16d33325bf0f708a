"""The texts Exact is known to give, in English, Dutch, German and French, and what each one means.

English and Dutch texts were seen in practice; German and French ones are their regular translations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """``code`` is stable and for programs; ``sentence`` says what is wrong and ``what_to_do`` what helps."""

    code: str
    sentence: str
    what_to_do: str

    @property
    def text(self) -> str:
        """Both sentences, for a place with room for one text."""
        return f"{self.sentence} {self.what_to_do}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something Exact's messages name, in any language, with what it is called here and what to do when it fails."""

    code: str
    words: re.Pattern[str]
    missing: str
    invalid: str
    what_to_do: str


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# The first subject that fits counts, so the narrow ones come first.
SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "gl_account_type",
        _words(
            r"grootboekrekeningtype", r"g/?l account type", r"type (de )?compte g[ée]n[ée]ral", r"sachkontotyp", r"sachkontenart"
        ),
        "The type of the ledger account is missing.",
        "The ledger account is not a revenue account.",
        "Choose a revenue account for this line, or change the service-type mapping.",
    ),
    Subject(
        "not_a_customer",
        _words(
            r"(klant|debiteur|relatie|factuur voor|besteld door) ?\(type\)",
            r"(customer|account|relationship|invoice to|ordered by) ?\(type\)",
            r"(kunde|debitor|rechnung (an|f[üu]r)|beziehung) ?\((typ|art)\)",
            r"(client|relation|facture pour|factur[ée] [àa]) ?\(type\)",
        ),
        "The customer's status is missing in Exact.",
        "The relation in Exact is not a customer.",
        "Open the relation in Exact and set its status to Customer, then copy again.",
    ),
    Subject(
        "payment_condition",
        _words(
            r"betalingsconditie", r"payment condition", r"zahlungs(bedingung|kondition)", r"conditions? de paiement"
        ),
        "The customer has no payment condition.",
        "The payment condition is not valid in this division.",
        "Give the customer a sales payment condition in Exact, or set a default one in Exact's financial settings.",
    ),
    Subject(
        "vat_code",
        _words(r"btw[- ]?code", r"vat[- ]?code", r"(mwst|ust|steuer)\.?[- ]?(code|schl[üu]ssel)", r"code (de )?tva", r"^btw$|^vat$|^tva$"),
        "A line has no VAT code.",
        "The VAT code is not known or not allowed in this division.",
        "Refresh the VAT codes and choose another one for the lines, or change the VAT mapping.",
    ),
    Subject(
        "cost_center",
        _words(r"kostenplaats", r"cost ?cent(er|re)", r"kostenstelle", r"centre de (co[ûu]ts?|frais)"),
        "The ledger account needs a cost center.",
        "The cost center is not known in this division.",
        "Choose a ledger account without a mandatory cost center, or make the cost center optional in Exact.",
    ),
    Subject(
        "cost_unit",
        _words(r"kostendrager", r"cost ?unit", r"kostentr[äa]ger", r"unit[ée] de co[ûu]ts?"),
        "The ledger account needs a cost unit.",
        "The cost unit is not known in this division.",
        "Choose a ledger account without a mandatory cost unit, or make the cost unit optional in Exact.",
    ),
    Subject(
        "journal",
        _words(r"dagboek", r"\bdiary\b", r"journals?\b", r"journaux", r"tagebuch"),
        "No journal was given.",
        "The journal does not exist in this division, is blocked, or is of another kind.",
        "Choose another sales journal in the copy dialog or in the connection's settings.",
    ),
    Subject(
        "currency",
        _words(r"valuta", r"currency", r"w[äa]hrung", r"devise"),
        "No currency was given.",
        "The currency is not active in this division or not allowed in this journal.",
        "Activate the currency in Exact, or choose a journal that allows it.",
    ),
    Subject(
        "period",
        _words(r"periode?\b", r"period", r"zeitraum", r"boekjaar", r"financial year", r"gesch[äa]ftsjahr", r"exercice", r"p[ée]riode"),
        "The invoice date lies in no financial period.",
        "The financial period of the invoice date is closed or does not exist.",
        "Open the period in Exact, or give the invoice a date in an open period.",
    ),
    Subject(
        "gl_account",
        _words(r"grootboek", r"g/?l[- ]?account", r"ledger account", r"sachkonto", r"compte g[ée]n[ée]ral"),
        "A line has no ledger account.",
        "The ledger account does not exist in this division, or is blocked.",
        "Refresh the ledger accounts and choose another one for the line.",
    ),
    Subject(
        "vat_number",
        _words(r"btw[- ]?nummer", r"vat[- ]?number", r"ust-?id", r"num[ée]ro (de )?tva"),
        "The customer's VAT number is missing.",
        "Exact does not accept the customer's VAT number.",
        "Correct the customer's VAT number, then copy again.",
    ),
    Subject(
        "entry_number",
        _words(
            r"(boekstuk|factuur)nummer", r"(entry|invoice) number", r"(buchungs|beleg|rechnungs)nummer",
            r"num[ée]ro (d.[ée]criture|de (facture|pi[èe]ce))",
        ),
        "The journal wants an entry number, and none was sent.",
        "The journal does not take the invoice's number as its entry number.",
        "Copy again: Exact is then asked to give the number. If that fails too, let the journal in Exact number by itself.",
    ),
    Subject(
        "customer",
        _words(
            r"\bklant\b", r"relatie", r"debiteur", r"customer", r"relationship", r"\baccount\b", r"kunde", r"debitor",
            r"beziehung", r"\bclient\b", r"relation", r"factuur voor", r"besteld door", r"invoice to", r"ordered by",
        ),
        "No customer was given.",
        "The customer does not exist in this division, or is blocked.",
        "Choose the customer again in the copy dialog; leave it empty to create a new one.",
    ),
    Subject(
        "item",
        _words(r"\bartikel", r"\bitems?\b", r"\barticles?\b"),
        "A line has no item.",
        "The item does not exist in this division, or is blocked.",
        "Choose another item in the connection's settings.",
    ),
)  # fmt: skip

MISSING = _words(
    r"^\s*(verplicht|mandatory|pflichtfeld|erforderlich|obligatoire)\s*:?\s*(?P<subject>.*)$"
)
INVALID = _words(
    r"^\s*(ongeldige referentie|invalid reference|ung[üu]ltige referenz|ung[üu]ltiger verweis|r[ée]f[ée]rence (non val(id|abl)e|incorrecte|invalide)"
    r"|niet gevonden|not found|nicht gefunden|non trouv[ée]e?|introuvable"
    r"|ongeldig|invalid|ung[üu]ltig|non val(id|abl)e|incorrecte?|invalide|geblokkeerd|blocked|gesperrt|bloqu[ée]e?)"
    r"\s*:?\s*(?P<subject>.*)$"
)

PHRASES: tuple[tuple[re.Pattern[str], Explanation], ...] = (
    (
        _words(
            r"gegeven bestaat reeds", r"data already exists", r"daten (sind bereits|bereits) vorhanden", r"existiert bereits",
            r"donn[ée]es? existe(nt)? d[ée]j[àa]", r"existe d[ée]j[àa]", r"moet zijn\s*: uniek", r"must be\s*: unique",
            r"muss .{0,20}eindeutig", r"doit [êe]tre\s*: unique", r"in gebruik\s*:", r"in use\s*:", r"already exists",
        ),
        Explanation(
            "already_exists",
            "Exact already has a record with this number or code.",
            "Look in Exact whether this invoice was booked there before; if not, give it another number.",
        ),
    ),
    (
        _words(r"reeds verwerkt", r"already processed", r"bereits verarbeitet", r"d[ée]j[àa] trait[ée]"),
        Explanation(
            "already_processed",
            "Exact has already processed this entry, so it can no longer be changed.",
            "Create a new copy, or credit this one and copy again.",
        ),
    ),
    (
        _words(
            r"(periode|period|zeitraum|p[ée]riode).{0,40}(gesloten|afgesloten|closed|geschlossen|cl[ôo]tur[ée]e?|ferm[ée]e?)",
            r"(gesloten|afgesloten|closed|geschlossene?|cl[ôo]tur[ée]e?).{0,20}(periode|period|zeitraum|p[ée]riode)",
        ),
        Explanation(
            "period_closed",
            "The financial period of the invoice date is closed.",
            "Open the period in Exact, or give the invoice a date in an open period.",
        ),
    ),
    (
        _words(
            r"komt niet overeen met het totaal aan btw", r"vat .{0,60}(does not|not) (match|correspond|equal)",
            r"(mwst|ust|steuer)\w* .{0,80}stimmt nicht", r"tva .{0,80}ne correspond pas",
        ),
        Explanation(
            "vat_amount_differs",
            "The VAT amount does not fit the VAT code: the code probably reckons with amounts including VAT.",
            "Choose a VAT code of the kind that excludes VAT.",
        ),
    ),
    (
        _words(r"journal must be", r"moet een \w+dagboek zijn"),
        Explanation(
            "journal",
            "The journal is of another kind than this entry needs.",
            "Choose another sales journal in the copy dialog or in the connection's settings.",
        ),
    ),
    (
        _words(r"not balanced", r"niet in balans", r"nicht ausgeglichen", r"pas [ée]quilibr[ée]e?"),
        Explanation(
            "not_balanced",
            "The amounts of the entry do not add up in Exact.",
            "Check the VAT codes and amounts of the lines.",
        ),
    ),
    (
        _words(r"not allow to \w+ in ", r"(licence|license|licentie|lizenz)"),
        Explanation(
            "license",
            "The Exact license of this division does not include what is needed.",
            "Ask your Exact administrator whether the license can be extended.",
        ),
    ),
    (
        _words(r"scope violated", r"application scope"),
        Explanation(
            "scope",
            "Exact did not give this app the permission it needs.",
            "Reconnect Exact and agree to all permissions; if that does not help, contact support.",
        ),
    ),
    (
        _words(
            r"do not have rights", r"no rights", r"geen rechten", r"onvoldoende rechten", r"keine (rechte|berechtigung)",
            r"pas (les |le )?(droits|autoris)", r"^\s*forbidden\b",
        ),
        Explanation(
            "rights",
            "The Exact user behind this connection is not allowed to do this in this division, or it is archived.",
            "Give that user the rights in Exact, look there whether the division is archived, or reconnect with another user.",
        ),
    ),
    (
        _words(r"a problem has occurred", r"cause of this issue will be investigated"),
        Explanation(
            "generic",
            "Exact reported a problem of its own and gives no reason.",
            "It is tried again by itself where that is safe; if it stays, check the invoice's data and Exact's status page.",
        ),
    ),
    (
        _words(r"error processing request stream", r"converting the value", r"\$select", r"query syntax"),
        Explanation(
            "malformed",
            "Exact did not understand the request.",
            "This is a fault in the connector: contact support with the text below.",
        ),
    ),
    (
        _words(r"opening balance plus"),
        Explanation(
            "bank_balance",
            "The bank statement does not add up.",
            "Correct the opening or closing balance in Exact.",
        ),
    ),
    (
        _words(r"callback url"),
        Explanation(
            "webhook_callback",
            "Exact could not reach the address for its messages.",
            "Check that this installation can be reached from the internet.",
        ),
    ),
)  # fmt: skip
