"""Ledger accounts in the copy dialog: the place of a line that is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _, gettext_lazy

from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import ResolvedLine
from invoices.copy_choices import CopyChoices
from invoices.dialog_fields import Field, Option, make_options, with_reason
from invoices.places.base import WHOLE_INVOICE, Place, UnknownChoice, of_lines, read_id


class LedgerPlace(Place):
    """Ledger accounts, from a select."""

    key = "ledger"
    label = gettext_lazy("Ledger account")
    gap_codes = ("ledger_", "cost_")

    def default(self, facts: ConnectionFacts) -> dict[str, Any]:
        """None with manual choice: nothing is filled in then."""
        return {"ledger_exact_id": None if facts.manual_ledger else facts.default_ledger_id}

    def read(
        self, data: Mapping[str, str], line_ids: Sequence[int], facts: ConnectionFacts
    ) -> tuple[dict[str, Any], dict[int, str]]:
        """Ids that the select offers."""
        chosen = {line_id: self._read(data, line_id, facts) for line_id in line_ids}
        return {
            "ledger_exact_id": self._read(data, WHOLE_INVOICE, facts),
            "line_ledgers": {line: ledger for line, ledger in chosen.items() if ledger},
        }, {}

    def _read(self, data: Mapping[str, str], line_id: int, facts: ConnectionFacts) -> UUID | None:
        value = data.get(self.name(line_id), "")
        if not value:
            return None
        ledger = read_id(value)
        if ledger not in facts.ledgers:
            raise UnknownChoice(_("There is no such ledger account."))
        return ledger

    def kept(self, choices: CopyChoices, line_ids: set[int]) -> dict[str, Any]:
        """The lines' ledger accounts."""
        return {"line_ledgers": of_lines(choices.line_ledgers, line_ids)}

    def field(
        self, facts: ConnectionFacts, choices: CopyChoices, typed: Mapping[int, str]
    ) -> Field:
        """All revenue accounts."""
        if facts.manual_ledger:
            blank, help_text = (
                _("Choose a ledger account"),
                _("Chosen on each invoice; nothing is filled in."),
            )
        elif facts.map_service_types:
            blank, help_text = (
                _("As each line says"),
                _("For lines whose service type is not mapped."),
            )
        else:
            blank, help_text = _("As each line says"), _("For all lines.")
        return Field(
            name=self.name(),
            label=str(self.label),
            blank=blank,
            options=self._options(facts, choices.ledger_exact_id),
            is_optional=not facts.manual_ledger,
            help=help_text,
        )

    def line_field(
        self,
        resolved: ResolvedLine,
        facts: ConnectionFacts,
        choices: CopyChoices,
        typed: Mapping[int, str],
    ) -> Field:
        """All revenue accounts, and the account that the line comes to or the one that is suggested."""
        line_id, suggested = resolved.line.line_id, resolved.suggested_ledger
        if resolved.ledger is not None:
            now = with_reason(str(resolved.ledger), resolved.ledger_reason)
        else:
            now = (
                _("suggested: %(ledger)s") % {"ledger": suggested}
                if suggested
                else _("nothing chosen")
            )
        return Field(
            name=self.name(line_id),
            label=self.line_label(resolved),
            blank=_("As for the invoice") if facts.manual_ledger else _("Automatic"),
            options=self._options(facts, choices.line_ledgers.get(line_id)),
            now=now,
        )

    def count_options(self, facts: ConnectionFacts) -> int:
        """Each line's select has them all."""
        return len(facts.revenue_ledgers)

    def _options(self, facts: ConnectionFacts, chosen: UUID | None) -> list[Option]:
        return make_options(
            ((str(row.exact_id), str(row)) for row in facts.revenue_ledgers),
            str(chosen or ""),
            str(facts.ledgers.get(chosen, "")) if chosen else "",
        )
