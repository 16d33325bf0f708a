"""The REST API: invoices in, their state out."""

from __future__ import annotations
