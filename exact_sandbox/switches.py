"""The facts about Exact that nobody is sure of, each as a switch with the likelier position set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exact_sandbox.store import Store

LARGEST = 2**31 - 1  # what a switch that is a number may be at most


@dataclass(frozen=True, slots=True)
class Switch:
    """One unsure fact: its positions (empty = any value of the default's type) and its meaning.

    `unsure` is off for what is no doubt about Exact but a figure or a setting of this sandbox.
    `samples` are the values worth trying where any value is taken.
    """

    default: bool | int | str
    meaning: str
    positions: tuple[str, ...] = ()
    unsure: bool = True
    samples: tuple[int | str, ...] = ()

    @property
    def tried(self) -> tuple[bool | int | str, ...]:
        """Every position that whoever believes this sandbox should be tested in; the default is one."""
        if isinstance(self.default, bool):
            return (True, False)
        return self.positions or self.samples


SWITCHES: dict[str, Switch] = {
    "receivable_sign": Switch(
        "negative",
        "Sign of AmountDC and AmountFC of an open invoice in Receivables and PaymentTerms.",
        ("negative", "positive"),
    ),
    "receivables_list_sign": Switch(
        "positive",
        "Sign of Amount of an open invoice in ReceivablesList.",
        ("positive", "negative"),
    ),
    "receivables_list_currency": Switch(
        "invoice",
        "Currency of Amount in ReceivablesList: the invoice's, which CurrencyCode names beside it, or "
        "the division's.",
        ("invoice", "division"),
    ),
    "receivables_hide_bank_receipts": Switch(
        False,
        "Whether Receivables and PaymentTerms leave out bank and cash receipts; ReceivablesList "
        "shows those that are open.",
    ),
    "foreign_guid": Switch(
        "refused",
        "What happens to the GUID of another division in a POST or PUT: refused, or dropped without "
        "a word (a line with a ledger account of another division is lost).",
        ("refused", "dropped"),
    ),
    "vat_percentage_zero_refused": Switch(
        False, "Whether a VATPercentage of 0 sent with a line is refused."
    ),
    "unused_cost_center": Switch(
        "refused",
        "What happens to a cost center or unit sent with a ledger account that uses none.",
        ("refused", "ignored"),
    ),
    "zero_when_matched": Switch(
        False,
        "Whether AmountDC and AmountFC of a term become 0 once it is matched (Status 50).",
    ),
    "entry_id_honored": Switch(
        False,
        "Whether an EntryID (or the ID of another record) sent with POST becomes the record's id.",
    ),
    "entry_number": Switch(
        "honored",
        "What happens to an EntryNumber sent with POST.",
        ("honored", "ignored", "refused"),
    ),
    "entry_number_unique": Switch(
        True,
        "Whether an EntryNumber that exists in the journal and year is refused.",
    ),
    "invoice_number": Switch(
        "honored",
        "What happens to an InvoiceNumber sent with POST: kept and refused when it exists, "
        "a hint that is silently dropped when it exists or goes down, or dropped always.",
        ("honored", "hint", "ignored"),
    ),
    "your_ref_length": Switch(
        30, "YourRef is cut after so many characters; 0 keeps all of it.", samples=(30, 0)
    ),
    "account_name_length": Switch(
        0, "The name of an account is cut after so many characters; 0 keeps all.", samples=(0, 50)
    ),
    "strict_token_endpoint": Switch(
        True,
        "Whether the token endpoint answers 401 to a request with an old bearer header.",
    ),
    "new_consent_ends_tokens": Switch(
        True,
        "Whether a new log-on of the same user breaks the token chain of the earlier one.",
    ),
    "too_early_status": Switch(
        "400",
        "Status of a refresh earlier than 570 seconds after the token was issued.",
        ("400", "401"),
    ),
    "old_refresh_grace_seconds": Switch(
        0,
        "How long a used refresh token may be used again, for a client whose answer was lost.",
        samples=(0, 60),
    ),
    "localhost_redirect": Switch(
        "accepted",
        "Whether the browser may be sent back to an address on localhost.",
        ("accepted", "refused"),
    ),
    "consent": Switch(
        "remembered",
        "When the consent page is shown: once per user and application, always, or never.",
        ("remembered", "always", "never"),
    ),
    "credit_note_type": Switch(
        True,
        "Whether an entry with a negative total reads back as Type 21 instead of 20.",
    ),
    "new_sales_invoice_status": Switch(
        "20",
        "Status of a sales invoice made by the API: 20 open, or 10 draft until it is printed.",
        ("20", "10"),
    ),
    "sales_invoice_number": Switch(
        "at_printing",
        "When a sales invoice gets its InvoiceNumber.",
        ("at_printing", "at_entry"),
    ),
    "sales_credit_note_sign": Switch(
        "negative",
        "Sign of the amounts of a sales invoice of Type 8021: negative (they are booked as they are) "
        "or positive (they are booked the other way round).",
        ("negative", "positive"),
    ),
    "print_again": Switch(
        "refused",
        "What happens when a printed sales invoice is printed again: refused as processed, or its "
        "document and messages are made once more without booking.",
        ("refused", "sends_again"),
    ),
    "printing_fails": Switch(
        "",
        "What cannot be made when a sales invoice is printed: its CreationError is in the answer, "
        "the invoice is booked all the same.",
        ("", "document", "email", "postbox", "peppol"),
        unsure=False,
    ),
    "mailbox_license": Switch(
        True,
        "Whether the license has the Mailbox feature, which sending to a digital postbox needs.",
        unsure=False,
    ),
    "deleted_sales_invoice_key": Switch(
        "line",
        "What EntityKey of a deleted sales invoice is in sync/Deleted: the ID of each line, as in "
        "sync/SalesInvoice/SalesInvoices, or the InvoiceID.",
        ("line", "invoice"),
    ),
    "new_item_is_sales_item": Switch(
        True,
        "Whether an item made without IsSalesItem can be sold.",
    ),
    "error_velocity": Switch(
        True,
        "Whether too many errors on one endpoint block it for a while.",
    ),
    "errors_an_hour": Switch(
        10,
        "Errors 400, 401, 403, 404 an application and user may make on an endpoint an hour.",
        unsure=False,
    ),
    "error_window_minutes": Switch(60, "How long an error counts, in minutes.", unsure=False),
    "error_block_minutes": Switch(60, "How long an endpoint is blocked, in minutes.", unsure=False),
    "error_block_growth": Switch(
        "doubled",
        "What makes a block longer: another within a day of the last lasts twice as long (a day at "
        "most), each call during a block begins it anew, or nothing does.",
        ("doubled", "renewed", "fixed"),
    ),
    "error_block_answer": Switch(
        "429",
        "The answer of a blocked endpoint: 429 without headers, or 403 with a text.",
        ("429", "403"),
    ),
    "rate_limits": Switch(
        True, "Whether calls are counted against the limits at all.", unsure=False
    ),
    "minute_limit": Switch(60, "Calls a minute per application and division.", unsure=False),
    "day_limit": Switch(5000, "Calls a day per application and division.", unsure=False),
    "token_day_limit": Switch(200, "Token calls a day per application and user.", unsure=False),
    "retry_after": Switch(False, "Whether a 429 carries a Retry-After header."),
    "top_ignores_inlinecount": Switch(
        False,
        "Whether $inlinecount is ignored when $top is given.",
    ),
    "open_query_refused": Switch(
        "none",
        "Whether sales entries, invoices, bank entries, receivables and transaction lines refuse a "
        "list without $select or $top=1, as the bulk and sync endpoints do.",
        ("none", "many"),
    ),
    "filter_required": Switch(
        "none",
        "Whether endpoints that have a sync twin refuse a list without $filter or $top=1, as "
        "Exact announced for July 2021.",
        ("none", "twins"),
    ),
    "guid_literal_space": Switch(
        "refused",
        "What becomes of guid '...' with a space in a filter.",
        ("refused", "accepted"),
    ),
    "zoned_dates": Switch(
        "kept_utc",
        "What becomes of a date sent with Z or an offset: kept as that moment in UTC, or shifted "
        "an hour back, so that midnight falls on the day before.",
        ("kept_utc", "shifted"),
    ),
    "put_returns_record": Switch(
        False,
        "Whether PUT with 'Prefer: return=representation' answers 200 with the record.",
    ),
    "merge": Switch(
        "refused",
        "What becomes of MERGE and PATCH: Exact lists PUT only.",
        ("refused", "accepted"),
    ),
    "attachment_on_get": Switch(
        False,
        "Whether a read of DocumentAttachments shows the file itself (base64) or null; the file is "
        "always at its Url with &Download=1.",
    ),
    "attachment_megabytes": Switch(
        10, "How large an attachment may be; a larger one is refused.", unsure=False
    ),
    "downloads_counted": Switch(
        False, "Whether the download of an attachment counts against the limits of calls."
    ),
    "entry_document_put": Switch(
        True, "Whether a PUT may set the Document of a sales entry; some divisions refuse it."
    ),
    "webhook_put": Switch(
        "listed",
        "Whether PUT on WebhookSubscriptions works as the property table lists it, or is refused.",
        ("listed", "refused"),
    ),
    "webhook_validation": Switch(
        "later",
        "When a new callback gets its empty call: about a second later, or at once, where one that "
        "fails refuses the subscription.",
        ("later", "synchronous"),
    ),
    "webhook_failed_validation": Switch(
        "kept",
        "What becomes of a subscription whose later empty call fails on every try.",
        ("kept", "removed"),
    ),
    "webhook_callback": Switch(
        "https_or_local",
        "Which callbacks may be subscribed: https only as at Exact, also http on this machine, or "
        "http anywhere.",
        ("https_or_local", "https", "any"),
        unsure=False,
    ),
    "webhook_delivery": Switch(
        "automatic",
        "Whether webhooks are sent by themselves or only by POST /_sandbox/webhooks/deliver.",
        ("automatic", "manual"),
        unsure=False,
    ),
    "webhook_delay_seconds": Switch(0, "Seconds between a change and its webhook.", unsure=False),
    "webhook_timeout_seconds": Switch(10, "How long a callback may take to answer.", unsure=False),
    "webhook_tries": Switch(
        5, "How often a webhook is tried before it is given up.", samples=(5, 1)
    ),
    "webhook_retry_seconds": Switch(
        60, "Seconds before the second try; doubled for each later one.", samples=(60, 5)
    ),
    "webhook_disable_after": Switch(
        0,
        "How many webhooks given up in a row disable a subscription; 0 is never.",
        samples=(0, 10),
    ),
    "webhook_drop_percent": Switch(
        0, "How many webhooks of a hundred are never sent.", unsure=False
    ),
    "webhook_duplicate_percent": Switch(
        0, "How many webhooks of a hundred are sent twice.", unsure=False
    ),
    "webhook_reorder_percent": Switch(
        0,
        "How many webhooks of a hundred are held back for 5 seconds, so that later ones overtake.",
        unsure=False,
    ),
    "webhook_seed": Switch(
        1, "The chance behind drops, duplicates and order; the same each time.", unsure=False
    ),
    "contact_names": Switch(
        "both",
        "Which names a contact must have: first and last as the property table flags them, or "
        "either of the two as its description says.",
        ("both", "either"),
    ),
}


class SwitchError(ValueError):
    """An unknown switch or a value it does not take."""


class Switches:
    """The current positions; `changed` keeps only those that differ from the default.

    `started` is what this sandbox was started with: its own defaults, which a reset goes back to.
    Without a store there is nobody to share them with: the defaults, for tables made at import.
    """

    def __init__(
        self, store: Store | None = None, *, started: Mapping[str, bool | int | str] | None = None
    ) -> None:
        self._store = store
        self._started = dict(started or {})
        self.changed: dict[str, bool | int | str] = {}
        self.load()
        if store is not None:
            store.watch(self.load)

    def __getitem__(self, name: str) -> Any:
        return self.changed.get(name, self.default(name))

    def default(self, name: str) -> bool | int | str:
        """Return the position a switch has until someone changes it."""
        return self._started.get(name, SWITCHES[name].default)

    def load(self) -> None:
        """Read the positions as they are in the store."""
        if self._store is not None:
            rows = self._store.execute("SELECT name, value FROM switches")
            # A file of another version may hold a switch that is gone.
            self.changed = {name: json.loads(value) for name, value in rows if name in SWITCHES}

    def set(self, name: str, value: object) -> None:
        """Put a switch in a position; raises SwitchError when it has no such position."""
        switch = SWITCHES.get(name)
        if switch is None:
            raise SwitchError(f"There is no switch named '{name}'.")
        if not isinstance(value, bool | int | str) or type(value) is not type(switch.default):
            raise SwitchError(f"'{name}' takes a {type(switch.default).__name__}.")
        if isinstance(value, int) and not 0 <= value <= LARGEST:
            raise SwitchError(f"'{name}' takes a number from 0 to {LARGEST}.")
        if switch.positions and value not in switch.positions:
            raise SwitchError(f"'{name}' takes one of: {', '.join(switch.positions)}.")
        if self._store is not None:
            self._store.execute(
                "INSERT OR REPLACE INTO switches VALUES (?, ?)", [name, json.dumps(value)]
            )
        self.changed[name] = value

    def reset(self, *names: str) -> None:
        """Put these switches back to their defaults, or every one."""
        for name in names or SWITCHES:
            self.changed.pop(name, None)
            if self._store is not None:
                self._store.execute("DELETE FROM switches WHERE name = ?", [name])

    def as_json(self) -> list[dict[str, object]]:
        """Return every switch with its value and meaning, for the control API."""
        return [
            {
                "name": name,
                "value": self[name],
                "default": self.default(name),
                "positions": list(switch.positions),
                "meaning": switch.meaning,
            }
            for name, switch in SWITCHES.items()
        ]
