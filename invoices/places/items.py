"""Items in the copy dialog: the place of a line of an invoice that Exact writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import sentence
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import Gap, ResolvedLine
from invoices.copy_choices import CopyChoices
from invoices.dialog_fields import Field, with_reason
from invoices.places.base import WHOLE_INVOICE, Place, of_lines

LONGEST_CODE = 40


class ItemPlace(Place):
    """Items, typed by their code: a division may have tens of thousands."""

    key = "item"
    label = gettext_lazy("Item")
    gap_codes = ("item_",)
    is_typed = True

    def default(self, facts: ConnectionFacts) -> dict[str, Any]:
        """The connection's item."""
        return {"item_exact_id": facts.default_item_id}

    def read(
        self, data: Mapping[str, str], line_ids: Sequence[int], facts: ConnectionFacts
    ) -> tuple[dict[str, Any], dict[int, str]]:
        """Codes that somebody typed; `facts` hold the items that have them."""
        codes = {line_id: self._typed(data, line_id) for line_id in (WHOLE_INVOICE, *line_ids)}
        items = {line_id: facts.find_item(code) for line_id, code in codes.items() if code}
        found = {line_id: item.exact_id for line_id, item in items.items() if item is not None}
        return {
            "item_exact_id": found.pop(WHOLE_INVOICE, None),
            "line_items": found,
        }, {line_id: codes[line_id] for line_id, item in items.items() if item is None}

    def _typed(self, data: Mapping[str, str], line_id: int) -> str:
        return data.get(self.name(line_id), "").strip()[:LONGEST_CODE]

    def kept(self, choices: CopyChoices, line_ids: set[int]) -> dict[str, Any]:
        """The lines' items."""
        return {"line_items": of_lines(choices.line_items, line_ids)}

    def field(
        self, facts: ConnectionFacts, choices: CopyChoices, typed: Mapping[int, str]
    ) -> Field:
        """The code, with the item's description under it."""
        item = facts.items.get(choices.item_exact_id) if choices.item_exact_id else None
        for_lines = _("For lines that have no item of their own or of their service type.")
        return Field(
            name=self.name(),
            label=str(self.label),
            blank=_("Code or description"),
            value=typed.get(WHOLE_INVOICE) or (item.code if item else ""),
            is_typed=True,
            is_optional=True,
            help=f"{item.description}. {for_lines}" if item and item.description else for_lines,
        )

    def line_field(
        self,
        resolved: ResolvedLine,
        facts: ConnectionFacts,
        choices: CopyChoices,
        typed: Mapping[int, str],
    ) -> Field:
        """The code that was typed for the line, and the item that the line comes to."""
        line_id = resolved.line.line_id
        chosen = choices.line_items.get(line_id)
        item = facts.items.get(chosen) if chosen else None
        now = (
            with_reason(str(resolved.item), resolved.item_reason)
            if resolved.item
            else _("nothing chosen")
        )
        return Field(
            name=self.name(line_id),
            label=self.line_label(resolved),
            blank=_("Automatic"),
            value=typed.get(line_id) or (item.code if item else ""),
            is_typed=True,
            now=_("not in Exact") if line_id in typed else now,
        )

    def count_options(self, facts: ConnectionFacts) -> int:
        """All fields share one list."""
        del facts
        return 0

    def own_gaps(
        self,
        facts: ConnectionFacts,
        choices: CopyChoices,
        typed: Mapping[int, str],
        *,
        lines: Sequence[ResolvedLine],
        day: date,
    ) -> list[Gap]:
        """Codes that are not known, and an item for the whole invoice that is not sold on its day."""
        positions = {line.line.line_id: line.line.position for line in lines}
        found = [
            Gap(
                "item_unknown",
                sentence(
                    "Line %(line)s: item %(code)s is not in this division.",
                    line=positions[line_id],
                    code=code,
                )
                if line_id
                else sentence("Item %(code)s is not in this division.", code=code),
                sentence("Choose one of its items; if it is new there, refresh the lists first."),
                line_id or None,
            )
            for line_id, code in typed.items()
        ]
        item = facts.items.get(choices.item_exact_id) if choices.item_exact_id else None
        if item is not None and (refusal := item.why_not_sold(day)):
            found.append(
                Gap(
                    "item_blocked",
                    sentence("Item %(item)s %(refusal)s.", item=str(item), refusal=refusal),
                    sentence("Choose another item."),
                )
            )
        return found


def typed_codes(data: Mapping[str, str]) -> set[str]:
    """This function will return every item code that was posted, so that the items can be read in one query."""
    key = ItemPlace.key
    values = (value for name, value in data.items() if name == key or name.startswith(f"{key}_"))
    return {code for value in values if (code := value.strip()[:LONGEST_CODE])}
