"""Unmistakable words that must not be found where they do not belong, and where they are looked for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from connector.local import processes
from tests.torture.programs import Broker

# A client and an invoice as nobody else has them.
PERSON: dict[str, str] = {
    "client's name": "Kanarievogel Zebrastraat B.V.",
    "client's e-mail": "kanarievogel@zebrastraat.example",
    "client's phone": "+31 6 27182818284",
    "client's street": "Zebrastraat 27182",
    "contact's name": "Quirijntje Kanarievogel",
    "contact's e-mail": "quirijntje@zebrastraat.example",
    "subject": "Kanarieonderwerp Q27",
    "line": "Kanarieregel, vertrouwelijk advies",
    "reference": "PO-KANARIE-2718",
}
# Tables that are there to hold what people and invoices are called; everywhere else it is a hit.
PERSONAL_TABLES = frozenset(
    {
        "invoices_client",
        "invoices_contact",
        "invoices_invoice",
        "invoices_invoiceline",
        "invoices_invoicefile",
        "invoices_invoiceevent",  # what people read of an invoice: which customer was made of its client
        "invoices_intakeconflict",
        "invoices_copyrequest",
        "invoices_posteddocument",
        "integrations_exactcustomer",
    }
)
_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public'
      AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY')
"""


@dataclass
class Search:
    """Looks for secrets and for personal words; `hits` say what was found where, never the secret itself."""

    secrets: dict[str, str]
    personal: Mapping[str, str] = field(default_factory=lambda: PERSON)
    hits: list[str] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)

    def everything(self) -> Iterable[tuple[str, str]]:
        """This function will return the names and words of all."""
        return [*self.secrets.items(), *self.personal.items()]

    def text(self, place: str, content: str) -> None:
        """This function will search one text, such as a log or a page."""
        self.looked_at[place] = self.looked_at.get(place, 0) + len(content)
        self.hits += [f"{name} in {place}" for name, word in self.everything() if word in content]

    def logs(self, folder: Path, *, but: frozenset[str]) -> None:
        """This function will search the logs of all programs; mails are printed there too."""
        for path in sorted(folder.glob("*.log")):
            if path.name not in but:
                self.text(f"log of {path.stem}", path.read_text(encoding="utf-8", errors="replace"))

    def database(self, superuser_url: str) -> None:
        """This function will search every column that can hold a text, as a reader of a dump would."""
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            for table, column in connection.execute(_COLUMNS).fetchall():
                words = list(self.secrets.items())
                if table not in PERSONAL_TABLES:
                    words += self.personal.items()
                self._column(connection, table, column, words)

    def _column(
        self,
        connection: psycopg.Connection[tuple[object, ...]],
        table: str,
        column: str,
        words: list[tuple[str, str]],
    ) -> None:
        question = sql.SQL(
            "SELECT count(*) FROM {table} WHERE position(%(word)s IN {column}::text) > 0"
            " OR position(encode(convert_to(%(word)s, 'UTF8'), 'hex') IN {column}::text) > 0"
        ).format(table=sql.Identifier(table), column=sql.Identifier(column))
        for name, word in words:
            row = connection.execute(question, {"word": word}).fetchone()
            if row is not None and row[0]:
                self.hits.append(f"{name} in column {table}.{column}")
        self.looked_at["database columns"] = self.looked_at.get("database columns", 0) + 1


class BrokerTap:
    """Reads along with everything that is said to the broker (MONITOR), until it is closed."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._heard: list[bytes] = []
        self._line = socket.create_connection((processes.LOOPBACK, broker.server.port))
        self._line.sendall(f"AUTH {broker.server.password}\r\nMONITOR\r\n".encode())
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while heard := self._line.recv(65_536):
            self._heard.append(heard)

    def close(self) -> str:
        """This function will stop listening and return all that was heard, and what the broker still keeps."""
        self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()
        with self._broker.client() as client:
            kept = [client.dump(key) or b"" for key in client.scan_iter()]
        return b"".join([*self._heard, *kept]).decode(errors="replace")
