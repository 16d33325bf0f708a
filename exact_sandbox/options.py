"""The settings of a sandbox, from the command line or from EXACT_SANDBOX_* variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from exact_sandbox.hosts import country_hosts

DEFAULT_CLIENT_ID = "b81cc4de-d192-400e-bcb4-09254394c52a"
DEFAULT_CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - a published sample, guards nothing
DEFAULT_WEBHOOK_SECRET = "sandbox-webhook-secret"  # noqa: S105 - as above
DEFAULT_PORT = 8100
HIGHEST_PORT = 65_535
_WEB_ADDRESS = re.compile(r"https?://[^/\s]+(/\S*)?")


@dataclass(slots=True)
class Options:
    """How the sandbox is started; without `data` everything is kept in memory only."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path | None = None
    public_url: str = ""
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = DEFAULT_CLIENT_SECRET
    client_name: str = "Sandbox application"
    redirect_uris: tuple[str, ...] = ()
    webhook_secret: str = DEFAULT_WEBHOOK_SECRET
    country_hosts: tuple[str, ...] = ()  # NL=nl.localhost:8100, or real for Exact's own names
    minute_limit: int | None = None
    day_limit: int | None = None
    certificate: Path | None = None  # PEM; with it the sandbox speaks https only
    workers: int = 1  # processes that serve
    key: Path | None = None  # PEM; absent where the certificate's file holds the key too


def from_environment(environment: Mapping[str, str] = os.environ) -> Options:
    """Return the settings of the EXACT_SANDBOX_* variables; raises ValueError for a bad number."""

    def text(name: str, default: str) -> str:
        return environment.get(f"EXACT_SANDBOX_{name}", "") or default

    @overload
    def number(name: str) -> int | None: ...
    @overload
    def number(name: str, default: int) -> int: ...
    def number(name: str, default: int | None = None) -> int | None:
        value = text(name, "")
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            problem = f"EXACT_SANDBOX_{name} must be a whole number, not '{value}'"
            raise ValueError(problem) from None

    def file(name: str) -> Path | None:
        value = text(name, "")
        return Path(value) if value else None

    return Options(
        host=text("HOST", "127.0.0.1"),
        port=number("PORT", DEFAULT_PORT),
        data=file("DATA"),
        public_url=text("PUBLIC_URL", "").rstrip("/"),
        client_id=text("CLIENT_ID", DEFAULT_CLIENT_ID),
        client_secret=text("CLIENT_SECRET", DEFAULT_CLIENT_SECRET),
        client_name=text("CLIENT_NAME", "Sandbox application"),
        redirect_uris=tuple(text("REDIRECT_URIS", "").split()),
        webhook_secret=text("WEBHOOK_SECRET", DEFAULT_WEBHOOK_SECRET),
        country_hosts=tuple(text("COUNTRY_HOSTS", "").split()),
        minute_limit=number("MINUTE_LIMIT"),
        day_limit=number("DAY_LIMIT"),
        certificate=file("CERTIFICATE"),
        key=file("KEY"),
        workers=number("WORKERS", 1),
    )


def check(options: Options) -> None:
    """Raise ValueError with a sentence for options that no sandbox can be started with."""
    country_hosts(options.country_hosts)
    if not 0 <= options.port <= HIGHEST_PORT:
        raise ValueError(f"--port must be between 0 and {HIGHEST_PORT}")
    if options.workers < 1:
        raise ValueError("--workers must be at least 1")
    for name in ("minute_limit", "day_limit"):
        if (getattr(options, name) or 0) < 0:
            raise ValueError(f"--{name.replace('_', '-')} must be at least 0")
    if options.public_url and not _WEB_ADDRESS.fullmatch(options.public_url):
        raise ValueError("--public-url is an address such as https://exact.example")
