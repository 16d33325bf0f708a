"""What people read when payments could not be read, or not all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connector.sentences import Sentence, counted_sentence, together
from integrations import explained
from integrations.exact.errors import ExactError
from integrations.exact.explain import explain

SHOWN_REASONS = 3


def set_aside_sentence(reasons: Sequence[str], count: int) -> Sentence:
    """This function will say how many rows of Exact were left out, and why the first ones were."""
    return counted_sentence(
        "%(n)s payment row from Exact could not be read and was left out (%(reasons)s). All others were taken over.",
        "%(n)s payment rows from Exact could not be read and were left out (%(reasons)s). All others were taken over.",
        n=count,
        reasons="; ".join(dict.fromkeys(reasons[:SHOWN_REASONS])),
    )


def repaired_sentence(count: int) -> Sentence:
    """This function will say how many terms comparing with Exact put right."""
    return counted_sentence(
        "Comparing everything that is open with Exact found %(n)s payment term that was different here. It is right now.",
        "Comparing everything that is open with Exact found %(n)s payment terms that were different here. It is right now.",
        n=count,
    )


def compared_word(repaired: int) -> str:
    """This function will say what the last comparison of everything open found."""
    if not repaired:
        return _("Compared with Exact, nothing was missed")
    return _("Compared with Exact, %(n)s corrected") % {"n": repaired}


def problem_sentence(error: ExactError) -> str:
    """This function will say what went wrong and what to do."""
    explanation = explain(error)[0]
    return together(explained.say(explanation), explained.say_what_to_do(explanation))


def since_sentence(since: datetime | None) -> str:
    """This function will say since when (UTC) payments are not all read, where the reader is; empty when they are."""
    if since is None:
        return ""
    local = timezone.localtime(since)
    is_today = local.date() == timezone.localdate()
    time = date_format(local, "TIME_FORMAT" if is_today else "DAY_TIME_FORMAT")
    return _("It has not succeeded since %(time)s.") % {"time": time}
