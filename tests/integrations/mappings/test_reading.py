"""What is read of a connection for one invoice: the settings, and of the items only those that are named."""

from __future__ import annotations

from uuid import uuid4

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.mappings.reading import read_facts
from integrations.models import Item, PaymentCondition, Route, ServiceType, ServiceTypeItem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection():
    organization = factories.make_organization(name="Studio Noord")
    return factories.make_connection(organization=organization)


@pytest.fixture
def scoped(connection):
    with tenant_transaction(connection.organization_id):
        yield connection


def item(connection, code):
    return Item.objects.create(connection=connection, exact_id=uuid4(), code=code, description=code)


def test_only_the_items_that_settings_or_the_invoice_name_are_read(scoped):
    default, mapped, by_id, by_code = (item(scoped, code) for code in ("A", "B", "C", "Own-1"))
    item(scoped, "UNUSED")
    scoped.default_item_exact_id = default.exact_id
    scoped.route = Route.EXACT_INVOICE
    service_type = ServiceType.objects.create(name="Design", source_id="1")
    ServiceTypeItem.objects.create(
        connection=scoped, service_type=service_type, item_exact_id=mapped.exact_id, vat_code="3"
    )

    facts = read_facts(scoped, item_ids=[by_id.exact_id], item_codes=["own-1 ", ""])

    assert {one.code for one in facts.items.values()} == {"A", "B", "C", "Own-1"}
    assert facts.find_item("OWN-1").exact_id == by_code.exact_id
    assert facts.service_type_items == {service_type.pk: mapped.exact_id}
    assert facts.service_type_vat_codes == {service_type.pk: "3"}


def test_only_payment_conditions_that_exact_still_has_can_be_used(scoped):
    for code, is_gone in (("30", False), ("14", True)):
        PaymentCondition.objects.create(
            connection=scoped, exact_id=uuid4(), code=code, is_gone=is_gone
        )

    assert read_facts(scoped).payment_conditions == {"30"}
