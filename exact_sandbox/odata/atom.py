"""Writes answers in Atom and XML, for clients that do not ask for JSON.

https://www.odata.org/documentation/odata-version-2-0/atom-format/
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime
from typing import Any

from exact_sandbox.resources import Resource, by_path
from exact_sandbox.values import from_store

ATOM = "http://www.w3.org/2005/Atom"
DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"
METADATA = f"{DATA}/metadata"
SCHEME = f"{DATA}/scheme"
RELATED = f"{DATA}/related/"
FEED_TYPE = "application/atom+xml;type=feed;charset=utf-8"
ENTRY_TYPE = "application/atom+xml;type=entry;charset=utf-8"
XML_TYPE = "application/xml;charset=utf-8"
_DATE_IN_JSON = re.compile(r"/Date\((-?\d+)\)/")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

Json = dict[str, Any]

for _prefix, _namespace in (("", ATOM), ("d", DATA), ("m", METADATA)):
    ET.register_namespace(_prefix, _namespace)


class AtomWriter:
    """Writes the records of an endpoint; `base` is the address that links are relative to."""

    def __init__(self, base: str, resource: Resource, now: datetime) -> None:
        self.base = base
        self.resource = resource
        self.updated = now.replace(microsecond=0).isoformat() + "Z"

    def feed(self, envelope: Json, address: str) -> bytes:
        """Return a collection from its JSON envelope."""
        page = envelope["d"]
        feed = self._feed(page, address)
        feed.set(_XML_BASE, self.base)
        return to_bytes(feed)

    def entry(self, record: Json) -> bytes:
        """Return one record from its JSON."""
        entry = self._entry(record, self.resource)
        entry.set(_XML_BASE, self.base)
        return to_bytes(entry)

    def property(self, name: str, value: object) -> bytes:
        """Return one property."""
        element = _property(name, self.resource.properties[name].type, value)
        return to_bytes(element)

    def links(self, envelope: Json) -> bytes:
        """Return the addresses of records."""
        links = ET.Element(f"{{{DATA}}}links")
        for link in envelope["d"]["results"]:
            _add(links, f"{{{DATA}}}uri", clean(link["uri"]))
        return to_bytes(links)

    def _feed(
        self, page: Json | list[Json], address: str, resource: Resource | None = None
    ) -> ET.Element:
        shown = resource or self.resource
        title = shown.path.rpartition("/")[2]
        records = page if isinstance(page, list) else page["results"]
        feed = ET.Element(f"{{{ATOM}}}feed")
        _add(feed, f"{{{ATOM}}}title", title, type="text")
        _add(feed, f"{{{ATOM}}}id", address)
        _add(feed, f"{{{ATOM}}}updated", self.updated)
        _add(feed, f"{{{ATOM}}}link", rel="self", title=title, href=self._relative(address))
        if isinstance(page, dict) and "__count" in page:
            _add(feed, f"{{{METADATA}}}count", page["__count"])
        for record in records:
            feed.append(self._entry(record, shown))
        if not records:
            _add(_add(feed, f"{{{ATOM}}}author"), f"{{{ATOM}}}name")
        if isinstance(page, dict) and "__next" in page:
            _add(feed, f"{{{ATOM}}}link", rel="next", href=page["__next"])
        return feed

    def _entry(self, record: Json, resource: Resource) -> ET.Element:
        address = record["__metadata"]["uri"]
        kind = resource.type_name.rpartition(".")[2]
        entry = ET.Element(f"{{{ATOM}}}entry")
        _add(entry, f"{{{ATOM}}}id", clean(address))
        _add(entry, f"{{{ATOM}}}title", type="text")
        _add(entry, f"{{{ATOM}}}updated", self.updated)
        _add(_add(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name")
        _add(entry, f"{{{ATOM}}}link", rel="edit", title=kind, href=self._relative(address))
        for name in resource.navigations:
            if name in record:
                self._navigation(entry, name, record[name], address, resource)
        _add(entry, f"{{{ATOM}}}category", term=resource.type_name, scheme=SCHEME)
        content = _add(entry, f"{{{ATOM}}}content", type="application/xml")
        properties = _add(content, f"{{{METADATA}}}properties")
        for name, prop in resource.properties.items():
            if name in record and not prop.nested:
                properties.append(_property(name, prop.type, record[name]))
        return entry

    def _navigation(
        self, entry: ET.Element, name: str, value: Json, parent: str, resource: Resource
    ) -> None:
        address = f"{parent}/{name}"
        link = _add(
            entry,
            f"{{{ATOM}}}link",
            rel=RELATED + name,
            type="application/atom+xml;type=feed",
            title=name,
            href=self._relative(address),
        )
        if "results" not in value:
            return
        inline = _add(link, f"{{{METADATA}}}inline")
        path = resource.navigations[name].path
        child = by_path()[path.lower()] if path else resource
        inline.append(self._feed(value, address, child))

    def _relative(self, address: str) -> str:
        return clean(address.removeprefix(self.base))


def error_document(text: str) -> bytes:
    """Return Exact's refusal in XML."""
    error = ET.Element(f"{{{METADATA}}}error")
    _add(error, f"{{{METADATA}}}code", "")
    message = _add(error, f"{{{METADATA}}}message", clean(text))
    message.set("{http://www.w3.org/XML/1998/namespace}lang", "")
    return to_bytes(error, default=METADATA)


def _property(name: str, edm_type: str, value: object) -> ET.Element:
    element = ET.Element(f"{{{DATA}}}{name}")
    if edm_type != "String":
        element.set(f"{{{METADATA}}}type", f"Edm.{edm_type}")
    if value is None:
        element.set(f"{{{METADATA}}}null", "true")
    else:
        element.text = clean(value_text(edm_type, value))
    return element


def value_text(edm_type: str, value: object) -> str:
    """Return a value as written in JSON in the form XML and `$value` have."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if edm_type == "DateTime":
        match = _DATE_IN_JSON.fullmatch(str(value))
        if match:
            return str(from_store("DateTime", int(match[1])).isoformat())
    return str(value)


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def to_bytes(element: ET.Element, default: str | None = None) -> bytes:
    """Return a document; `default` is the namespace that is written without a prefix."""
    head = b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
    body = ET.tostring(element, encoding="unicode", default_namespace=default)
    return head + body.encode("utf-8")
