"""Splitting and proving the raw bytes of a webhook (RELIABILITY H1)."""

from __future__ import annotations

import hmac
import json

import pytest
from hypothesis import given, strategies as st

from integrations.webhooks import messages, signature
from tests.integrations.webhooks.bodies import SECRET, body_of, content_of, sign

GENUINE = body_of(division=27000001).encode()


def proven(body: bytes, *secrets: str) -> bool:
    return signature.is_proven(signature.split(body), secrets or (SECRET,))


def test_the_signed_bytes_lie_between_content_and_hash_code():
    content = content_of(division=27000001)

    signed = signature.split(sign(content).encode())

    assert signed.content == content.encode()
    assert proven(sign(content).encode())


def test_neither_content_nor_secret_is_in_a_repr():
    assert "Financial" not in repr(signature.split(GENUINE))


def test_bytes_that_are_not_text_are_signed_as_they_came():
    content = b'{"Topic":"\xff\xfe"}'
    hash_code = hmac.digest(SECRET.encode(), content, "sha256").hex().upper().encode()

    assert proven(b'{"Content":' + content + b',"HashCode":"' + hash_code + b'"}')


def test_a_hash_code_inside_the_content_does_not_end_it():
    content = '{"Key":{"Content":{},"HashCode":"' + "0" * 64 + '"},"Topic":"x"}'

    assert proven(sign(content).encode())
    assert signature.split(sign(content).encode()).content == content.encode()


def test_no_secret_proves_nothing():
    assert not signature.is_proven(signature.split(GENUINE), ())
    assert not proven(GENUINE, "another", "")
    assert proven(GENUINE, "another", SECRET)
    assert proven(GENUINE, SECRET, "another")


@given(st.binary(max_size=400))
def test_reliability_h1_whatever_the_bytes_they_are_split_or_refused(body):
    with pytest.raises(signature.NotSplit):
        signature.split(body)


_PIECES = st.sampled_from(
    [b'{"Content":', b',"HashCode":"', b'"}', b"{", b"}", b"A" * 64, b"a" * 64, b" ", b'"', b"\\"]
)


@given(st.lists(_PIECES | st.binary(max_size=5), max_size=12).map(b"".join))
def test_reliability_h1_pieces_in_any_order_are_never_proven(body):
    try:
        signed = signature.split(body)
    except signature.NotSplit:
        return
    assert signed.content in body
    assert not signature.is_proven(signed, (SECRET,))


@given(st.integers(0, len(GENUINE) - 1), st.integers(0, 255))
def test_reliability_h1_one_changed_byte_is_refused(place, byte):
    changed = GENUINE[:place] + bytes([byte]) + GENUINE[place + 1 :]
    if changed == GENUINE:
        return
    try:
        assert not proven(changed)
    except signature.NotSplit:
        return


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_signed_it_is_read_or_not_understood(content):
    with pytest.raises(messages.NotUnderstood):
        messages.read(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_NAMES = ("Topic", "ClientId", "Division", "Action", "Key", "ExactOnlineEndpoint")


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON))
def test_properties_of_any_type_are_read_or_not_understood(document):
    content = json.dumps(document).encode()
    try:
        message = messages.read(content)
    except messages.NotUnderstood:
        return
    assert 0 <= message.division < 2**31
    assert isinstance(message.topic, str)
