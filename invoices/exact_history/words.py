"""The history in words. Stored are kinds, paths and numbers; the sentences are made here, when they are read."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from integrations.exact import endpoints
from integrations.models import ExactCall, RecordOutcome, RunRecord, WorkRun
from invoices.exact_history import kinds

WORKS = {
    "copies": gettext_lazy("Copying invoices"),
    "payments": gettext_lazy("Reading payments"),
    "checks": gettext_lazy("Comparing with Exact"),
    "lists": gettext_lazy("Refreshing lists"),
    "recovery": gettext_lazy("Looking again after a restored backup"),
    "webhook_subscriptions": gettext_lazy("Subscribing to news from Exact"),
    "webhooks": gettext_lazy("News from Exact"),
    "keep_alive": gettext_lazy("Keeping the log-in alive"),
}

_PATHS = {
    endpoints.JOURNALS: gettext_lazy("Journals"),
    endpoints.GL_ACCOUNTS: gettext_lazy("Ledger accounts"),
    endpoints.VAT_CODES: gettext_lazy("VAT codes"),
    endpoints.PAYMENT_CONDITIONS: gettext_lazy("Payment conditions"),
    endpoints.ITEMS: gettext_lazy("Items"),
    endpoints.ACCOUNTS: gettext_lazy("Customers"),
    endpoints.ACCOUNTS_SYNC: gettext_lazy("Changed customers"),
    endpoints.CONTACTS: gettext_lazy("Contacts"),
    endpoints.SALES_ENTRIES: gettext_lazy("Sales entries"),
    endpoints.SALES_ENTRY_LINES: gettext_lazy("Lines of sales entries"),
    endpoints.SALES_INVOICES: gettext_lazy("Sales invoices"),
    endpoints.SALES_INVOICE_LINES: gettext_lazy("Lines of sales invoices"),
    endpoints.PRINTED_SALES_INVOICES: gettext_lazy("Printing and sending"),
    endpoints.DOCUMENTS: gettext_lazy("Documents"),
    endpoints.DOCUMENT_ATTACHMENTS: gettext_lazy("Files"),
    endpoints.PAYMENT_TERMS_SYNC: gettext_lazy("Changed payment terms"),
    endpoints.RECEIVABLES_BULK: gettext_lazy("Receivables"),
    endpoints.TRANSACTION_LINES: gettext_lazy("Ledger lines"),
    endpoints.SYNC_TIMESTAMP: gettext_lazy("Position of the changes"),
    endpoints.DELETED_SYNC: gettext_lazy("Deletions"),
    endpoints.WEBHOOK_SUBSCRIPTIONS: gettext_lazy("Subscriptions to news"),
}

# The kinds of state that pages draw, by outcome.
STATES = {
    RecordOutcome.CREATED: "good",
    RecordOutcome.UPDATED: "good",
    RecordOutcome.SKIPPED: "aside",
    RecordOutcome.FAILED: "failed",
    RecordOutcome.SEEN: "neutral",
}
_OUTCOMES = {
    RecordOutcome.CREATED: gettext_lazy("Created"),
    RecordOutcome.UPDATED: gettext_lazy("Updated"),
    RecordOutcome.SKIPPED: gettext_lazy("Skipped"),
    RecordOutcome.FAILED: gettext_lazy("Failed"),
    RecordOutcome.SEEN: gettext_lazy("Read"),
}


def name_work(work: str) -> str:
    """This function will return what a kind of work does."""
    return str(WORKS.get(work, work))


def name_outcome(outcome: str) -> str:
    """This function will return an outcome in a word."""
    return str(_OUTCOMES[RecordOutcome(outcome)])


def name_path(path: str) -> str:
    """This function will return what is found at a path of Exact; the path's end for one without a name."""
    bare = path.removesuffix("({key})")
    return str(_PATHS.get(bare) or bare.rpartition("/")[2])


def say(record: RunRecord) -> str:
    """This function will return the sentence of a record."""
    if record.kind:
        return kinds.sentence_of(record.kind)
    what = {"what": name_path(record.path), "n": record.row_count}
    if record.outcome == RecordOutcome.FAILED:
        return _("%(what)s: Exact refused or gave no usable answer") % what
    if record.outcome == RecordOutcome.UPDATED:
        return _("%(what)s: written to Exact") % what
    return (
        ngettext("%(what)s: %(n)s row read", "%(what)s: %(n)s rows read", record.row_count) % what
    )


def state_of(run: WorkRun) -> tuple[str, str]:
    """This function will return a run's state: the kind that pages draw, and the word."""
    if run.failed_count:
        return "failed", _("With errors")
    if run.created_count or run.updated_count:
        return "good", _("Done")
    if run.skipped_count:
        return "aside", _("Skipped")
    return "neutral", _("Nothing new")


def duration(milliseconds: int) -> str:
    """This function will return a duration for people."""
    if milliseconds < 1000:
        return _("%(n)s ms") % {"n": milliseconds}
    return _("%(n)s s") % {"n": number_format(milliseconds / 1000, 1)}


def say_status(call: ExactCall) -> str:
    """This function will return what became of a call."""
    if call.status is None:
        return _("No whole answer")
    if call.status < 400:
        return _("%(status)s Good") % {"status": call.status}
    return _("%(status)s Refused") % {"status": call.status}
