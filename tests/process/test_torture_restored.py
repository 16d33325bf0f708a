"""The short size of what `make torture` does when the database is put back while copies are under way."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def test_reliability_f4_a_copy_of_the_disk_that_is_put_back_in_a_storm_loses_and_doubles_nothing(
    tmp_path,
):
    """Nobody says that it was: the first sweep sees it, before anything is sent."""
    figures = run_short("restored-disk", tmp_path)["figures"]

    assert figures["forgotten"] > 0
    assert figures["copied"] == figures["invoices"] == 45
