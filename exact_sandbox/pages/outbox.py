"""The outbox: what was sent to customers, to be read here instead of in a mailbox."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from exact_sandbox import outbox
from exact_sandbox.html import table
from exact_sandbox.pages.page import Done, Form, Missing, Page, Screen, Visit
from exact_sandbox.pages.parts import (
    PER_PAGE,
    button,
    card,
    empty,
    facts,
    form,
    join,
    link,
    pager,
    tag,
)
from exact_sandbox.pages.reading import number

KINDS = {"email": "e-mail", "postbox": "digital postbox", "peppol": "Peppol"}
Message = dict[str, Any]


def show_list(visit: Visit) -> Screen:
    """Return the messages, newest first."""
    page = max(1, visit.number("page", 1))
    database = visit.sandbox.database
    total = number(database, "SELECT count(*) FROM outbox")
    found = outbox.list_emails(database, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    if found:
        shown = join(message_table(found), pager(visit, total, page=page))
        below = form("/outbox/empty", button("Throw all messages away", kind="plain"))
    else:
        shown = empty("Nothing was sent yet. Printing a sales invoice with e-mail on sends one.")
        below = Markup("")
    content = join(
        Markup("<h1>Outbox</h1>"),
        Markup(
            '<p class="lead">What Exact would have sent to customers. Nothing leaves the sandbox: '
            "read it here.</p>"
        ),
        card("Messages", shown),
        below,
    )
    return Screen("Outbox", content, "/outbox")


def message_table(messages: list[Message]) -> Markup:
    """Return messages as a table."""
    lines: list[list[object]] = [
        [
            link(f"/outbox/{message['id']}", message["subject"]),
            f"{message['to_name']} <{message['to']}>",
            tag(KINDS.get(message["kind"], message["kind"])),
            str(message["sent_at"])[:16].replace("T", " "),
            Markup(", ").join(_file(attachment) for attachment in message["attachments"]),
        ]
        for message in messages
    ]
    return table(["Subject", "To", "Way", "Sent (UTC)", "Attachments"], lines)


def _file(attachment: dict[str, Any]) -> Markup:
    size = f"{max(1, attachment['size'] // 1024):,} kB"
    return join(link(attachment["url"], attachment["name"]), f" ({size})")


def show_message(visit: Visit) -> Screen:
    """Return one message with its text."""
    message = outbox.find_email(visit.sandbox.database, visit.path["message"])
    if message is None:
        raise Missing("There is no such message in the outbox (any more).")
    invoice = f"/divisions/{message['division']}/invoices/{message['invoice_id']}"
    content = join(
        Markup("<h1>{}</h1>").format(message["subject"]),
        card(
            "Envelope",
            facts(
                [
                    ("From", message["from"]),
                    ("To", f"{message['to_name']} <{message['to']}>"),
                    ("Way", KINDS.get(message["kind"], message["kind"])),
                    ("Sent (UTC)", str(message["sent_at"])[:19].replace("T", " ")),
                    ("Language", message["language"]),
                    ("Sales invoice", link(invoice, message["invoice_number"])),
                    (
                        "Attachments",
                        Markup(", ").join(_file(each) for each in message["attachments"]) or "none",
                    ),
                ]
            ),
        ),
        card("Text", Markup('<div class="letter">{}</div>').format(message["text"])),
        Markup("<p>{}</p>").format(link("/outbox", "All messages")),
    )
    return Screen(message["subject"], content, "/outbox")


def clear(visit: Visit) -> Done:
    """Throw every message away."""
    outbox.empty(visit.sandbox.database)
    return Done("/outbox", "The outbox is empty.")


PAGE = Page("/outbox", show_list)
PAGES = (PAGE, Form("/outbox/empty", clear, PAGE), Page("/outbox/{message}", show_message))
