"""Invoices that a PSA or a script sends to our REST API."""

from __future__ import annotations
