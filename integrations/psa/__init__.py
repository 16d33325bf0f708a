"""Where invoices come from: one package per source, each translating into the neutral `SourceInvoice`."""

from __future__ import annotations
