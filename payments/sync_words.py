"""What people read when payments could not be read, or not all of them."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.exact.errors import ExactError
from integrations.exact.explain import explain

_SHOWN_REASONS = 3


def set_aside_sentence(reasons: Sequence[str]) -> str:
    """This function will say how many rows of Exact were left out, and why the first ones were."""
    count = len(reasons)
    rows = "1 payment row" if count == 1 else f"{count} payment rows"
    shown = "; ".join(dict.fromkeys(reasons[:_SHOWN_REASONS]))
    return f"{rows} from Exact could not be read and {'was' if count == 1 else 'were'} left out ({shown}). All others were taken over."


def problem_sentence(error: ExactError) -> str:
    """This function will say what went wrong and what to do, in at most 400 characters."""
    explanation = explain(error)[0]
    return f"{explanation.sentence} {explanation.what_to_do}"[:400]
