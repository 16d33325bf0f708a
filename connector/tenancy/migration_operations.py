"""Migration operation that puts a tenant table behind row-level security and composite foreign keys."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from connector.tenancy.base import TenantForeignKey

_CURRENT = "NULLIF(current_setting('app.organization', true), '')::bigint"


class EnableTenancy(Operation):
    """Adds UNIQUE (organization_id, id), a forced fail-closed policy, and a composite key for each TenantForeignKey.

    It takes all new tables of a migration at once, because the composite keys need the other tables' unique keys.
    `read_rules` replaces the ordinary comparison for the tables that a person reads before choosing an organization.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_names: list[str], read_rules: dict[str, str] | None = None) -> None:
        self.model_names = model_names
        self.read_rules = read_rules or {}

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """This function will describe the operation for Django's migration writer."""
        return self.__class__.__name__, [self.model_names], {"read_rules": self.read_rules}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """This function will change nothing: the models look the same."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """This function will run the SQL on the new tables."""
        models_ = [to_state.apps.get_model(app_label, name) for name in self.model_names]
        statements = [
            statement
            for name, model in zip(self.model_names, models_, strict=True)
            for statement in _wall_sql(model, self.read_rules.get(name, ""))
        ]
        statements += [
            composite_key_sql(model._meta.db_table, field)  # noqa: SLF001
            for model in models_
            for field in model._meta.fields  # noqa: SLF001
            if isinstance(field, TenantForeignKey)
        ]
        for statement in statements:
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """This function will do nothing: the tables themselves are dropped by the reverse of their creation."""

    def describe(self) -> str:
        """This function will name the tables' models for Django's plan output."""
        return f"Put {', '.join(self.model_names)} behind row-level security"


class AddTenantForeignKey(Operation):
    """Adds the composite constraint of a TenantForeignKey that came to an existing table."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """This function will describe the operation for Django's migration writer."""
        return (
            self.__class__.__name__,
            [],
            {"model_name": self.model_name, "field_name": self.field_name},
        )

    def state_forwards(self, app_label: str, state: Any) -> None:
        """This function will change nothing: the models look the same."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """This function will add the constraint."""
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field_name)  # noqa: SLF001
        schema_editor.execute(composite_key_sql(model._meta.db_table, field), params=None)  # noqa: SLF001

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """This function will drop the constraint."""
        model = from_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table  # noqa: SLF001
        column = model._meta.get_field(self.field_name).column  # noqa: SLF001
        schema_editor.execute(
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{column}_tenant_fk"', params=None
        )


def _wall_sql(model: Any, read_rule: str) -> list[str]:
    table = model._meta.db_table  # noqa: SLF001  # Django's documented way to a model's table
    is_tenant_row = any(field.column == "organization_id" for field in model._meta.fields)  # noqa: SLF001
    own = f"{'organization_id' if is_tenant_row else 'id'} = {_CURRENT}"
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY read_own ON "{table}" FOR SELECT USING ({read_rule or own})',
        f'CREATE POLICY insert_own ON "{table}" FOR INSERT WITH CHECK ({own})',
        f'CREATE POLICY update_own ON "{table}" FOR UPDATE USING ({own}) WITH CHECK ({own})',
        f'CREATE POLICY delete_own ON "{table}" FOR DELETE USING ({own})',
    ]
    if is_tenant_row:
        statements.append(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant_key" UNIQUE (organization_id, id)'
        )
    return statements


def composite_key_sql(table: str, field: models.ForeignKey[Any, Any]) -> str:
    """This function will return the statement that ties (organization_id, column) to the other table's same pair."""
    other = field.remote_field.model._meta.db_table  # noqa: SLF001
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_tenant_fk" '
        f'FOREIGN KEY (organization_id, "{field.column}") REFERENCES "{other}" (organization_id, id) '
        "DEFERRABLE INITIALLY DEFERRED"
    )
