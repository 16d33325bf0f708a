"""The words of Exact's refusals in the four languages a user can have, in one table."""

from __future__ import annotations

LANGUAGES = ("EN", "NL", "DE", "FR")

# The sentence around a thing: {what} is a word of WORDS, {detail} a number or code.
TEXTS: dict[str, tuple[str, str, str, str]] = {
    "mandatory": (
        "Mandatory: {what}",
        "Verplicht: {what}",
        "Pflichtfeld: {what}",
        "Obligatoire : {what}",
    ),
    "invalid": ("Invalid: {what}", "Ongeldig: {what}", "Ungültig: {what}", "Non valable : {what}"),
    "invalid_reference": (
        "Invalid reference: {what}",
        "Ongeldige referentie: {what}",
        "Ungültige Referenz: {what}",
        "Référence non valable : {what}",
    ),
    "not_found": (
        "Not found: {what}",
        "Niet gevonden: {what}",
        "Nicht gefunden: {what}",
        "Introuvable : {what}",
    ),
    "blocked": ("Blocked: {what}", "Geblokkeerd: {what}", "Gesperrt: {what}", "Bloqué : {what}"),
    "exists": (
        "Data already exists.",
        "Gegeven bestaat reeds.",
        "Daten sind bereits vorhanden.",
        "Les données existent déjà.",
    ),
    "processed": ("Already processed", "Reeds verwerkt", "Bereits verarbeitet", "Déjà traité"),
    "closed_period": (
        "Closed: Period {detail}",
        "Afgesloten: Periode {detail}",
        "Abgeschlossen: Periode {detail}",
        "Clôturé : Période {detail}",
    ),
    "journal_not_sales": (
        "Invalid journal. The journal must be a sales journal.",
        "Ongeldig dagboek. Het dagboek moet een verkoopboek zijn.",
        "Ungültiges Journal. Das Journal muss ein Verkaufsjournal sein.",
        "Journal non valable. Le journal doit être un journal de vente.",
    ),
    "journal_not_bank": (
        "Invalid journal. The journal must be a bank journal.",
        "Ongeldig dagboek. Het dagboek moet een bankboek zijn.",
        "Ungültiges Journal. Das Journal muss ein Bankjournal sein.",
        "Journal non valable. Le journal doit être un journal de banque.",
    ),
    "journal_not_cash": (
        "Invalid journal. The journal must be a cash journal.",
        "Ongeldig dagboek. Het dagboek moet een kasboek zijn.",
        "Ungültiges Journal. Das Journal muss ein Kassenjournal sein.",
        "Journal non valable. Le journal doit être un journal de caisse.",
    ),
    "closing_balance": (
        "Opening balance plus all bank entry lines should result in the closing balance",
        "Beginsaldo plus alle bankboekingsregels moet het eindsaldo zijn",
        "Anfangssaldo plus alle Bankbuchungszeilen muss den Endsaldo ergeben",
        "Le solde d'ouverture plus toutes les lignes doit donner le solde de clôture",
    ),
    "vat_mismatch": (
        (
            "The amount of the VAT line with VAT code {detail} does not match the total of the VAT "
            "amounts in the base lines"
        ),
        (
            "Het bedrag van de BTW regel met BTW code {detail} komt niet overeen met het totaal aan "
            "BTW-bedragen in de grondslagregels"
        ),
        (
            "Der Betrag der MwSt.-Zeile mit MwSt.-Code {detail} stimmt nicht mit der Summe der "
            "MwSt.-Beträge in den Basiszeilen überein"
        ),
        (
            "Le montant de la ligne de TVA avec le code TVA {detail} ne correspond pas au total des "
            "montants de TVA des lignes de base"
        ),
    ),
    "too_large": (
        "Too large: {what}",
        "Te groot: {what}",
        "Zu groß: {what}",
        "Trop grand : {what}",
    ),
    "no_such_data": (
        (
            "The data you want to retrieve cannot be found or you do not have rights to perform "
            "this action"
        ),
        (
            "De gegevens die u wilt ophalen kunnen niet worden gevonden of u hebt geen rechten om "
            "deze actie uit te voeren"
        ),
        (
            "Die gewünschten Daten wurden nicht gefunden oder Sie haben keine Berechtigung für "
            "diese Aktion"
        ),
        (
            "Les données que vous voulez récupérer sont introuvables ou vous n'avez pas les droits "
            "pour effectuer cette action"
        ),
    ),
    "document_created": (
        "Document {detail} is created.",
        "Document {detail} is aangemaakt.",
        "Dokument {detail} wurde erstellt.",
        "Le document {detail} a été créé.",
    ),
    "email_sent": (
        "The e-mail is sent to {detail}.",
        "De e-mail is verzonden naar {detail}.",
        "Die E-Mail wurde an {detail} gesendet.",
        "L'e-mail a été envoyé à {detail}.",
    ),
    "email_missing": (
        "The e-mail is not sent. Mandatory: E-mail address - {detail}",
        "De e-mail is niet verzonden. Verplicht: E-mailadres - {detail}",
        "Die E-Mail wurde nicht gesendet. Pflichtfeld: E-Mail-Adresse - {detail}",
        "L'e-mail n'a pas été envoyé. Obligatoire : Adresse e-mail - {detail}",
    ),
    "email_invalid": (
        "The e-mail is not sent. Invalid: E-mail address - {detail}",
        "De e-mail is niet verzonden. Ongeldig: E-mailadres - {detail}",
        "Die E-Mail wurde nicht gesendet. Ungültig: E-Mail-Adresse - {detail}",
        "L'e-mail n'a pas été envoyé. Non valable : Adresse e-mail - {detail}",
    ),
    "output_failed": (
        "The output could not be created. Please try again later.",
        "De uitvoer kon niet worden aangemaakt. Probeer het later opnieuw.",
        "Die Ausgabe konnte nicht erstellt werden. Versuchen Sie es später erneut.",
        "La sortie n'a pas pu être créée. Réessayez plus tard.",
    ),
    "postbox_sent": (
        "The message is sent to the mailbox of {detail}.",
        "Het bericht is verzonden naar de mailbox van {detail}.",
        "Die Nachricht wurde an die Mailbox von {detail} gesendet.",
        "Le message a été envoyé à la boîte aux lettres de {detail}.",
    ),
    "peppol_sent": (
        "The invoice is sent via Peppol to {detail}.",
        "De factuur is via Peppol verzonden naar {detail}.",
        "Die Rechnung wurde über Peppol an {detail} gesendet.",
        "La facture a été envoyée via Peppol à {detail}.",
    ),
    "peppol_missing": (
        "The invoice is not sent via Peppol. Mandatory: Peppol identifier - {detail}",
        "De factuur is niet via Peppol verzonden. Verplicht: Peppol-ID - {detail}",
        "Die Rechnung wurde nicht über Peppol gesendet. Pflichtfeld: Peppol-Kennung - {detail}",
        "La facture n'a pas été envoyée via Peppol. Obligatoire : Identifiant Peppol - {detail}",
    ),
    "not_in_license": (
        "Not allow to update in Basic : {what}",
        "Niet toegestaan om bij te werken in Basic : {what}",
        "Aktualisierung in Basic nicht erlaubt : {what}",
        "Mise à jour non autorisée dans Basic : {what}",
    ),
    "in_use": ("In use: {what}", "In gebruik: {what}", "In Verwendung: {what}", "Utilisé : {what}"),
}

WORDS: dict[str, tuple[str, str, str, str]] = {
    "account": ("Account", "Relatie", "Konto", "Relation"),
    "name": ("Name", "Naam", "Name", "Nom"),
    "customer": ("Customer", "Klant", "Kunde", "Client"),
    "customer_type": ("Customer (Type)", "Klant (Type)", "Kunde (Typ)", "Client (Type)"),
    "journal": ("Journal", "Dagboek", "Journal", "Journal"),
    "diary": ("Diary", "Dagboek", "Journal", "Journal"),
    "relationship": ("Relationship", "Relatie", "Kunde", "Relation"),
    "ordered_by": ("Ordered by", "Besteld door", "Bestellt von", "Commandé par"),
    "invoice_to": ("Invoice to", "Factuur voor", "Rechnung an", "Facture à"),
    "invoice_to_type": (
        "Invoice to (Type)",
        "Factuur voor (Type)",
        "Rechnung an (Typ)",
        "Facture à (Type)",
    ),
    "contact_person": ("Contact person", "Contactpersoon", "Ansprechpartner", "Contact"),
    "deliver_to": ("Deliver to", "Afleveren aan", "Lieferung an", "Livrer à"),
    "discount": ("Discount", "Korting", "Rabatt", "Remise"),
    "unit": ("Unit", "Eenheid", "Einheit", "Unité"),
    "warehouse": ("Warehouse", "Magazijn", "Lager", "Entrepôt"),
    "item": ("Item", "Artikel", "Artikel", "Article"),
    "invoice": ("Invoice", "Factuur", "Rechnung", "Facture"),
    "document": ("Document", "Document", "Dokument", "Document"),
    "attachment": ("Attachment", "Bijlage", "Anlage", "Pièce jointe"),
    "file_name": ("File name", "Bestandsnaam", "Dateiname", "Nom de fichier"),
    "subject": ("Subject", "Onderwerp", "Betreff", "Sujet"),
    "type": ("Type", "Type", "Typ", "Type"),
    "topic": ("Topic", "Onderwerp", "Thema", "Sujet"),
    "callback_url": ("Callback URL", "Callback-URL", "Callback-URL", "URL de rappel"),
    "first_name": ("First name", "Voornaam", "Vorname", "Prénom"),
    "last_name": ("Last name", "Achternaam", "Nachname", "Nom de famille"),
    "journals": ("Journals", "Journals", "Journals", "Journals"),
    "lines": ("Lines", "Regels", "Zeilen", "Lignes"),
    "amount": ("Amount", "Bedrag", "Betrag", "Montant"),
    "entry": ("Entry", "Boeking", "Buchung", "Écriture"),
    "gl_account": ("G/L Account", "Grootboekrekening", "Sachkonto", "Compte général"),
    "gl_account_type": (
        "G/L account type",
        "Grootboekrekeningtype",
        "Sachkontotyp",
        "Type de compte général",
    ),
    "vat_code": ("VAT code", "BTW-code", "MwSt.-Code", "Code TVA"),
    "vat_percentage": ("VAT percentage", "BTW-percentage", "MwSt.-Satz", "Pourcentage de TVA"),
    "vat_number": ("VAT number", "BTW-nummer", "USt-IdNr.", "Numéro de TVA"),
    "payment_condition": (
        "Payment condition",
        "Betalingsconditie",
        "Zahlungsbedingung",
        "Condition de paiement",
    ),
    "currency": ("Currency", "Valuta", "Währung", "Devise"),
    "rate": ("Exchange rate", "Wisselkoers", "Wechselkurs", "Taux de change"),
    "bank_account": ("Bank account", "Bankrekening", "Bankkonto", "Compte bancaire"),
    "payment_service_provider": (
        "Payment service provider",
        "Betalingsdienstverlener",
        "Zahlungsdienstleister",
        "Prestataire de paiement",
    ),
    "account_manager": (
        "Account manager",
        "Accountmanager",
        "Kundenbetreuer",
        "Responsable de compte",
    ),
    "accountant": ("Accountant", "Accountant", "Steuerberater", "Comptable"),
    "state": ("State", "Provincie", "Bundesland", "Province"),
    "contact": ("Contact", "Contactpersoon", "Kontaktperson", "Contact"),
    "cost_unit": ("Cost unit", "Kostendrager", "Kostenträger", "Unité de coût"),
    "country_NL": ("Netherlands", "Nederland", "Niederlande", "Pays-Bas"),
    "country_BE": ("Belgium", "België", "Belgien", "Belgique"),
    "country_DE": ("Germany", "Duitsland", "Deutschland", "Allemagne"),
    "division": ("Division", "Administratie", "Firma", "Administration"),
    "user_name": ("User name", "Gebruikersnaam", "Benutzername", "Nom d'utilisateur"),
    "full_name": ("Full name", "Volledige naam", "Vollständiger Name", "Nom complet"),
    "end_date": ("End date", "Einddatum", "Enddatum", "Date de fin"),
    "language": ("Language", "Taal", "Sprache", "Langue"),
    "user": ("User", "Gebruiker", "Benutzer", "Utilisateur"),
    "cost_center": ("Cost center", "Kostenplaats", "Kostenstelle", "Centre de coûts"),
    "period": ("Period", "Periode", "Periode", "Période"),
    "code": ("Code", "Code", "Code", "Code"),
    "description": ("Description", "Omschrijving", "Beschreibung", "Description"),
    "entry_number": ("Entry number", "Boekstuknummer", "Buchungsnummer", "Numéro d'écriture"),
    "status": ("Status", "Status", "Status", "Statut"),
    "country": ("Country", "Land", "Land", "Pays"),
    "email": ("E-mail address", "E-mailadres", "E-Mail-Adresse", "Adresse e-mail"),
    "type_sales_entry": ("Sales entry", "Verkoopboeking", "Verkaufsbuchung", "Écriture de vente"),
    "type_credit_note": (
        "Sales credit note",
        "Verkoopcreditnota",
        "Verkaufsgutschrift",
        "Note de crédit de vente",
    ),
    "type_sales_invoice": (
        "Sales invoice",
        "Verkoopfactuur",
        "Verkaufsrechnung",
        "Facture de vente",
    ),
    "status_draft": ("Draft", "Concept", "Entwurf", "Brouillon"),
    "status_open": ("Open", "Openstaand", "Offen", "Ouvert"),
    "status_processed": ("Processed", "Verwerkt", "Verarbeitet", "Traité"),
}

# Exact's screens name some fields otherwise than their properties; a property that is not listed
# is named as it is spelled. "Mandatory: Diary" and "Mandatory: Relationship" were seen of Exact.
PROPERTY_WORDS: dict[str, str] = {
    "Account": "account",
    "AmountFC": "amount",
    "Attachment": "attachment",
    "BankEntryLines": "lines",
    "BankAccountIncludingMask": "bank_account",
    "CallbackURL": "callback_url",
    "CashEntryLines": "lines",
    "Code": "code",
    "Contact": "contact",
    "Currency": "currency",
    "Customer": "relationship",
    "Description": "description",
    "Document": "document",
    "EndDate": "end_date",
    "EntryID": "entry",
    "FileName": "file_name",
    "FirstName": "first_name",
    "GLAccount": "gl_account",
    "InvoiceID": "invoice",
    "InvoiceTo": "invoice_to",
    "Item": "item",
    "Journal": "diary",
    "JournalCode": "diary",
    "FullName": "full_name",
    "Language": "language",
    "LastName": "last_name",
    "Name": "name",
    "OrderedBy": "ordered_by",
    "Rate": "rate",
    "SalesEntryLines": "lines",
    "SalesInvoiceLines": "lines",
    "SourceCurrency": "currency",
    "Status": "status",
    "Subject": "subject",
    "Topic": "topic",
    "Type": "type",
    "UserName": "user_name",
}


def property_word(name: str) -> str:
    """Return the name in WORDS of a property, or the property's own name."""
    return PROPERTY_WORDS.get(name, name)


def word(language: str, name: str) -> str:
    """Return a word in a language; the name itself when it is not in the table."""
    index = LANGUAGES.index(language) if language in LANGUAGES else 0
    return WORDS[name][index] if name in WORDS else name


def say(language: str, text: str, *, what: str = "", detail: str = "") -> str:
    """Return an error text in a language."""
    index = LANGUAGES.index(language) if language in LANGUAGES else 0
    return TEXTS[text][index].format(what=word(language, what), detail=detail)
