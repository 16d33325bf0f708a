"""The raw bytes of a webhook: split where Exact signs, and proven with the app's webhook secret.

The signature is upper-case hexadecimal HMAC-SHA256 over the bytes between `{"Content":` and `,"HashCode":` as they
came. Reading the JSON and writing it anew would give other bytes, so nothing is parsed before the proof.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-webhooksc
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_HEAD = b'{"Content":'
_MIDDLE = b',"HashCode":"'
_TAIL = re.compile(rb'([0-9A-F]{64})"\}')


class NotSplit(Exception):
    """The bytes have another form than Exact's webhooks."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed bytes and their signature. The bytes name a record, so ``repr`` leaves them out."""

    content: bytes = field(repr=False)
    signature: str


def split(body: bytes) -> Signed:
    """This function will cut a body into what was signed and the signature. Raises NotSplit, and nothing else."""
    before, middle, after = body.strip().rpartition(_MIDDLE)
    tail = _TAIL.fullmatch(after)
    if not middle or tail is None or not before.startswith(_HEAD):
        raise NotSplit
    content = before[len(_HEAD) :]
    if not (content.startswith(b"{") and content.endswith(b"}")):
        raise NotSplit
    return Signed(content, tail[1].decode())


def is_proven(signed: Signed, secrets: Iterable[str]) -> bool:
    """This function will tell whether one of the secrets made the signature; it takes as long for any signature."""
    proven = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed.content, hashlib.sha256).hexdigest().upper()
        # Every secret is tried, so that the time tells neither which one fits nor that one does.
        proven |= hmac.compare_digest(expected, signed.signature)
    return proven
