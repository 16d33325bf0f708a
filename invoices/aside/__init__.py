"""Invoices that a person sets aside: copied elsewhere, or not to be copied at all (B-22)."""
