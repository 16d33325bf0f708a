"""For whom records are read: what differs from user to user and from division to division.

Conditions and expressions in the table of endpoints may hold `{division}`,
`{divisions}`, `{country}` and `{language}`; they are filled in with values of the sandbox's own, never with a client's text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: the divisions they see, the country they are asked from, their language."""

    division: int = 0
    divisions: tuple[int, ...] = ()
    country: str = ""  # empty where one host stands for all countries
    language: str = "EN"
    timestamp_shift: int = 0  # see divisions.timestamp_shift
    application: str = ""  # client id of the application that reads

    def fill(self, sql: str) -> str:
        """Return a condition or expression with its gaps filled in."""
        if "{" not in sql:
            return sql
        return (
            sql.replace("{division}", str(self.division))
            .replace("{divisions}", ", ".join(map(str, self.divisions)))
            .replace("{country}", self.country)
            .replace("{language}", self.language)
            .replace("{application}", self.application.replace("'", "''"))
        )

    def column(self, name: str) -> str:
        """Return the SQL of a stored column as this viewer sees it."""
        if name == "Timestamp" and self.timestamp_shift:
            return f'(t."Timestamp" - {self.timestamp_shift})'
        return f't."{name}"'
