"""The batches in which `payment-histories` plays, run by pytest for its database; each leaves a line when it is through.

A line holds for the code it was played with: what an interrupted run has played is not played again, and a change of
the code that derives a status begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from connector.local.servers import SOURCE_ROOT
from tests.payments import histories

# Set by the scenario: how many histories, where the lines go, and the code's name when it began.
HOW_MANY, KEPT, CODE = "PAYMENT_HISTORIES", "PAYMENT_HISTORIES_KEPT", "PAYMENT_HISTORIES_CODE"
_CODE = (
    "payments/**/*.py",
    "invoices/payment*.py",
    "invoices/paid_by_hand.py",
    "integrations/exact/*.py",
    "exact_sandbox/**/*.py",
    "tests/payments/b*.py",
    "tests/payments/histor*.py",
    "tests/payments/ledger.py",
    "tests/factories.py",
)


@dataclass(frozen=True)
class Line:
    """One batch that was played: `seen` counts what was compared, `failures` are whole descriptions."""

    code: str
    sign: str
    first: int
    count: int
    seen: dict[str, int]
    failures: list[str]
    seconds: float


def fingerprint() -> str:
    """This function will return a name of the code that the histories are played with."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in _CODE for path in SOURCE_ROOT.glob(pattern)}):
        found.update(str(path.relative_to(SOURCE_ROOT)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def read(path: Path, code: str) -> list[Line]:
    """This function will return the batches that were played with this code, oldest first."""
    if not path.exists():
        return []
    # What follows the last end of a line is being written.
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    lines = [Line(**json.loads(line)) for line in whole.splitlines()]
    return [line for line in lines if line.code == code]


def list_batches(how_many: int) -> Sequence[tuple[str, int, int]]:
    """This function will return sign, first number and size of each batch, the signs in turn."""
    each = how_many // len(histories.CONVENTIONS)
    return [
        (sign, first, min(histories.ABREAST, each - first))
        for first in range(0, each, histories.ABREAST)
        for sign in histories.CONVENTIONS
    ]


@pytest.mark.parametrize(
    ("sign", "first", "count"), list_batches(int(os.environ.get(HOW_MANY, "0")))
)
def test_g4_to_g11_a_batch_ends_where_the_books_are(transactional_db, sign, first, count):
    """RELIABILITY G4 to G11: many histories of one convention of signs."""
    path, code = Path(os.environ[KEPT]), os.environ[CODE]
    if any((line.sign, line.first) == (sign, first) for line in read(path, code)):
        return
    began = time.monotonic()
    try:
        played = histories.play(sign, range(first, first + count))
    except Exception:  # noqa: BLE001 - what breaks off is told like every other failure
        name = f"Histories {sign} {first} to {first + count - 1} broke off"
        played = histories.Played(failures=[f"{name}\n{traceback.format_exc()}"])
    line = Line(
        code,
        sign,
        first,
        count,
        dict(played.seen),
        played.failures,
        round(time.monotonic() - began, 1),
    )
    with path.open("ab", buffering=0) as file:  # at once, so that lines of two processes do not mix
        file.write(json.dumps(asdict(line)).encode() + b"\n")
