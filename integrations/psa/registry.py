"""The sources invoices may come from, by the name that is stored with each invoice."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from connector.sentences import sentence


@dataclass(frozen=True)
class Source:
    """One way in. `name` is stored and never changes; `label` is what people read."""

    name: str
    label: str


REST_PUSH = Source("rest_push", gettext_noop("the REST API"))
CSV_FILE = Source("csv_file", gettext_noop("a CSV file"))
# Our own: test invoices. No program and no file may send under this name.
CONNECTOR = Source("connector", gettext_noop("the connector's own test"))

SOURCES = {source.name: source for source in (REST_PUSH, CSV_FILE, CONNECTOR)}


def label_of(name: str) -> str:
    """This function will return what people call the source, or the stored name when it is no longer known."""
    source = SOURCES.get(name)
    return sentence(source.label) if source else name
