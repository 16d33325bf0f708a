"""What a cause is, in one sentence that holds for every invoice it stops. Translated when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from connector.sentences import unpack
from invoices.causes.parts import About, Cause, of_any_line

_SENTENCES: Mapping[tuple[str, str], Any] = {
    ("vat_missing", About.TAX_RATE): _("Tax rate %(name)s has no VAT code."),
    ("vat_missing", About.NOTHING): _("Lines without a tax rate have no VAT code."),
    ("vat_unknown", About.VAT_CODE): _("VAT code %(name)s is not in Exact."),
    ("vat_blocked", About.VAT_CODE): _("VAT code %(name)s is blocked or no longer in Exact."),
    ("vat_not_for_sales", About.VAT_CODE): _("VAT code %(name)s is for purchases only."),
    ("vat_list_empty", About.NOTHING): _("The division has no VAT codes for sales yet."),
    ("ledger_missing", About.SERVICE_TYPE): _("Service type %(name)s has no ledger account."),
    ("ledger_missing", About.NO_SERVICE_TYPE): _(
        "Lines without a service type have no ledger account."
    ),
    ("ledger_missing", About.BY_HAND): _(
        "This connection has its ledger accounts chosen by hand for each invoice."
    ),
    ("ledger_unknown", About.SERVICE_TYPE): _(
        "The ledger account of service type %(name)s is no longer in Exact."
    ),
    ("ledger_unknown", About.NO_SERVICE_TYPE): _(
        "The ledger account of lines without a service type is no longer in Exact."
    ),
    ("ledger_unknown", About.DEFAULT): _("The default ledger account is no longer in Exact."),
    ("ledger_unknown", About.BY_HAND): _(
        "A ledger account that was chosen by hand is no longer in Exact."
    ),
    ("ledger_blocked", About.LEDGER): _(
        "Ledger account %(name)s is blocked or no longer in Exact."
    ),
    ("ledger_not_revenue", About.LEDGER): _("Ledger account %(name)s is not a revenue account."),
    ("cost_center_missing", About.LEDGER): _(
        "Ledger account %(name)s requires a cost center, and lines have none."
    ),
    ("cost_unit_missing", About.LEDGER): _(
        "Ledger account %(name)s requires a cost unit, and lines have none."
    ),
    ("cost_center_unknown", About.COST): _(
        "Cost center %(name)s is not active or no longer in Exact."
    ),
    ("cost_unit_unknown", About.COST): _("Cost unit %(name)s is no longer in Exact."),
    ("item_missing", About.SERVICE_TYPE): _("Service type %(name)s has no item."),
    ("item_missing", About.NO_SERVICE_TYPE): _("Lines without a service type have no item."),
    ("item_unknown", About.ITEM): _("Item %(name)s is not in Exact."),
    ("item_unknown", About.SERVICE_TYPE): _("The item of service type %(name)s is not in Exact."),
    ("item_unknown", About.NO_SERVICE_TYPE): _(
        "The item of lines without a service type is not in Exact."
    ),
    ("item_blocked", About.ITEM): _("Item %(name)s is not sold on the invoice's date."),
    ("journal_missing", About.JOURNAL): _("The connection has no sales journal to post to."),
    ("journal_unknown", About.JOURNAL): _("Journal %(name)s is not in Exact."),
    ("journal_blocked", About.JOURNAL): _("Journal %(name)s is blocked or no longer in Exact."),
    ("journal_not_sales", About.JOURNAL): _("Journal %(name)s is not a sales journal."),
    ("journal_currency", About.JOURNAL): _("The journal does not take the currency: %(name)s."),
    ("payment_condition_unknown", About.CONDITION): _(
        "Payment condition %(name)s is not in Exact."
    ),
    ("customer_ambiguous", About.CLIENT): _("It is not sure which customer in Exact is %(name)s."),
    ("customer_blocked", About.CLIENT): _("The customer of %(name)s is blocked in Exact."),
    ("customer_not_a_customer", About.CLIENT): _(
        "The account of %(name)s in Exact is not a customer."
    ),
    ("email_missing", About.CLIENT): _("No e-mail address is known of %(name)s."),
    ("no_lines", About.NOTHING): _("The invoice has no lines."),
    ("number_missing", About.NOTHING): _(
        "The invoice has no number, and the PSA is the one to number invoices."
    ),
    ("amount_does_not_fit", About.NOTHING): _("A line has more decimals than the currency."),
    ("totals_differ", About.NOTHING): _("The lines do not add up to the invoice's total."),
    ("vat_differs", About.NOTHING): _("Exact would book another VAT amount than the invoice says."),
    ("credit_too_large", About.NOTHING): _("The credit note is larger than what it credits."),
    ("total_zero", About.NOTHING): _("The invoice comes to nothing, and Exact would send it."),
    ("mismatch", About.NOTHING): _("Exact booked something else than was sent."),
    ("booked_twice", About.NOTHING): _("Exact has the same invoice more than once."),
    ("number_in_use", About.NOTHING): _(
        "The invoice's number is in use in Exact for something else."
    ),
    ("forgotten_by_restore", About.NOTHING): _(
        "Exact has documents from before the database was restored that do not fit."
    ),
    ("customer_ambiguous", About.NOTHING): _("It is not sure which customer in Exact it is."),
    ("contact_ambiguous", About.NOTHING): _("Exact has several new contacts that may be this one."),
}


def sentence_of(cause: Cause) -> str:
    """This function will say what the cause is, in the reader's language; what Exact said stays as it said it."""
    text = _SENTENCES.get((cause.code, cause.about))
    if text is None:
        return of_any_line(unpack(cause.said)) if cause.said else cause.name
    words, name = str(text), unpack(cause.said) if cause.said else cause.name
    # Many companies end in a full stop of their own: "B.V."
    if words.endswith("%(name)s."):
        name = name.removesuffix(".")
    return words % {"name": name}
