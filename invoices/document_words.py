"""How a copy in Exact stands, in words: booked, made, numbered, sent, and what became of each way of sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import unpack
from integrations import explained
from integrations.exact.explain import explain_message
from integrations.exact.phrases.parts import Where
from integrations.models import Route
from invoices.models import CopyKind, DeliveryState, PostedDocument

Kind = Literal["good", "attention"]

# Of an invoice that Exact writes; a booking has nothing that Exact sends.
_STANDINGS: Mapping[str, tuple[Kind, Promise]] = {
    DeliveryState.WAITING: ("attention", gettext_lazy("Made in Exact, not sent")),
    DeliveryState.SENT: ("good", gettext_lazy("Sent")),
    DeliveryState.FAILED: ("attention", gettext_lazy("Booked, not sent")),
    DeliveryState.UNSURE: ("attention", gettext_lazy("Booked; sent?")),
    DeliveryState.NOTHING: ("good", gettext_lazy("Booked")),
}
_SENTENCES: Mapping[str, Promise] = {
    DeliveryState.WAITING: gettext_lazy(
        "The invoice is made in Exact. It is not numbered, booked or sent yet."
    ),
    DeliveryState.FAILED: gettext_lazy(
        "Exact has numbered and booked the invoice, but the customer did not get it."
    ),
    DeliveryState.UNSURE: gettext_lazy(
        "Exact has numbered and booked the invoice, but did not say here whether it was sent: its answer was lost, or "
        "somebody sent it from Exact. Look in Exact before it is sent again."
    ),
}
# What a person may ask for while nothing goes on.
_SEND: Mapping[str, Promise] = {
    DeliveryState.WAITING: gettext_lazy("Send"),
    DeliveryState.FAILED: gettext_lazy("Send again"),
    DeliveryState.UNSURE: gettext_lazy("Send again"),
}
_WAYS: Mapping[str, str | Promise] = {
    "document": gettext_lazy("PDF among the documents in Exact"),
    "email": gettext_lazy("E-mail"),
    "postbox": gettext_lazy("Digital postbox"),
    "peppol": "Peppol",
    "person": gettext_lazy("By hand"),
}
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What became of one way: our words when Exact's are known ones, and always what Exact said."""

    way: str
    label: str
    succeeded: bool
    raw: str
    sentence: str = ""
    remedy: str = ""
    where: Where = ""


@dataclass(frozen=True)
class DocumentWords:
    """The newest copy in words. `differs`: Exact made something else of it than was sent."""

    document: PostedDocument
    differs: bool = False

    @property
    def is_sent_by_exact(self) -> bool:
        """Whether Exact writes, numbers and sends it."""
        return bool(self.document.route == Route.EXACT_INVOICE)

    @property
    def is_linked(self) -> bool:
        """Whether it was in Exact already, and a person tied the invoice to it."""
        return bool(self.document.copy_request.kind == CopyKind.LINK)

    @property
    def number(self) -> int | None:
        """The number in Exact, the invoice's before the entry's."""
        number: int | None = self.document.invoice_number if self.is_sent_by_exact else None
        return self.document.entry_number if number is None else number

    @property
    def awaits_number(self) -> bool:
        """Whether Exact has still to tell the number."""
        return self.number is None and self.document.number_due_at is not None

    @property
    def is_final(self) -> bool:
        """Whether it can not be changed in Exact any more: it was numbered and booked there to be sent."""
        return self.document.sent_at is not None

    @property
    def kind(self) -> Kind:
        """The kind of state, for icon and color."""
        return "attention" if self.differs else self._standing[0]

    @property
    def word(self) -> str:
        """The standing in a few words."""
        if not self.differs:
            return str(self._standing[1])
        is_waiting = self.document.delivery == DeliveryState.WAITING
        return (
            _("Made with a difference, not sent") if is_waiting else _("Copied with a difference")
        )

    @property
    def title(self) -> str:
        """The standing with the number in Exact."""
        if self.awaits_number:
            return _("%(word)s · Exact is giving it a number") % {"word": self.word}
        return self.word if self.number is None else f"{self.word} · Exact {self.number}"

    @property
    def sentence(self) -> str:
        """What the standing means, where that needs a sentence."""
        return str(_SENTENCES.get(self.document.delivery, "")) if self.is_sent_by_exact else ""

    @property
    def send_label(self) -> str:
        """What a person may ask Exact for now; empty when there is nothing to send."""
        label = str(_SEND.get(self.document.delivery, "")) if self.is_sent_by_exact else ""
        return _("Send it anyway") if label and self.differs and not self.is_final else label

    @property
    def may_repeat(self) -> bool:
        """Whether sending it now could reach the customer a second time."""
        return self.is_final

    @cached_property
    def lines(self) -> list[DeliveryLine]:
        """What Exact said of each way it was to go."""
        return [_line(result) for result in self.document.delivery_results]

    @property
    def _standing(self) -> tuple[Kind, str | Promise]:
        if self.is_linked:
            return "good", _("Linked")
        if not self.is_sent_by_exact:
            return "good", _("Invoice copied")
        return _STANDINGS[self.document.delivery]


def _line(result: Mapping[str, Any]) -> DeliveryLine:
    way, succeeded, raw = str(result["way"]), bool(result["succeeded"]), unpack(str(result["text"]))
    if succeeded:
        return DeliveryLine(way, str(_WAYS.get(way, way)), succeeded, raw)
    known = explain_message(raw)
    remedy = (
        _("Look at the invoice in Exact.")
        if known.code == _UNKNOWN
        else explained.say_what_to_do(known)
    )
    return DeliveryLine(
        way, str(_WAYS.get(way, way)), succeeded, raw, explained.say(known), remedy, known.where
    )
