"""The table of all pages."""

from __future__ import annotations

from exact_sandbox.pages import (
    access,
    bank_desk,
    clock,
    divisions,
    entries,
    faults,
    home,
    invoices,
    log,
    open_items,
    outbox,
    relations,
    switches,
    webhooks,
)
from exact_sandbox.pages.page import Form, Page

PAGES: tuple[Page | Form, ...] = (
    *home.PAGES,
    *divisions.PAGES,
    *entries.PAGES,
    *invoices.PAGES,
    *open_items.PAGES,
    *relations.PAGES,
    *bank_desk.PAGES,
    *outbox.PAGES,
    *log.PAGES,
    *faults.PAGES,
    *switches.PAGES,
    *clock.PAGES,
    *webhooks.PAGES,
    *access.PAGES,
)
