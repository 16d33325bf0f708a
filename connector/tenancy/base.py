"""What every tenant row has: its organization, a scoped manager, and foreign keys that carry the organization."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from connector.tenancy.scope import current_organization_id

_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)


class TenantManager(models.Manager[_Row_co]):
    """Finds the current organization's rows only; raises NoOrganization when there is none."""

    def get_queryset(self) -> models.QuerySet[_Row_co]:
        """This function will return the rows of the organization whose transaction is open."""
        return super().get_queryset().filter(organization_id=current_organization_id())


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # the stubs take the types from the model's annotations
    """A foreign key between tenant rows: the database constraint is (organization_id, id), made by `EnableTenancy`.

    A plain foreign key is checked without row-level security, so it would tell whether another tenant's row exists.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> Any:
        """This function will leave out the option that the class itself sets."""
        name, path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        return name, path, args, options


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey(
        "tenancy.Organization", on_delete=models.CASCADE, related_name="+"
    )

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """This function will fill in the current organization on a new row and store it."""
        if not self.organization_id:
            self.organization_id = current_organization_id()
        super().save(*args, **options)
