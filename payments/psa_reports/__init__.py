"""Telling the PSA how far its invoices are paid: what is to be told, the callback that tells it, and the list it may read."""
