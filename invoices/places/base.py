"""What a place is: how the choice of it is read from the form, and what its fields show."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from connector.sentences import Words
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import Gap, ResolvedLine
from invoices.copy_choices import CopyChoices
from invoices.dialog_fields import Field

# The key of a code that was typed for the whole invoice; others are keyed by our line id.
WHOLE_INVOICE = 0


class UnknownChoice(ValueError):
    """An id was posted that this connection does not have: not something the dialog offers."""


class Place(ABC):
    """What a line is put on, by route."""

    key: ClassVar[str]
    label: ClassVar[Words]
    # How the codes of its gaps begin.
    gap_codes: ClassVar[tuple[str, ...]]
    is_typed: ClassVar[bool] = False

    @abstractmethod
    def default(self, facts: ConnectionFacts) -> dict[str, Any]:
        """The choice for the whole invoice that the connection's settings make."""

    @abstractmethod
    def read(
        self, data: Mapping[str, str], line_ids: Sequence[int], facts: ConnectionFacts
    ) -> tuple[dict[str, Any], dict[int, str]]:
        """The posted choices, and the codes that were typed and are not known. Raises UnknownChoice."""

    @abstractmethod
    def kept(self, choices: CopyChoices, line_ids: set[int]) -> dict[str, Any]:
        """The choices made before, without those of lines that are gone."""

    @abstractmethod
    def field(
        self, facts: ConnectionFacts, choices: CopyChoices, typed: Mapping[int, str]
    ) -> Field:
        """The field for the whole invoice."""

    @abstractmethod
    def line_field(
        self,
        resolved: ResolvedLine,
        facts: ConnectionFacts,
        choices: CopyChoices,
        typed: Mapping[int, str],
    ) -> Field:
        """The field of a line, with what the line comes to."""

    @abstractmethod
    def count_options(self, facts: ConnectionFacts) -> int:
        """How many options each line's field needs."""

    def own_gaps(
        self,
        facts: ConnectionFacts,
        choices: CopyChoices,
        typed: Mapping[int, str],
        *,
        lines: Sequence[ResolvedLine],
        day: date,
    ) -> list[Gap]:
        """What is wrong with the fields themselves, whether or not a line takes what they say."""
        del facts, choices, typed, lines, day
        return []

    def name(self, line_id: int = WHOLE_INVOICE) -> str:
        """The posted name of the field of a line, or of the whole invoice."""
        return f"{self.key}_{line_id}" if line_id else self.key

    def line_label(self, resolved: ResolvedLine) -> str:
        return _("%(label)s of line %(line)s") % {
            "label": self.label,
            "line": resolved.line.position,
        }


def read_id(value: str) -> UUID:
    """This function will read an id of Exact. Raises UnknownChoice."""
    try:
        return UUID(value)
    except ValueError as error:
        raise UnknownChoice(_("Not an id.")) from error


def of_lines(chosen: Mapping[int, UUID], line_ids: Iterable[int]) -> dict[int, UUID]:
    """This function will leave out the choices of lines that are gone."""
    known = set(line_ids)
    return {line_id: value for line_id, value in chosen.items() if line_id in known}
