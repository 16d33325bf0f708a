"""The words on printed invoices and in their e-mails, and how each language writes numbers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.messages import LANGUAGES

WORDS: dict[str, tuple[str, str, str, str]] = {  # EN, NL, DE, FR
    "invoice": ("Invoice", "Factuur", "Rechnung", "Facture"),
    "credit_note": ("Credit note", "Creditnota", "Gutschrift", "Note de crédit"),
    "number": ("Number", "Nummer", "Nummer", "Numéro"),
    "date": ("Date", "Datum", "Datum", "Date"),
    "due": ("Due date", "Vervaldatum", "Fällig am", "Échéance"),
    "your_ref": ("Your reference", "Uw referentie", "Ihre Referenz", "Votre référence"),
    "attention": ("Attn.", "T.a.v.", "z. Hd.", "À l'attention de"),
    "description": ("Description", "Omschrijving", "Beschreibung", "Description"),
    "quantity": ("Quantity", "Aantal", "Menge", "Quantité"),
    "price": ("Price", "Prijs", "Preis", "Prix"),
    "amount": ("Amount", "Bedrag", "Betrag", "Montant"),
    "vat": ("VAT", "BTW", "MwSt.", "TVA"),
    "discount": ("Discount", "Korting", "Rabatt", "Remise"),
    "base": ("Taxable amount", "Grondslag", "Bemessungsgrundlage", "Base"),
    "excluding": ("Total excluding VAT", "Totaal exclusief btw", "Summe netto", "Total hors TVA"),
    "total": ("Total", "Totaal", "Gesamtbetrag", "Total"),
    "vat_number": ("VAT number", "Btw-nummer", "USt-IdNr.", "Numéro de TVA"),
    "chamber": ("Registration", "KvK", "Handelsregister", "Numéro d'entreprise"),
    "page": ("Page", "Pagina", "Seite", "Page"),
    "pay": (
        "Please pay {amount} before {due} to {iban} in the name of {sender}",
        "Wij verzoeken u {amount} voor {due} over te maken op {iban} ten name van {sender}",
        "Bitte überweisen Sie {amount} bis zum {due} auf {iban}, Empfänger {sender}",
        "Merci de verser {amount} avant le {due} sur le compte {iban} au nom de {sender}",
    ),
    "nothing_to_pay": (
        "There is nothing to pay.",
        "U hoeft niets te betalen.",
        "Es ist nichts zu zahlen.",
        "Il n'y a rien à payer.",
    ),
    "payment_reference": (
        "Payment reference",
        "Betalingskenmerk",
        "Verwendungszweck",
        "Communication",
    ),
    "dear": ("Dear {name},", "Beste {name},", "Guten Tag {name},", "Bonjour {name},"),
    "attached": (
        "Please find attached {kind} {number} of {date} for {amount}.",
        "Hierbij ontvangt u {kind} {number} van {date} van {amount}.",
        "Anbei erhalten Sie {kind} {number} vom {date} über {amount}.",
        "Veuillez trouver ci-joint {kind} {number} du {date} d'un montant de {amount}.",
    ),
    "regards": ("Kind regards,", "Met vriendelijke groet,", "Freundliche Grüße", "Cordialement,"),
}
_DATES = {"EN": "%d/%m/%Y", "NL": "%d-%m-%Y", "DE": "%d.%m.%Y", "FR": "%d/%m/%Y"}
_SEPARATORS = {"EN": (",", "."), "NL": (".", ","), "DE": (".", ","), "FR": ("\u00a0", ",")}


def invoice_word(language: str, name: str, /, **values: str) -> str:
    """Return a word or sentence in a language of LANGUAGES."""
    return WORDS[name][LANGUAGES.index(language)].format(**values)


def shown_date(language: str, moment: datetime) -> str:
    """Return a date as the language writes it."""
    return moment.strftime(_DATES[language])


def shown_number(language: str, value: Decimal, decimals: int) -> str:
    """Return a number with so many decimals as the language writes it."""
    thousands, point = _SEPARATORS[language]
    return f"{value:,.{decimals}f}".translate({ord(","): thousands, ord("."): point})


def shown_quantity(language: str, value: Decimal) -> str:
    """Return a number with as many decimals as it has, at most six."""
    text = f"{value:.6f}".rstrip("0")
    return shown_number(language, value, len(text.partition(".")[2]))


def shown_amount(language: str, value: Decimal, currency: str, decimals: int) -> str:
    """Return an amount of money with its currency."""
    sign = "€" if currency == "EUR" else currency
    return f"{sign}\u00a0{shown_number(language, value, decimals)}"
