"""Refuses outgoing calls while a database transaction is open: a slow answer must never hold rows."""

from __future__ import annotations

from django.db import connection

from connector import http


class CallInsideTransaction(RuntimeError):
    """An outgoing call was made while a transaction was open."""


def refuse_inside_transaction() -> None:
    """This function will raise CallInsideTransaction when the default connection is in an atomic block."""
    if connection.in_atomic_block:
        raise CallInsideTransaction("Commit first, then call: no HTTP while a transaction is open.")


def install() -> None:
    """This function will put the guard before every outgoing request; doing it twice changes nothing."""
    if refuse_inside_transaction not in http.before_send:
        http.before_send.append(refuse_inside_transaction)
