"""Ids that every log line of a piece of work carries: the request's, or those of the lane that is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_bound: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=MappingProxyType({}))


@contextmanager
def bind(**ids: object) -> Iterator[None]:
    """This function will put these ids into every log line of the block."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)


def bound() -> Mapping[str, object]:
    """This function will return what the log lines of here carry."""
    return _bound.get()
