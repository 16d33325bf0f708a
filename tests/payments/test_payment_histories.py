"""Any history of payments, whatever order its rows arrive in, ends where the books are (RELIABILITY G4 to G11).

A bookkeeper does what comes to mind in the sandbox; the lane's own steps read it, or rows are read as a run reads them, then
shuffled, repeated and mixed with older ones. The suite plays a few, always the same; `make torture` plays 10,000.
"""

from __future__ import annotations

import pytest

from tests.payments import histories

FEW = 8


@pytest.mark.parametrize("sign", histories.CONVENTIONS)
def test_g4_to_g11_every_history_ends_where_the_books_are(transactional_db, sign):
    """RELIABILITY G4, G5, G6, G7, G8, G9, G10, G11: whatever is booked, in whatever order it is read."""
    played = histories.play(sign, range(FEW))

    assert not played.failures, "\n\n".join(played.failures)
    assert played.seen[histories.UNTOLD] <= played.seen["documents"] / 10
    more = played.seen[histories.WITH_LINES] - played.seen[histories.WITHOUT_LINES]
    # Where settled amounts are 0 lines add up to something less often than eight histories show.
    assert more >= (0 if histories.CONVENTIONS[sign] else 1)
    assert {"open", "partly_paid", "paid"} <= played.seen.keys()
