"""Invoices that a person uploads as a CSV file."""

from __future__ import annotations
