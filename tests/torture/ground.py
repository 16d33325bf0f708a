"""The ground a scenario stands on: its folder, ports, passwords and environment, chosen before Django is set up.

The database cluster is a copy of a template that was migrated once; it is made anew when a migration changes.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from connector.local import postgres, processes
from connector.local.servers import SOURCE_ROOT
from tests.template import fingerprint

HOME = SOURCE_ROOT / ".local" / "torture"
RESULTS = SOURCE_ROOT / "test-results" / "torture"
# Below the range from which the system takes ports for outgoing connections: while a server is down, nobody gets its port.
_PORTS = range(20_000, 32_000)
# Minutes shrink to seconds. The settle delay stays longer than the latest commit that the sandbox is told to make (2 s).
SCALE = {
    "COPY_SETTLE_SECONDS": "6",
    "COPY_SETTLE_SECONDS_GUARDED": "4",
    "COPY_SEND_LEASE_SECONDS": "4",
    "LANE_LEASE_SECONDS": "4",
    "LANE_SWEEP_SECONDS": "2",
}


@dataclass(frozen=True)
class Ground:
    """One scenario's place. Every stage of the scenario uses the same addresses, one after the other."""

    folder: Path
    logs: Path
    passwords: postgres.Passwords
    ports: dict[str, int]
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, name: str) -> Ground:
        """This function will choose a fresh place, with a copy of the migrated database cluster in it."""
        folder = HOME / f"{name}-{os.getpid()}"
        logs = RESULTS / "logs" / name
        for old in (folder, logs):
            shutil.rmtree(old, ignore_errors=True)
        logs.mkdir(parents=True)
        folder.mkdir(parents=True)
        (folder / "logs").symlink_to(logs)
        ground = cls(folder, logs, _copy_template(folder), _free_ports(), _new_secrets())
        return ground

    @property
    def postgres(self) -> postgres.Postgres:
        """The scenario's own cluster: durable, as production's."""
        return postgres.Postgres(self.folder, self.ports["postgres"], self.passwords)

    @property
    def web_url(self) -> str:
        """Where people open the connector."""
        return f"http://localhost:{self.ports['web']}"

    @property
    def sandbox_url(self) -> str:
        """Where the stand-in for Exact answers."""
        return f"http://{processes.LOOPBACK}:{self.ports['sandbox']}"

    @property
    def broker_url(self) -> str:
        """The broker of the workers."""
        password = self.secrets["VALKEY_PASSWORD"]
        return f"redis://:{password}@{processes.LOOPBACK}:{self.ports['valkey']}/0"

    def environment(self) -> dict[str, str]:
        """This function will return the variables of every program: production's settings, the restricted role."""
        ours = self.secrets
        return {
            "DATABASE_URL": self.postgres.url(postgres.APPLICATION, self.passwords.application),
            "REDIS_URL": self.broker_url,
            "REDIS_PREFIX": "torture:",
            "DJANGO_SETTINGS_MODULE": "connector.settings",
            "SECRET_KEY": ours["SECRET_KEY"],
            "ENCRYPTION_KEYS": ours["ENCRYPTION_KEYS"],
            "DEBUG": "0",
            "PUBLIC_URL": self.web_url,
            "ALLOWED_HOSTS": f"localhost,{processes.LOOPBACK}",
            "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
            "EXACT_BASE_URL": self.sandbox_url,
            "EXACT_ALLOW_ANY_HOST": "1",
            "EXACT_CLIENT_ID": ours["EXACT_CLIENT_ID"],
            "EXACT_CLIENT_SECRET": ours["EXACT_CLIENT_SECRET"],
            "EXACT_REDIRECT_URI": f"{self.web_url}/exact/callback",
            "EXACT_SANDBOX_CLIENT_ID": ours["EXACT_CLIENT_ID"],
            "EXACT_SANDBOX_CLIENT_SECRET": ours["EXACT_CLIENT_SECRET"],
            "BEAT_SCHEDULE_FILE": str(self.folder / "beat-schedule"),
            "PAYMENTS_SYNC_SECONDS": "86400",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            **SCALE,
        }

    def leave(self) -> None:
        """This function will remove everything but the logs."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "EXACT_CLIENT_ID": str(uuid.uuid4()),
        "EXACT_CLIENT_SECRET": secrets.token_urlsafe(24),
        "VALKEY_PASSWORD": secrets.token_urlsafe(24),
    }


def _free_ports() -> dict[str, int]:
    chosen = random.Random().sample(_PORTS, 200)
    free = (port for port in chosen if processes.free_port(port) == port)
    return {name: next(free) for name in ("postgres", "valkey", "sandbox", "web", "spare")}


# --- The template ---------------------------------------------------------------------------------------------------


def _copy_template(folder: Path) -> postgres.Passwords:
    HOME.mkdir(parents=True, exist_ok=True)
    name = f"template-{fingerprint()}"
    with _locked(HOME / "template.lock"):
        template = HOME / name
        if not (template / "ready").exists():
            for old in HOME.glob("template-*"):
                shutil.rmtree(old, ignore_errors=True)
            _make_template(template)
        shutil.copytree(template / "postgres", folder / "postgres")
        kept = json.loads((template / "passwords.json").read_text())
    return postgres.Passwords(**kept)


def _make_template(template: Path) -> None:
    (template / "logs").mkdir(parents=True)
    passwords = postgres.Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
    port = _free_ports()["postgres"]
    cluster = postgres.Postgres(template, port, passwords, durable=False)
    server = cluster.start()
    try:
        environment = {
            **os.environ,
            **Ground(
                template,
                template,
                passwords,
                {"postgres": port, "valkey": 1, "web": 1, "sandbox": 1},
                _new_secrets(),
            ).environment(),
            "DATABASE_URL": cluster.url(postgres.OWNER, passwords.owner),
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=SOURCE_ROOT,
            env=environment,
            check=True,
        )
    finally:
        postgres.stop(server)
    (template / "postgres" / "postmaster.pid").unlink(missing_ok=True)
    processes.write_private(template / "passwords.json", json.dumps(asdict(passwords)))
    (template / "ready").touch()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
