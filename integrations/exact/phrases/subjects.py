"""The things that Exact's messages name: of the invoice itself, its customer and the books it goes to."""

from __future__ import annotations

from integrations.exact.phrases.parts import Subject, words

_DOCUMENT = (
    Subject(
        "item",
        words(r"\bartikel", r"\bitems?\b", r"\barticles?\b"),
        "A line has no item.",
        "The item of a line is not a sales item in Exact.",
        "Choose another item for the line, for its service type or in the connection's settings, or change the item in "
        "Exact.",
        "mapping",
        unknown="The item of a line does not exist in this division.",
        blocked="The item of a line is not sold on the invoice's date: it has ended in Exact, or did not start yet.",
    ),
    Subject(
        "unit",
        words(r"^eenheid", r"^units?$", r"^unitcode$", r"^einheit", r"^unit[ée]$"),
        "A line has no unit.",
        "The unit of a line does not exist in this division.",
        "Give the item a unit in Exact, and refresh the lists.",
        "mapping",
    ),
    Subject(
        "contact",
        words(r"contactpersoon", r"contact ?person", r"ansprechpartner", r"kontaktperson", r"^contacts?$", r"personne de contact"),
        "No contact person was given.",
        "The contact person does not belong to this account in Exact, or was deleted there.",
        "Choose the customer again in the copy dialog; the contact is then looked up within that account, or made there.",
        "exact_customer",
    ),
    Subject(
        "name",
        words(
            r"^(name|naam|nom)$", r"first ?name", r"last ?name", r"(voor|achter)naam", r"(vor|nach)name", r"pr[ée]nom",
            r"nom de famille",
        ),
        "The customer or its contact person has no name.",
        "Exact does not accept the name of the customer or its contact person.",
        "Fill in the name, first and last name for a person, then copy again.",
        "psa",
    ),
    Subject(
        "email",
        words(r"e-?mail"),
        "An e-mail address is missing.",
        "Exact does not accept the e-mail address.",
        "Correct the e-mail address of the customer or its contact person, then copy again.",
        "psa",
    ),
    Subject(
        "attachment",
        words(r"bijlage", r"attachment", r"^anlage", r"pi[èe]ce jointe", r"bestandsnaam", r"file ?name", r"dateiname", r"nom de fichier"),
        "The file that should go along is missing.",
        "Exact does not accept the file that should go along, or its name.",
        "Give the file another name, or leave it out, then copy again.",
        "psa",
    ),
    Subject(
        "document",
        words(r"^documents?$", r"^dokument", r"^(onderwerp|subject|betreff|sujet)$"),
        "The document with the PDF has no subject, or is not named.",
        "The document with the PDF is no longer in Exact, or can not be used.",
        "Copy again: the document is then made anew.",
    ),
    Subject(
        "amount",
        words(
            r"bedrag", r"amount", r"betrag", r"montant", r"korting", r"discount", r"rabatt", r"remise", r"(unit|net)price",
            r"quantity", r"percentage", r"prozent|-?satz$", r"pourcentage",
        ),
        "A line has no amount.",
        "Exact does not accept an amount, a price or a percentage of the invoice.",
        "Look at the lines: a price or an amount is probably too large. Correct it, then copy again.",
        "psa",
    ),
    Subject(
        "entry",
        words(
            r"^(boeking|entry|buchung|[ée]criture)$", r"^(factuur|invoice|rechnung|facture)$", r"^(regels|lines|zeilen|lignes)$",
        ),
        "The invoice has no lines.",
        "The invoice, or a line of it, is no longer in Exact.",
        "Look in Exact whether it was deleted there; if so, create a new copy.",
    ),
)  # fmt: skip

_CUSTOMER = (
    Subject(
        "not_a_customer",
        words(
            r"(klant|debiteur|relatie|factuur voor|besteld door) ?\(type\)",
            r"(customer|account|relationship|invoice to|ordered by) ?\(type\)",
            r"(kunde|debitor|rechnung (an|f[üu]r)|bestellt von|beziehung|konto) ?\((typ|art)\)",
            r"(client|relation|facture pour|factur[ée]e? [àa]|command[ée] par) ?\(type\)",
        ),
        "The customer's status is missing in Exact.",
        "The relation in Exact is not a customer.",
        "Open the relation in Exact and set its status to Customer, then copy again.",
        "exact_customer",
    ),
    Subject(
        "payment_condition",
        words(
            r"betalingsconditie", r"payment condition", r"zahlungs(bedingung|kondition)", r"conditions? de paiement"
        ),
        "The customer has no payment condition, and Exact has no default one.",
        "The payment condition does not exist in this division.",
        "Set a default payment condition in Exact's financial settings, or fill it in at the customer's account in Exact, "
        "or choose one in the connection's settings here.",
        "connection_settings",
    ),
    Subject(
        "vat_number",
        words(r"btw[- ]?nummer", r"vat[- ]?number", r"ust-?id", r"num[ée]ro (de )?tva"),
        "The customer's VAT number is missing.",
        "Exact does not accept the customer's VAT number.",
        "Correct the customer's VAT number, then copy again.",
        "psa",
    ),
    Subject(
        "address",
        words(r"^(country|land|pays)$", r"^(state|provincie|bundesland|province)$"),
        "The customer has no country.",
        "Exact does not know the country or state of the customer's address.",
        "Correct the customer's address, then copy again.",
        "psa",
    ),
    Subject(
        "customer",
        words(
            r"\bklant\b", r"relatie", r"debiteur", r"factuur voor", r"besteld door", r"afleveren aan",
            r"customer", r"relationship", r"(?<!bank )\baccount\b(?! manager)", r"invoice to", r"ordered by", r"deliver to",
            r"^kunde$", r"debitor", r"beziehung", r"^konto$", r"rechnung (an|f[üu]r)", r"bestellt von", r"lieferung an",
            r"\bclient\b", r"relation", r"factur[ée]e? ([àa]|pour)", r"command[ée] par", r"livr(er|[ée]) [àa]",
        ),
        "No customer was given.",
        "The customer does not fit this invoice.",
        "Choose another customer in the copy dialog (leave it empty to create a new one), or change the account in Exact.",
        "exact_customer",
        unknown="The customer does not exist in this division.",
        blocked="The customer is blocked in Exact.",
    ),
)  # fmt: skip

_BOOKS = (
    Subject(
        "gl_account_type",
        words(
            r"grootboekrekeningtype", r"g/?l account type", r"type (de )?compte g[ée]n[ée]ral", r"sachkontotyp", r"sachkontenart"
        ),
        "The type of the ledger account is missing.",
        "The ledger account is not a revenue account.",
        "Choose a revenue account for this line, or change the service-type mapping.",
        "mapping",
    ),
    Subject(
        "vat_code",
        words(r"btw[- ]?code", r"vat[- ]?code", r"(mwst|ust|steuer)\.?[- ]?(code|schl[üu]ssel)", r"code (de )?tva", r"^btw$|^vat$|^tva$"),
        "A line has no VAT code.",
        "The VAT code of a line is not one for sales.",
        "Refresh the VAT codes and choose another one for the lines, or change the tax categories.",
        "tax_categories",
        unknown="The VAT code of a line does not exist in this division.",
        blocked="The VAT code of a line is blocked in Exact.",
    ),
    Subject(
        "cost_center",
        words(r"kostenplaats", r"cost ?cent(er|re)", r"kostenstelle", r"centre de (co[ûu]ts?|frais)"),
        "The ledger account needs a cost center.",
        "The cost center is not known in this division, or not in use.",
        "Choose a ledger account without a mandatory cost center, or make the cost center optional in Exact.",
        "mapping",
    ),
    Subject(
        "cost_unit",
        words(r"kostendrager", r"cost ?unit", r"kostentr[äa]ger", r"unit[ée] de co[ûu]ts?"),
        "The ledger account needs a cost unit.",
        "The cost unit is not known in this division, or not in use.",
        "Choose a ledger account without a mandatory cost unit, or make the cost unit optional in Exact.",
        "mapping",
    ),
    Subject(
        "journal",
        words(r"dagboek", r"\bdiary\b", r"journals?\b", r"journaux", r"tagebuch"),
        "No journal was given.",
        "The journal can not be used for this invoice.",
        "Choose another sales journal in the copy dialog or in the connection's settings.",
        "connection_settings",
        unknown="The journal does not exist in this division.",
        blocked="The journal is blocked in Exact.",
    ),
    Subject(
        "rate",
        words(r"wisselkoers", r"exchange ?rate", r"wechselkurs", r"taux de change"),
        "No exchange rate was given.",
        "Exact does not accept the exchange rate.",
        "Look at the exchange rates of this currency in Exact, then copy again.",
        "exact_settings",
    ),
    Subject(
        "currency",
        words(r"valuta", r"currency", r"w[äa]hrung", r"devise"),
        "No currency was given.",
        "The currency is not active in this division or not allowed in this journal.",
        "Activate the currency in Exact, or choose a journal that allows it.",
        "exact_settings",
    ),
    Subject(
        "period",
        words(r"periode?\b", r"period", r"zeitraum", r"boekjaar", r"financial year", r"gesch[äa]ftsjahr", r"exercice", r"p[ée]riode"),
        "The invoice date lies in no financial period.",
        "The financial period of the invoice date is closed or does not exist.",
        "Open the period in Exact, or give the invoice a date in an open period.",
        "exact_settings",
    ),
    Subject(
        "gl_account",
        words(r"grootboek", r"g/?l[- ]?account", r"ledger account", r"sachkonto", r"compte g[ée]n[ée]ral"),
        "A line has no ledger account.",
        "The ledger account can not be used for this line.",
        "Refresh the ledger accounts and choose another one for the line.",
        "mapping",
        unknown="The ledger account does not exist in this division.",
        blocked="The ledger account is blocked in Exact.",
    ),
    Subject(
        "entry_number",
        words(
            r"(boekstuk|factuur)nummer", r"(entry|invoice) number", r"(buchungs|beleg|rechnungs)nummer",
            r"num[ée]ro (d.[ée]criture|de (facture|pi[èe]ce))",
        ),
        "The journal wants an entry number, and none was sent.",
        "The journal does not take the invoice's number as its entry number.",
        "Copy again: Exact is then asked to give the number. If that fails too, let the journal in Exact number by itself.",
        "connection_settings",
    ),
)  # fmt: skip

# The first subject that fits counts, so the narrow ones come before the customer, whose words are part of many others.
SUBJECTS: tuple[Subject, ...] = (*_BOOKS, *_CUSTOMER[:-1], *_DOCUMENT, _CUSTOMER[-1])
