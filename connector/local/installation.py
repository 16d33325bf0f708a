"""The demo's own installation: its folder, ports, secrets and environment, kept from run to run."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from connector.local import processes

WEB_PORT = 8000
SANDBOX_PORT = 8100
# Short enough that a payment booked in the sandbox shows while one watches.
PAYMENTS_SYNC_SECONDS = 5


@dataclass(frozen=True)
class Installation:
    """Where one demo lives and what it keeps."""

    folder: Path
    web_port: int
    sandbox_port: int
    secrets: dict[str, str]

    @property
    def web_url(self) -> str:
        """Where people open the connector."""
        return f"http://localhost:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        """Where the stand-in for Exact Online answers: another host than the connector, as Exact is."""
        return f"http://{processes.LOOPBACK}:{self.sandbox_port}"

    @property
    def logs(self) -> Path:
        """The folder with one log per program."""
        return self.folder / "logs"

    def environment(self, servers: dict[str, str]) -> dict[str, str]:
        """This function will return the environment of every program of the demo."""
        interpreter = str(Path(sys.executable).parent)
        return {
            **os.environ,
            **servers,
            **self.secrets,
            "PATH": os.pathsep.join([interpreter, os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "connector.settings",
            "DEBUG": "0",
            "PUBLIC_URL": self.web_url,
            "ALLOWED_HOSTS": f"localhost,{processes.LOOPBACK}",
            "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
            "EXACT_BASE_URL": self.sandbox_url,
            "EXACT_ALLOW_ANY_HOST": "1",
            # The sandbox has pages of its entries, as Exact has screens.
            "EXACT_ENTRY_URL": "{exact}/divisions/{division}/entries/{entry_id}",
            # A PSA that somebody tries out beside the demo.
            "PSA_CALLBACKS_TO_LOCALHOST": "1",
            "EXACT_REDIRECT_URI": f"{self.web_url}/exact/callback",
            # The sandbox knows one app: the one this installation is registered as.
            "EXACT_SANDBOX_CLIENT_ID": self.secrets["EXACT_CLIENT_ID"],
            "EXACT_SANDBOX_CLIENT_SECRET": self.secrets["EXACT_CLIENT_SECRET"],
            "EXACT_SANDBOX_REDIRECT_URIS": f"{self.web_url}/exact/callback",
            # The sandbox tells of payments as Exact does.
            "EXACT_SANDBOX_WEBHOOK_SECRET": self.secrets["EXACT_WEBHOOK_SECRETS"],
            "PAYMENTS_SYNC_SECONDS": str(PAYMENTS_SYNC_SECONDS),
            "PAYMENTS_IDLE_SECONDS": str(PAYMENTS_SYNC_SECONDS),
            "LANE_SWEEP_SECONDS": "5",
            "BEAT_SCHEDULE_FILE": str(self.folder / "beat-schedule"),
        }


def open_installation(folder: Path, *, fixed_ports: bool) -> Installation:
    """This function will read what the folder keeps, or choose it at the first start.

    ``fixed_ports``: begin at 8000 and 8100 (people remember them), else take what is free.
    """
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    path = folder / "secrets.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {"secrets": _new_secrets(), "ports": {}}
    # A folder of an earlier version lacks the newer secrets.
    kept["secrets"] = _new_secrets() | kept["secrets"]
    ports = kept["ports"]
    chosen = {
        name: _port(ports.get(name), first if fixed_ports else None)
        for name, first in (("web", WEB_PORT), ("sandbox", SANDBOX_PORT))
    }
    processes.write_private(path, json.dumps({**kept, "ports": chosen}, indent=2))
    return Installation(folder, chosen["web"], chosen["sandbox"], kept["secrets"])


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "EXACT_CLIENT_ID": str(uuid.uuid4()),
        "EXACT_CLIENT_SECRET": secrets.token_urlsafe(16),
        "EXACT_WEBHOOK_SECRETS": secrets.token_urlsafe(24),
    }


def _port(kept: int | None, first: int | None) -> int:
    wanted = [kept] if kept else []
    wanted += range(first, first + 100) if first else []
    return (
        next((port for port in wanted if not _answers(port) and _free(port)), 0)
        or processes.free_port()
    )


def _free(port: int) -> bool:
    return processes.free_port(port) == port


def _answers(port: int) -> bool:
    """Another program may hold the port on IPv6 only, and a browser would reach that one as localhost."""
    try:
        socket.create_connection(("localhost", port), timeout=0.5).close()
    except OSError:
        return False
    return True
