"""Describes a service: its list of endpoints and its `$metadata`, both made from the catalogue.

https://www.odata.org/documentation/odata-version-2-0/overview/ (sections 3 and 5)
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from exact_sandbox.odata.atom import ATOM, METADATA, to_bytes
from exact_sandbox.resources import RESOURCES, Resource, by_path

APP = "http://www.w3.org/2007/app"
EDM = "http://schemas.microsoft.com/ado/2008/09/edm"
EDMX = "http://schemas.microsoft.com/ado/2007/06/edmx"
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

ET.register_namespace("app", APP)
ET.register_namespace("edm", EDM)
ET.register_namespace("edmx", EDMX)


def endpoints_of(service: str) -> list[Resource]:
    """Return the endpoints of a service such as `crm` or `bulk/Cashflow`, in any case."""
    return [
        resource
        for resource in RESOURCES
        if resource.path.rpartition("/")[0].lower() == service.lower()
    ]


def service_json(service: str) -> dict[str, object]:
    """Return the service document in JSON."""
    return {"d": {"EntitySets": [_set_name(resource) for resource in endpoints_of(service)]}}


def service_xml(service: str, base: str) -> bytes:
    """Return the service document in XML."""
    document = ET.Element(f"{{{APP}}}service", {_XML_BASE: base})
    workspace = ET.SubElement(document, f"{{{APP}}}workspace")
    ET.SubElement(workspace, f"{{{ATOM}}}title").text = "Default"
    for resource in endpoints_of(service):
        name = _set_name(resource)
        collection = ET.SubElement(workspace, f"{{{APP}}}collection", href=name)
        ET.SubElement(collection, f"{{{ATOM}}}title").text = name
    return to_bytes(document)


def edmx(service: str) -> bytes:
    """Return the `$metadata` of a service."""
    document = ET.Element(f"{{{EDMX}}}Edmx", Version="1.0")
    version = {f"{{{METADATA}}}DataServiceVersion": "2.0"}
    services = ET.SubElement(document, f"{{{EDMX}}}DataServices", version)
    resources = endpoints_of(service)
    schemas: dict[str, ET.Element] = {}
    for resource in resources:
        namespace = resource.type_name.rpartition(".")[0]
        if namespace not in schemas:
            schemas[namespace] = _add(services, "Schema", Namespace=namespace)
        _entity_type(schemas[namespace], resource)
    first = next(iter(schemas.values()))
    container = _add(first, "EntityContainer", Name="Default")
    container.set(f"{{{METADATA}}}IsDefaultEntityContainer", "true")
    for resource in resources:
        _add(container, "EntitySet", Name=_set_name(resource), EntityType=resource.type_name)
    for resource in resources:
        for name, child in _children(resource, resources):
            sets = _add(
                container, "AssociationSet", Name=name, Association=_relation(resource, name)
            )
            _add(sets, "End", Role=_kind(resource), EntitySet=_set_name(resource))
            _add(sets, "End", Role=name, EntitySet=_set_name(child))
    return to_bytes(document)


def _entity_type(schema: ET.Element, resource: Resource) -> None:
    entity = _add(schema, "EntityType", Name=_kind(resource))
    _add(_add(entity, "Key"), "PropertyRef", Name=resource.key)
    for prop in resource.properties.values():
        if not prop.nested:
            nullable = "false" if prop.name == resource.key else "true"
            _add(entity, "Property", Name=prop.name, Type=f"Edm.{prop.type}", Nullable=nullable)
    for name, child in _children(resource, endpoints_of(resource.path.rpartition("/")[0])):
        _add(
            entity,
            "NavigationProperty",
            Name=name,
            Relationship=_relation(resource, name),
            FromRole=_kind(resource),
            ToRole=name,
        )
        relation = _add(schema, "Association", Name=_relation(resource, name).rpartition(".")[2])
        _add(relation, "End", Role=_kind(resource), Type=resource.type_name, Multiplicity="1")
        _add(relation, "End", Role=name, Type=child.type_name, Multiplicity="*")


def _children(resource: Resource, others: list[Resource]) -> list[tuple[str, Resource]]:
    """Return the nested collections whose records are an endpoint of the same service."""
    found = []
    for name, navigation in resource.navigations.items():
        child = by_path()[navigation.path.lower()] if navigation.path else None
        if child is not None and child in others:
            found.append((name, child))
    return found


def _relation(resource: Resource, name: str) -> str:
    return f"{resource.type_name}_{name}"


def _kind(resource: Resource) -> str:
    return resource.type_name.rpartition(".")[2]


def _set_name(resource: Resource) -> str:
    return resource.path.rpartition("/")[2]


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{EDM}}}{tag}", attributes)
