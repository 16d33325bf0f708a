"""Puts webhooks into the program: their two kinds of work, and the lists that they bring forward."""

from __future__ import annotations

from integrations.lanes import register_work
from integrations.webhooks import lists, nudges, subscribing, topics


def connect() -> None:
    """This function will let the lanes ask what webhooks have to do."""
    register_work(nudges.NudgesWork())
    register_work(subscribing.SubscriptionsWork())
    nudges.readings |= {
        topics.CUSTOMERS.name: lists.CUSTOMERS,
        topics.ITEMS.name: lists.ITEMS,
        topics.LEDGER_ACCOUNTS.name: lists.LEDGER_ACCOUNTS,
    }
