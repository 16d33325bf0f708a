"""Refuses outgoing calls while a database transaction is open: a slow answer must never hold rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

from connector import http

_allowed_because: ContextVar[str] = ContextVar("call_inside_transaction_allowed", default="")


class CallInsideTransaction(RuntimeError):
    """An outgoing call was made while a transaction was open."""


@contextmanager
def allow_call_inside_transaction(reason: str) -> Iterator[None]:
    """This function will let the block make a call while a transaction is open.

    For one use only: refreshing tokens. Exact's refresh tokens work once, so the row lock has to be held from
    reading the old token until the new one is stored; a lock with a time limit was measured to lose tokens
    (RELIABILITY C2). ``reason`` says it again at the place that calls.
    """
    token = _allowed_because.set(reason)
    try:
        yield
    finally:
        _allowed_because.reset(token)


def refuse_inside_transaction() -> None:
    """This function will raise CallInsideTransaction when the default connection is in an atomic block."""
    if connection.in_atomic_block and not _allowed_because.get():
        raise CallInsideTransaction("Commit first, then call: no HTTP while a transaction is open.")


def install() -> None:
    """This function will put the guard before every outgoing request; doing it twice changes nothing."""
    if refuse_inside_transaction not in http.before_send:
        http.before_send.append(refuse_inside_transaction)
