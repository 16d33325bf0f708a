"""Where a feed stands, and when a division was moved: what is not understood says nothing and breaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from integrations.exact import divisions, sync_timestamp
from tests.hostile import answering, client_for

DIVISION = 1000001
AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "position"),
    [
        ('{"d": {"results": [{"TimeStampAsBigInt": "4711"}]}}', 4711),
        ('{"d": {"results": [{"TimeStampAsBigInt": 4711}]}}', 4711),
        ('{"d": [{"TimeStampAsBigInt": "0"}]}', 0),
        ('{"d": {"results": []}}', None),
        ('{"d": {"results": [{"TimeStampAsBigInt": "1"}, {"TimeStampAsBigInt": "2"}]}}', None),
        ('{"d": {"results": [{"TimeStampAsBigInt": "-1"}]}}', None),
        ('{"d": {"results": [{"TimeStampAsBigInt": null}]}}', None),
        ('{"d": {"results": [{"API": "PaymentTerms"}]}}', None),
        ('{"d": {"results": ["4711"]}}', None),
        ('{"d": 4711}', None),
        ("4711", None),
    ],
)
def test_a_position_that_is_not_understood_is_none(answer, position):
    with answering(lambda _url: answer.encode()) as asked:
        found = sync_timestamp.read_position(client_for(DIVISION), "PaymentTerms", at=AT)

    assert found == position
    [address] = asked
    assert unquote(address).endswith(
        "SyncTimestamp?modified=datetime'2026-11-27T09:00:00'&endPoint='PaymentTerms'"
    )


@pytest.mark.parametrize(
    ("moved", "linked", "day"),
    [(None, None, None), (5, None, 5), (None, 6, 6), (5, 6, 6), (7, 6, 7)],
)
def test_the_later_of_both_dates_tells_when_row_versions_were_numbered_anew(moved, linked, day):
    row = divisions.DivisionMoves(
        code=DIVISION,
        moved_at=moved and AT.replace(day=moved),
        linked_at=linked and AT.replace(day=linked),
    )

    assert row.renumbered_at == (day and AT.replace(day=day))


def test_a_division_that_is_not_listed_says_nothing_of_moves():
    other = b'{"d": {"results": [{"Code": 1000002, "DivisionMoveDate": "/Date(1704067200000)/"}]}}'
    with answering(lambda _url: other):
        assert divisions.read_moves(client_for(DIVISION)) is None
