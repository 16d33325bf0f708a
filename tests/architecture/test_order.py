"""Files of tests that wait for processes are spread over the others (tests/order.py)."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tests.order import spread


def ordered(text: str) -> str:
    """Each letter is a test of the file with this name; capitals wait."""
    return "".join(spread(text, file=str, waits=str.isupper))


@pytest.mark.parametrize(
    ("given_order", "expected"),
    [
        ("", ""),
        ("abc", "abc"),
        ("ABC", "ABC"),
        ("abcdXY", "XabYcd"),
        ("XYabcd", "XabYcd"),
        ("aaaabbbbXXY", "XXaaaaYbbbb"),
        ("abcdefghijVWXYZ", "VabWcdXeYfgZhij"),
        ("aaaaaaaabcXYZ", "XaaaaaaaaYZbc"),
    ],
)
def test_files_that_wait_stand_at_equal_distances(given_order, expected):
    assert ordered(given_order) == expected


@given(st.lists(st.sampled_from("abcdeVWXYZ"), unique=True), st.integers(1, 3))
def test_nothing_is_left_out_and_files_stay_whole(files, length):
    text = "".join(file * length for file in files)
    assert sorted(ordered(text)) == sorted(text)
    assert all(file * length in ordered(text) for file in files)
