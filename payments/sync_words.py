"""What people read when payments could not be read, or not all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from connector.sentences import together
from integrations import explained
from integrations.exact.errors import ExactError
from integrations.exact.explain import explain

_SHOWN_REASONS = 3


def set_aside_sentence(reasons: Sequence[str]) -> str:
    """This function will say how many rows of Exact were left out, and why the first ones were."""
    count = len(reasons)
    rows = "1 payment row" if count == 1 else f"{count} payment rows"
    shown = "; ".join(dict.fromkeys(reasons[:_SHOWN_REASONS]))
    return f"{rows} from Exact could not be read and {'was' if count == 1 else 'were'} left out ({shown}). All others were taken over."


def repaired_sentence(count: int) -> str:
    """This function will say how many terms comparing with Exact put right."""
    terms = "1 payment term that was" if count == 1 else f"{count} payment terms that were"
    return f"Comparing everything that is open with Exact found {terms} different here. It is right now."


def compared_word(repaired: int) -> str:
    """This function will say what the last comparison of everything open found."""
    if not repaired:
        return "Compared with Exact, nothing was missed"
    return f"Compared with Exact, {repaired} corrected"


def problem_sentence(error: ExactError) -> str:
    """This function will say what went wrong and what to do."""
    explanation = explain(error)[0]
    return together(explained.say(explanation), explained.say_what_to_do(explanation))


def since_sentence(since: datetime | None) -> str:
    """This function will say since when (UTC) payments are not all read, where the reader is; empty when they are."""
    if since is None:
        return ""
    local = timezone.localtime(since)
    day = "" if local.date() == timezone.localdate() else f"{local.day} {local:%B}, "
    return f"It has not succeeded since {day}{local:%H:%M}."
