"""Fixtures of the tests that talk to the sandbox."""

from __future__ import annotations

from tests.exact import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]
