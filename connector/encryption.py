"""Keeps secrets in the database: AES-GCM, with the row a ciphertext belongs to as associated data.

A ciphertext that was copied to another row, column or organization does not decrypt there. Keys come from
ENCRYPTION_KEYS: the first one encrypts, all decrypt, so a new key is put in front and the old one stays until every
row was written again (`key_rotation`).
"""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_FORMAT = b"1"
_KEY_ID_LENGTH = 8  # characters
_NONCE_LENGTH = 12  # bytes, as AES-GCM wants
_HEADER_LENGTH = len(_FORMAT) + _KEY_ID_LENGTH


class CannotDecrypt(Exception):
    """The ciphertext belongs elsewhere, was changed, or its key is not among ENCRYPTION_KEYS."""


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id:" + key).hexdigest()[:_KEY_ID_LENGTH]


def current_key_id() -> str:
    """This function will return the id of the key that encrypts now: a short hash, not the key."""
    return _key_id(settings.ENCRYPTION_KEYS[0])


def is_current(ciphertext: bytes) -> bool:
    """This function will tell whether the newest key made this ciphertext; it need not be readable for that."""
    return bytes(ciphertext)[:_HEADER_LENGTH] == _FORMAT + current_key_id().encode()


def encrypt(plaintext: str, *, row: str) -> bytes:
    """This function will encrypt a text for one place, such as "grant:7:31:refresh"."""
    key = settings.ENCRYPTION_KEYS[0]
    nonce = os.urandom(_NONCE_LENGTH)
    header = _FORMAT + _key_id(key).encode()
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), header + row.encode())
    return header + nonce + sealed


def decrypt(ciphertext: bytes, *, row: str) -> str:
    """This function will return the text that was encrypted for this place, or raise CannotDecrypt."""
    stored = bytes(ciphertext)
    header, nonce = stored[:_HEADER_LENGTH], stored[_HEADER_LENGTH : _HEADER_LENGTH + _NONCE_LENGTH]
    key = _find_key(header)
    try:
        plaintext = AESGCM(key).decrypt(
            nonce, stored[_HEADER_LENGTH + _NONCE_LENGTH :], header + row.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt("The ciphertext was changed or belongs to another row.") from error
    return plaintext.decode()


def _find_key(header: bytes) -> bytes:
    for key in settings.ENCRYPTION_KEYS:
        if header == _FORMAT + _key_id(key).encode():
            return bytes(key)
    raise CannotDecrypt("No key of ENCRYPTION_KEYS fits this ciphertext.")
