"""Encryption keys are changed while tokens are renewed: RELIABILITY C17 and C18."""

from __future__ import annotations

import io
import os
import threading
import time

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connections, models

from connector import encryption, key_rotation
from connector.encrypted_fields import EncryptedField, encrypted_field, list_encrypted_models
from connector.tenancy.scope import tenant_transaction
from integrations import token_store
from integrations.models import ConnectionState, ExactGrant, GrantState
from integrations.token_store import vault
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keys(settings):
    """The first call puts a new key in front; the second one removes the old ones."""

    def change(*, forget_old: bool = False) -> None:
        newest = settings.ENCRYPTION_KEYS[0]
        settings.ENCRYPTION_KEYS = [newest] if forget_old else [os.urandom(32), newest]

    return change


@pytest.fixture
def grant(sandbox):
    return exact.logged_in(factories.make_organization(name="Studio Noord")).grant


def stored(grant):
    with tenant_transaction(grant.organization_id):
        return ExactGrant.objects.get(pk=grant.pk)


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_encryption_keys", stdout=out)
    return out.getvalue()


def ask(grant):
    return token_store.access_token(organization_id=grant.organization_id, grant_id=grant.pk)


def test_c17_every_organizations_rows_are_written_with_the_new_key(grant, sandbox, keys):
    other = exact.logged_in(
        factories.make_organization(name="Other"), username=exact.CLAIRE, country="BE"
    ).grant
    before = [vault.reveal(stored(one), "refresh") for one in (grant, other)]
    keys()

    said = rotate()

    assert "ExactGrant: 2 rows written again, 0 remain" in said
    keys(forget_old=True)
    assert [vault.reveal(stored(one), "refresh") for one in (grant, other)] == before
    assert {stored(one).key_id for one in (grant, other)} == {encryption.current_key_id()}
    assert stored(grant).version == grant.version
    assert ask(grant) == vault.reveal(stored(grant), "access")


def test_c17_a_second_rotation_has_nothing_to_do(grant, keys):
    keys()
    rotate()
    before = bytes(stored(grant).refresh_token_encrypted)

    said = rotate()

    assert "0 rows written again, 0 remain" in said
    assert bytes(stored(grant).refresh_token_encrypted) == before


def test_c17_a_rotation_that_was_stopped_is_gone_on_with(grant, keys, monkeypatch):
    second = exact.logged_in(
        factories.make_organization(name="Other"), username=exact.CLAIRE, country="BE"
    ).grant
    keys()
    seal = EncryptedField.seal
    sealed: list[object] = []

    def stop_at_the_second_row(field: EncryptedField, row: models.Model, text: str) -> None:
        if sealed and row.pk not in sealed:
            raise KeyboardInterrupt
        sealed.append(row.pk)
        seal(field, row, text)

    monkeypatch.setattr(EncryptedField, "seal", stop_at_the_second_row)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.undo()
    assert sorted(_is_rotated(one) for one in (grant, second)) == [False, True]

    assert "1 rows written again, 0 remain" in rotate()
    assert _is_rotated(grant)
    assert _is_rotated(second)


def _is_rotated(grant) -> bool:
    return encryption.is_current(stored(grant).refresh_token_encrypted)


def test_c17_a_rotation_waits_for_a_refresh_and_keeps_its_new_token(grant, sandbox, keys):
    exact.age_tokens(grant, 580, sandbox)
    old = vault.reveal(stored(grant), "refresh")
    sandbox.sandbox.faults.add({"fault": "hang", "path": "/api/oauth2/token", "delay_s": 1.5})
    got: list[object] = []

    def refresh() -> None:
        try:
            got.append(ask(grant))
        finally:
            connections.close_all()

    worker = threading.Thread(target=refresh)
    worker.start()
    time.sleep(0.5)
    keys()

    said = rotate()
    worker.join()

    assert "0 remain" in said
    keys(forget_old=True)
    now = stored(grant)
    assert vault.reveal(now, "access") == got[0]
    assert vault.reveal(now, "refresh") != old
    exact.age_tokens(grant, 580, sandbox)
    assert ask(grant)
    assert {call["status"] for call in exact.token_calls(sandbox)} == {200}


def test_c17_a_refresh_waits_for_a_rotation_and_uses_what_it_wrote(grant, sandbox, keys):
    exact.age_tokens(grant, 580, sandbox)
    keys()
    got: list[object] = []

    def refresh() -> None:
        try:
            got.append(ask(grant))
        finally:
            connections.close_all()

    worker = threading.Thread(target=refresh)
    with tenant_transaction(grant.organization_id):
        row = vault.lock(grant.pk)
        worker.start()
        time.sleep(0.3)
        for kind in ("access", "refresh"):
            field = encrypted_field(ExactGrant, f"{kind}_token_encrypted")
            field.seal(row, field.reveal(row).reveal())
        row.save()
    worker.join()

    assert len(got) == 1
    keys(forget_old=True)
    assert vault.reveal(stored(grant), "access") == got[0]


def test_c18_rows_that_no_key_opens_remain_and_say_so(grant, settings, sandbox):
    connection = exact.connected(
        factories.make_organization(name="Lost its key"),
        sandbox,
        exact.ZUID,
        username=exact.CLAIRE,
        country="BE",
    )
    settings.ENCRYPTION_KEYS = [os.urandom(32)]
    out = io.StringIO()

    with pytest.raises(CommandError, match="2 rows remain"):
        call_command("rotate_encryption_keys", stdout=out)

    assert "2 can be read with none of the keys" in out.getvalue()
    with pytest.raises(token_store.NeedsConsent, match="can not be read"):
        ask(connection.grant)
    assert exact.reload(connection).state == ConnectionState.NEEDS_CONSENT


def test_c18_swapped_ciphertexts_ask_for_a_login_and_the_pages_open(grant, sandbox):
    """The tokens of two organizations change places in the database: neither may use the other's."""
    organization = factories.make_organization(name="Other")
    other = exact.connected(organization, sandbox, exact.ZUID, username=exact.CLAIRE, country="BE")
    columns = ("access_token_encrypted", "refresh_token_encrypted")
    theirs = {column: bytes(getattr(stored(other.grant), column)) for column in columns}
    ours = {column: bytes(getattr(stored(grant), column)) for column in columns}
    for one, values in ((grant, theirs), (other.grant, ours)):
        with tenant_transaction(one.organization_id):
            ExactGrant.objects.filter(pk=one.pk).update(**values)

    for one in (grant, other.grant):
        with pytest.raises(token_store.NeedsConsent):
            ask(one)
        assert stored(one).state == GrantState.NEEDS_CONSENT

    assert exact.token_calls(sandbox) == []
    assert other.connected_by is not None
    browser = factories.sign_in(other.connected_by)
    for address in ("/settings/marketplace/", f"/settings/marketplace/{other.pk}/activity/"):
        assert "Reconnect" in browser.get(address).content.decode(), address


def test_c17_every_encrypted_column_is_one_that_the_rotation_knows():
    """Bytes that are called encrypted, or a key's note beside them, belong to such a field."""
    loose = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField)
        and ("encrypted" in field.name or "sealed" in field.name)
        and not isinstance(field, EncryptedField)
    ]

    assert loose == []
    assert ExactGrant in list_encrypted_models()
    assert [result.model for result in key_rotation.rotate()] == [
        model.__name__ for model in list_encrypted_models()
    ]
