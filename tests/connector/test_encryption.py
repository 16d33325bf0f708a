"""Secrets in the database: RELIABILITY C17, C18, J29."""

from __future__ import annotations

import os

import pytest

from connector import encryption
from connector.encryption import CannotDecrypt

PLACE = "grant:7:31:refresh"


def test_a_text_comes_back_for_its_own_row():
    sealed = encryption.encrypt("stampNL001.secret", row=PLACE)

    assert encryption.decrypt(sealed, row=PLACE) == "stampNL001.secret"
    assert b"secret" not in sealed


@pytest.mark.parametrize(
    "other", ["grant:8:31:refresh", "grant:7:32:refresh", "grant:7:31:access", ""]
)
def test_c18_a_ciphertext_from_another_row_is_refused(other):
    sealed = encryption.encrypt("secret", row=PLACE)

    with pytest.raises(
        CannotDecrypt, match=r"^The ciphertext was changed or belongs to another row\.$"
    ):
        encryption.decrypt(sealed, row=other)


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_a_changed_ciphertext_is_refused(place):
    sealed = bytearray(encryption.encrypt("a secret of some length", row=PLACE))
    sealed[place] ^= 1

    with pytest.raises(CannotDecrypt):
        encryption.decrypt(bytes(sealed), row=PLACE)


@pytest.mark.parametrize("stored", [b"", b"1", b"1abcdefgh", b"1abcdefgh" + b"x" * 12])
def test_a_cut_ciphertext_is_refused(stored):
    with pytest.raises(CannotDecrypt):
        encryption.decrypt(stored, row=PLACE)


def test_c17_the_first_key_encrypts_and_every_key_decrypts(settings):
    old, new = os.urandom(32), os.urandom(32)
    settings.ENCRYPTION_KEYS = [old]
    sealed = encryption.encrypt("secret", row=PLACE)
    old_id = encryption.current_key_id()

    settings.ENCRYPTION_KEYS = [new, old]

    assert encryption.decrypt(sealed, row=PLACE) == "secret"
    assert encryption.current_key_id() != old_id
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(CannotDecrypt, match=r"^No key of ENCRYPTION_KEYS fits this ciphertext\.$"):
        encryption.decrypt(sealed, row=PLACE)


def test_the_same_text_never_looks_the_same():
    assert encryption.encrypt("secret", row=PLACE) != encryption.encrypt("secret", row=PLACE)


def test_a_decrypted_empty_text_is_empty():
    assert encryption.decrypt(encryption.encrypt("", row=PLACE), row=PLACE) == ""


def test_c17_a_key_keeps_its_id_so_that_what_is_stored_today_is_read_by_every_later_version(
    settings,
):
    """The stored form, written out: format, the key's id, nonce, ciphertext with its tag, bound to header and row."""
    settings.ENCRYPTION_KEYS = [bytes(range(32))]

    assert encryption.current_key_id() == "78150e2b"
    stored = bytes.fromhex(
        "3137383135306532626465666768696a6b6c6d6e6f3b6fbf0b09a71aae0e53719bbf0618983615e5bbd86295d9b366fdd6ec981c1a4d"
    )
    assert encryption.decrypt(stored, row=PLACE) == "stampNL001.secret"
