"""A foreign client at work: a process in the client's own environment that carries out orders."""

from __future__ import annotations

import json
import os
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.exact_clients.exact import Exact

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 60


@dataclass
class ClientRaised(Exception):
    """The client refused an order: the exception it raised and what Exact had said."""

    kind: str
    text: str
    status: int | None = None
    body: str = ""
    error_message: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}\n{self.body}"

    @property
    def says(self) -> str:
        """The sentence in Exact's body, whichever of its two forms it has."""
        body = json.loads(self.body)
        if "error_description" in body:
            return str(body["error_description"])
        return str(body["error"]["message"]["value"])


class ForeignClient:
    """One client process and the sandbox that it is told is Exact."""

    def __init__(self, python: Path, name: str, exact: Exact, given: dict[str, Any]) -> None:
        self.name, self.exact = name, exact
        self.module = f"tests.exact_clients.drivers.{name.replace('-', '_')}_driver"
        self._errors = Path(given["folder"]) / "errors.txt"
        environment = {"PATH": os.defpath}
        if exact.certificate is not None:
            environment["SSL_CERT_FILE"] = str(exact.certificate)  # Python's own way to trust it
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - no argument comes from outside
                [str(python), "-m", self.module, json.dumps(given)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def do(self, order: str, **arguments: Any) -> Any:
        """This function will have an order carried out and return what the client returned.

        Raises ClientRaised when the client raised.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": order, "with": arguments}) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        assert line, f"{self.module} gave no answer to '{order}':\n{self._errors.read_text()}"
        answer = json.loads(line)
        if "raised" in answer:
            raise ClientRaised(**answer["raised"])
        return answer["returned"]

    def stop(self) -> None:
        """This function will end the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
