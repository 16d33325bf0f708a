"""The wall between organizations, on real PostgreSQL (RELIABILITY J1, J2, J5 to J7)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors, sql

from connector.tenancy.models import ApiKey, AuditEvent, Membership, Organization
from connector.tenancy.scope import (
    NoOrganization,
    OtherOrganization,
    current_organization_id,
    find_organization_id,
    tenant_transaction,
)
from integrations.models import ExactConnection, Journal, Subsidiary
from invoices.models import Client, Invoice
from tests.factories import NOW, make_client, make_connection, make_invoice, make_organization
from tests.whole_organization import list_tenant_models, make_whole_organization

pytestmark = pytest.mark.django_db

# Reviewed: what each table without a wall holds, and why no tenant's data is in it.
TABLES_WITHOUT_A_WALL = {
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "auth_permission": "Django's, unused",
    "axes_accessattempt": "failed sign-ins, before anyone is known",
    "axes_accessattemptexpiration": "the same",
    "axes_accessfailurelog": "the same",
    "axes_accesslog": "the same",
    "connector_heartbeat": "when workers and sweeps of the installation were last seen",
    "connector_tally": "how often something happened in the whole installation",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "found by a secret key only, read before an organization is known",
    "integrations_divisionlane": "when there is work for a division, never what; the sweep reads all",
    "integrations_lanemember": "ids of connections and times only; the sweep reads all",
    "integrations_tokencalls": "how often an Exact user's tokens were renewed, for which organization it does not say",
    "integrations_setasidewebhook": "time, size and reason of webhooks that were not taken",
    "integrations_webhooklistener": "ids and times only; a webhook names a division, no organization",
    "integrations_webhooksubscription": "what Exact tells of a division, shared by its connections",
    "payments_callbackline": "when an organization's PSA may have to be called, never what about; the sweep reads all",
    "payments_callbackturn": "which worker calls PSAs for the installation",
    "tenancy_user": "people; their places are walled in tenancy_membership",
}
TENANT_KEY = "organization_id"


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _tables() -> dict[str, tuple[bool, bool, bool, set[str]]]:
    rows = _rows(
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
               EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'),
               ARRAY(SELECT p.polcmd::text FROM pg_policy p WHERE p.polrelid = c.oid)
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
        """
    )
    return {str(r[0]): (bool(r[1]), bool(r[2]), bool(r[3]), set(r[4])) for r in rows}


def test_j6_every_table_has_a_forced_wall_or_a_reason():
    tables = _tables()

    without = {name for name, (enabled, *_rest) in tables.items() if not enabled}
    assert without == set(TABLES_WITHOUT_A_WALL), (
        "A table without row-level security needs EnableTenancy in its migration, or a reviewed reason in this test."
    )
    for name, (enabled, forced, has_key, commands) in tables.items():
        if enabled:
            assert forced, f"{name} does not bind its owner"
            assert commands >= {"r", "a", "w", "d"} or "*" in commands, f"{name} lacks a policy"
            assert has_key or name == "tenancy_organization"


def test_j6_policies_compare_with_the_open_transactions_organization():
    policies = _rows("SELECT tablename, policyname, qual, with_check FROM pg_policies")

    assert len(policies) == 4 * len(list_tenant_models())
    for table, name, using, check in policies:
        rules = " ".join(filter(None, (str(using or ""), str(check or ""))))
        assert "app.organization" in rules, f"{name} of {table} does not name the organization"


def test_j7_keys_between_tenant_tables_carry_the_organization():
    keys = _rows(
        """
        SELECT k.conrelid::regclass::text, k.conname, k.confrelid::regclass::text,
               ARRAY(SELECT a.attname::text FROM unnest(k.conkey) n
                     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n)
        FROM pg_constraint k WHERE k.contype = 'f'
        """
    )
    walled = {name for name, (enabled, *_rest) in _tables().items() if enabled}
    between = [key for key in keys if key[0] in walled and key[2] in walled]

    assert between
    for table, name, other, columns in between:
        assert TENANT_KEY in columns, (
            f"{name} of {table} would tell whether a row of {other} exists"
        )

    constrained = {(table, column) for table, _, _, columns in keys for column in columns}
    missing = [
        f"{model.__name__}.{field.name}"
        for model in list_tenant_models()
        for field in model._meta.concrete_fields
        if field.is_relation and (model._meta.db_table, field.column) not in constrained
    ]
    assert missing == [], "Each TenantForeignKey needs its constraint: AddTenantForeignKey."


def test_the_application_role_cannot_pass_the_wall(application_database_url):
    with psycopg.connect(application_database_url) as application:
        role = application.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert role == (False, False, False)


@pytest.mark.django_db(transaction=True)
def test_without_an_organization_every_tenant_table_is_silent(application_database_url):
    whole = make_whole_organization("Silence")
    tables = [model._meta.db_table for model in list_tenant_models()]

    with psycopg.connect(application_database_url, autocommit=True) as application:
        for table in tables:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert application.execute(count).fetchone() == (0,), f"{table} talks"
            with application.transaction():
                application.execute(
                    "SELECT set_config('app.organization', %s, true)", [str(whole.organization.pk)]
                )
                seen = application.execute(count).fetchone()
                assert seen != (0,), f"tests/whole_organization.py makes no row in {table}"
            # After the transaction the setting is '' and not NULL: that must be silence as well.
            assert application.execute(count).fetchone() == (0,), f"{table} talks after COMMIT"


def test_our_own_code_hears_nothing_without_an_organization():
    make_whole_organization("Silence")

    for model in list_tenant_models():
        assert _rows(f'SELECT count(*) FROM "{model._meta.db_table}"') == [(0,)]  # noqa: S608
        assert not model._base_manager.exists()
    for ask in (Invoice.objects.count, Invoice(number="1").save, current_organization_id):
        with pytest.raises(NoOrganization) as refused:
            ask()
        assert str(refused.value) == (
            "Open tenant_transaction(organization_id) before reading or writing a tenant's rows."
        )


def test_another_organizations_rows_are_neither_found_nor_changed():
    theirs, ours = make_organization(), make_organization()
    invoice = make_invoice(organization=theirs, number="THEIRS")

    with tenant_transaction(ours.pk):
        assert not Invoice.objects.exists()
        assert not Invoice._base_manager.filter(pk=invoice.pk).exists()
        assert Invoice._base_manager.filter(pk=invoice.pk).update(number="taken") == 0
        assert Invoice._base_manager.filter(pk=invoice.pk).delete()[0] == 0
        assert not Organization.objects.filter(pk=theirs.pk).exists()

    with tenant_transaction(theirs.pk):
        assert Invoice.objects.get().number == "THEIRS"


@pytest.mark.parametrize("model", [Client, Subsidiary, AuditEvent, ApiKey])
def test_a_row_for_another_organization_is_refused(model):
    theirs, ours = make_organization(), make_organization()
    every: dict[Any, dict[str, Any]] = {
        Client: {"source": "x", "source_id": "1", "name": "x"},
        Subsidiary: {"source": "x", "source_id": "1", "name": "x"},
        AuditEvent: {"at": NOW, "action": "x", "sentence": "x"},
        ApiKey: {"name": "x", "prefix": "x", "key_hash": "x"},
    }
    fields = every[model]

    with tenant_transaction(ours.pk):
        for way in (
            model._base_manager.create,
            lambda **row: model._base_manager.bulk_create([model(**row)]),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                way(organization=theirs, **fields)


def test_a_row_cannot_be_moved_to_another_organization():
    theirs, ours = make_organization(), make_organization()
    client = make_client(organization=ours)

    with (
        tenant_transaction(ours.pk),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Client.objects.filter(pk=client.pk).update(organization=theirs)


def _point_at(connection_id: int, *, organization_id: int) -> None:
    with tenant_transaction(organization_id):
        Journal.objects.create(connection_id=connection_id, exact_id=uuid4(), code="70", type=20)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_j7_a_key_to_another_organizations_row_looks_like_one_to_nothing():
    theirs, ours = make_organization(), make_organization()
    foreign = make_connection(organization=theirs)
    answers = []

    for connection_id in (foreign.pk, 2**40):
        with pytest.raises(IntegrityError) as refused:
            _point_at(connection_id, organization_id=ours.pk)
        assert isinstance(refused.value.__cause__, errors.ForeignKeyViolation)
        answers.append(str(refused.value).replace(str(connection_id), "ID").split("DETAIL")[0])

    assert answers[0] == answers[1]


@pytest.mark.django_db(transaction=True)
def test_j5_a_pooled_connection_keeps_nobodys_organization(application_database_url):
    organizations = [make_organization(), make_organization()]
    for organization in organizations:
        make_client(organization=organization, name=f"Client of {organization.pk}")
    crossings = 0

    pool = [psycopg.connect(application_database_url, autocommit=True) for _ in range(2)]
    try:
        for turn in range(200):
            application = pool[turn % 2]
            organization = organizations[(turn // 2 + turn // 7) % 2]
            with application.transaction():
                application.execute(
                    "SELECT set_config('app.organization', %s, true)", [str(organization.pk)]
                )
                names = application.execute("SELECT name FROM invoices_client").fetchall()
            crossings += names != [(f"Client of {organization.pk}",)]
            crossings += application.execute("SELECT 1 FROM invoices_client").fetchall() != []
    finally:
        for application in pool:
            application.close()

    assert crossings == 0


@pytest.mark.django_db(transaction=True)
def test_j5_the_setting_ends_with_the_transaction():
    organization = make_organization()

    with tenant_transaction(organization.pk):
        assert _rows("SELECT current_setting('app.organization')") == [(str(organization.pk),)]
    assert _rows("SELECT current_setting('app.organization', true)") == [("",)]


def test_a_transaction_may_be_nested_for_the_same_organization_only():
    ours, theirs = make_organization(), make_organization()
    make_client(organization=ours)

    with tenant_transaction(ours.pk):
        with tenant_transaction(ours.pk):
            assert current_organization_id() == ours.pk
        assert Client.objects.count() == 1
        with pytest.raises(OtherOrganization), tenant_transaction(theirs.pk):
            pass
        assert Client.objects.count() == 1
    assert find_organization_id() is None


def _make_client_and_fail(organization: Organization) -> None:
    with tenant_transaction(organization.pk):
        make_client(organization=organization)
        raise ZeroDivisionError


def test_an_error_inside_leaves_no_organization_behind():
    ours = make_organization()

    with pytest.raises(ZeroDivisionError):
        _make_client_and_fail(ours)

    assert find_organization_id() is None
    assert _rows("SELECT count(*) FROM invoices_client") == [(0,)]
    with tenant_transaction(ours.pk):
        assert not Client.objects.exists()


def test_related_rows_are_scoped_as_well():
    ours, theirs = make_organization(), make_organization()
    foreign = make_connection(organization=theirs)

    with tenant_transaction(ours.pk):
        assert not ExactConnection._base_manager.filter(pk=foreign.pk).exists()
        assert not foreign.reference_lists.exists()
        assert not Membership.objects.filter(organization=theirs).exists()
