"""A model's column whose text is readable only with our keys, and only in its own row.

Every encrypted column of the product is such a field, so whoever has to treat them all alike (rotating keys) finds
them by asking the models: see `encrypted_fields_of`.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from connector import encryption
from connector.secrets import Secret


class EncryptedField(models.BinaryField):  # type: ignore[type-arg]  # the stubs take the types from the model
    """A secret text, sealed by `connector.encryption`; empty bytes mean that there is none.

    ``place`` names the one place where the ciphertext counts, with attributes of the row in braces:
    "grant:{row.organization_id}:{row.pk}:refresh". They must be known before a text is sealed, so the row is stored first. ``noted_in`` is
    the column, if any, that says for operators which key was used.
    """

    def __init__(self, *args: Any, place: str = "", noted_in: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.place = place
        self.noted_in = noted_in

    @property
    def columns(self) -> list[str]:
        """The columns that sealing a text changes."""
        return [self.attname, self.noted_in] if self.noted_in else [self.attname]

    def deconstruct(self) -> Any:
        """This function will leave the options out: they are no matter of the table."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.BinaryField", args, options

    def seal(self, row: models.Model, text: str) -> None:
        """This function will put the text, encrypted with the newest key, into the row; it is not saved yet."""
        setattr(row, self.attname, encryption.encrypt(text, row=self._place(row)))
        if self.noted_in:
            setattr(row, self.noted_in, encryption.current_key_id())

    def reveal(self, row: models.Model) -> Secret:
        """This function will return the text, or raise `encryption.CannotDecrypt`."""
        return Secret(encryption.decrypt(bytes(getattr(row, self.attname)), row=self._place(row)))

    def _place(self, row: models.Model) -> str:
        return self.place.format(row=row)


def encrypted_field(model: type[models.Model], name: str) -> EncryptedField:
    """This function will return a model's encrypted field by its name; raises TypeError for another kind of field."""
    field = model._meta.get_field(name)  # noqa: SLF001  # Django's documented way to a model's fields
    if not isinstance(field, EncryptedField):
        raise TypeError(f"{name} of {model.__name__} is not encrypted.")
    return field


def encrypted_fields_of(model: type[models.Model]) -> list[EncryptedField]:
    """This function will return the encrypted columns of a model's table."""
    return [field for field in model._meta.local_fields if isinstance(field, EncryptedField)]  # noqa: SLF001


def list_encrypted_models() -> list[type[models.Model]]:
    """This function will return every model of the product that has an encrypted column."""
    return [model for model in apps.get_models() if encrypted_fields_of(model)]
