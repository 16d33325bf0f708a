"""Writes every encrypted column again with the newest key, row by row, while everything runs.

Each row is locked as a refresh locks it, so a token that is being renewed is neither lost nor brought back. What is done
stays done: it may be stopped at any row and begun again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import connection as database, models, transaction

from connector import encryption
from connector.encrypted_fields import encrypted_fields_of, list_encrypted_models
from connector.tenancy import organizations
from connector.tenancy.base import TenantModel
from connector.tenancy.scope import tenant_transaction

logger = logging.getLogger(__name__)

# A token call holds its row for a minute at most, and may have others before it.
_LOCK_TIMEOUT = "150s"


@dataclass(slots=True)
class Rotation:
    """What became of one model's rows: written again, readable by no key, and left with an old key at the end."""

    model: str
    rewritten: int = 0
    unreadable: int = 0
    remaining: int = 0


def rotate() -> Iterator[Rotation]:
    """This function will write each encrypted row that an old key made again, and tell the result model by model.

    Call it outside any transaction.
    """
    for model in list_encrypted_models():
        result = Rotation(model.__name__)
        for organization_id in _places(model):
            for pk in _list_old(model, organization_id):
                _rewrite(model, pk, organization_id, result)
        # Counted anew: a process that has not got the new key yet may have written meanwhile.
        result.remaining = sum(len(_list_old(model, place)) for place in _places(model))
        yield result


def _places(model: type[models.Model]) -> list[int | None]:
    """The organizations whose rows are to be looked at; None stands for a table without a wall."""
    return [*organizations.list_ids()] if issubclass(model, TenantModel) else [None]


def _rows(organization_id: int | None) -> AbstractContextManager[object]:
    return transaction.atomic() if organization_id is None else tenant_transaction(organization_id)


def _list_old(model: type[models.Model], organization_id: int | None) -> list[object]:
    fields = encrypted_fields_of(model)
    with _rows(organization_id):
        rows = model._default_manager.order_by("pk")  # noqa: SLF001  # Django's documented way to a model's manager
        return [row.pk for row in rows if any(_is_old(row, field.attname) for field in fields)]


def _is_old(row: models.Model, column: str) -> bool:
    sealed = bytes(getattr(row, column))
    return bool(sealed) and not encryption.is_current(sealed)


def _rewrite(
    model: type[models.Model], pk: object, organization_id: int | None, result: Rotation
) -> None:
    with _rows(organization_id):
        with database.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
        locked = model._default_manager.select_for_update(no_key=True)  # noqa: SLF001
        row = locked.filter(pk=pk).first()
        old = [
            field
            for field in encrypted_fields_of(model)
            if row is not None and _is_old(row, field.attname)
        ]
        if row is None or not old:
            return
        try:
            for field in old:
                field.seal(row, field.reveal(row).reveal())
        except encryption.CannotDecrypt:
            logger.exception("A row can be read with none of the keys", extra={"row": str(pk)})
            result.unreadable += 1
            return
        row.save(update_fields={column for field in old for column in field.columns})
        result.rewritten += 1
