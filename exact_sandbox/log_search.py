"""Finds requests in the log by what they were and how they ended."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.sandbox import Sandbox

Entry = dict[str, object]


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """Which requests are wanted; what is left empty does not matter.

    `path` is part of the path, any case. `status` is a number, 'none' for requests that got no
    answer, or a class such as '4xx'. `fault` is the name of one, or 'any'.
    """

    since: int = 0
    division: int | None = None
    method: str = ""
    path: str = ""
    status: str = ""
    user: str = ""
    application: str = ""
    fault: str = ""

    def fits(self, entry: Entry) -> bool:
        """Whether a request is one of those wanted."""
        return (
            self.division in (None, entry["division"])
            and self.method.upper() in ("", entry["method"])
            and self.path.lower() in str(entry["path"]).lower()
            and self.status.lower() in ("", *_names_of_status(entry["status"]))
            and self.user.lower() in ("", str(entry["user"]).lower())
            and self.application.strip("{}").lower() in ("", str(entry["application"]).lower())
            and self.fault in ("", entry["fault"] or "", "any" if entry["fault"] else "")
        )


def _names_of_status(status: object) -> tuple[str, ...]:
    return ("none",) if status is None else (str(status), f"{str(status)[0]}xx")


def find_requests(sandbox: Sandbox, question: LogQuestion) -> list[Entry]:
    """Return the requests that fit, oldest first."""
    return [entry for entry in sandbox.log.since(question.since) if question.fits(entry)]


def find_request(sandbox: Sandbox, sequence: int) -> Entry | None:
    """Return the request with a sequence number, or None."""
    entries = sandbox.log.since(sequence - 1)
    return entries[0] if entries and entries[0]["seq"] == sequence else None
