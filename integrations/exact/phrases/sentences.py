"""Whole texts of Exact that name no single thing: already there, already processed, no rights, not understood."""

from __future__ import annotations

import re

from integrations.exact.phrases.delivery import DELIVERY
from integrations.exact.phrases.parts import Explanation, words

PHRASES: tuple[tuple[re.Pattern[str], Explanation], ...] = (
    *DELIVERY,
    (
        words(
            r"gegeven bestaat reeds", r"data already exists", r"daten (sind bereits|bereits) vorhanden", r"existiert bereits",
            r"donn[ée]es? exist(e|ent) d[ée]j[àa]", r"existe d[ée]j[àa]", r"moet zijn\s*: uniek", r"must be\s*: unique",
            r"muss .{0,20}eindeutig", r"doit [êe]tre\s*: unique", r"already exists",
            r"(in gebruik|in use|in verwendung|utilis[ée])\s*: .{0,20}(nummer|number|num[ée]ro)",
        ),
        Explanation(
            "already_exists",
            "Exact already has a record with this number or code.",
            "Look in Exact whether this invoice was booked there before; if not, give it another number.",
            "psa",
        ),
    ),
    (
        words(r"^\s*(in gebruik|in use|in verwendung|utilis[ée])\s*:"),
        Explanation(
            "in_use",
            "Other records in Exact need this one, so it can not be deleted.",
            "Look in Exact at what refers to it.",
            "exact_settings",
        ),
    ),
    (
        words(r"reeds verwerkt", r"already processed", r"bereits verarbeitet", r"d[ée]j[àa] trait[ée]"),
        Explanation(
            "already_processed",
            "Exact has already processed this (a printed invoice, or an entry that was paid), so it no longer changes.",
            "Create a new copy, or credit this one and copy again.",
        ),
    ),
    (
        words(
            r"(periode|period|zeitraum|p[ée]riode).{0,40}(gesloten|afgesloten|closed|geschlossen|abgeschlossen|cl[ôo]tur[ée]e?|ferm[ée]e?)",
            r"(gesloten|afgesloten|closed|geschlossene?|abgeschlossen|cl[ôo]tur[ée]e?).{0,20}(periode|period|zeitraum|p[ée]riode)",
        ),
        Explanation(
            "period_closed",
            "The financial period of the invoice date is closed.",
            "Open the period in Exact, or give the invoice a date in an open period.",
            "exact_settings",
        ),
    ),
    (
        words(
            r"komt niet overeen met het totaal aan btw", r"vat .{0,60}(does not|not) (match|correspond|equal)",
            r"(mwst|ust|steuer)\w*.{0,80}stimmt nicht", r"tva .{0,80}ne correspond pas",
        ),
        Explanation(
            "vat_amount_differs",
            "The VAT amount does not fit the VAT code: the code probably reckons with amounts including VAT.",
            "Choose a VAT code of the kind that excludes VAT.",
            "tax_categories",
        ),
    ),
    (
        words(
            r"journal must be", r"moet een \w+boek zijn", r"journal muss ein", r"journal doit [êe]tre"
        ),
        Explanation(
            "journal_type",
            "The journal is of another kind than this invoice needs.",
            "Choose a sales journal in the copy dialog or in the connection's settings.",
            "connection_settings",
        ),
    ),
    (
        words(r"not balanced", r"niet in balans", r"nicht ausgeglichen", r"pas [ée]quilibr[ée]e?"),
        Explanation(
            "not_balanced",
            "The amounts of the entry do not add up in Exact.",
            "Check the VAT codes and amounts of the lines.",
            "tax_categories",
        ),
    ),
    (
        words(
            r"not allow(ed)? to \w+ in ", r"niet toegestaan om .{0,40} in ", r"in \S+ nicht erlaubt", r"non autoris[ée]e? dans",
            r"(licence|license|licentie|lizenz)",
        ),
        Explanation(
            "license",
            "The Exact license of this division does not include what is needed.",
            "Ask your Exact administrator whether the license can be extended.",
            "exact_settings",
        ),
    ),
    (
        words(r"(too large|te groot|zu gro(ß|ss)|trop grand)\s*:?\s*(attachment|bijlage|anlage|pi[èe]ce)"),
        Explanation(
            "attachment_too_large",
            "The file that should go along is larger than Exact takes.",
            "Use a file of at most 10 MB, or leave it out, then copy again.",
            "psa",
        ),
    ),
    (
        words(r"scope violated", r"application scope"),
        Explanation(
            "scope",
            "Exact did not give this app the permission it needs.",
            "Reconnect Exact and agree to all permissions; if that does not help, contact support.",
            "connection_settings",
        ),
    ),
    (
        words(
            r"(do not have|no|insufficient) rights", r"geen rechten", r"onvoldoende rechten", r"keine (rechte|berechtigung)",
            r"pas (les |le )?(droits|autoris)", r"^\s*forbidden\b",
        ),
        Explanation(
            "rights",
            "The Exact user behind this connection is not allowed to do this in this division, or it is archived.",
            "Give that user the rights in Exact, look there whether the division is archived, or reconnect with another user.",
            "exact_user",
        ),
    ),
    (
        words(r"a problem has occurred", r"cause of this issue will be investigated"),
        Explanation(
            "generic",
            "Exact reported a problem of its own and gives no reason.",
            "It is tried again by itself where that is safe; if it stays, check the invoice's data and Exact's status page.",
        ),
    ),
    (
        words(r"error processing request stream", r"converting the value", r"\$select", r"query syntax"),
        Explanation(
            "malformed",
            "Exact did not understand the request.",
            "This is a fault in the connector: contact support with the text below.",
        ),
    ),
    (
        words(r"opening balance plus"),
        Explanation(
            "bank_balance",
            "The bank statement does not add up.",
            "Correct the opening or closing balance in Exact.",
            "exact_settings",
        ),
    ),
    (
        words(r"callback url"),
        Explanation(
            "webhook_callback",
            "Exact could not reach the address for its messages.",
            "Check that this installation can be reached from the internet.",
        ),
    ),
)  # fmt: skip
