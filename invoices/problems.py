"""What went wrong with a copy, as a person reads it: one sentence, what to do, and Exact's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from connector.sentences import Words
from integrations import explained
from integrations.exact import errors
from integrations.exact.explain import explain, where_to_mend
from integrations.exact.phrases.parts import Where
from invoices.causes.finding import stored_causes
from invoices.causes.parts import Cause
from invoices.models import CopyRequest


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of one copy. `raw` is what Exact said, unfolded on demand; `causes` are those it shares with others.

    Without causes the code and the sentence are the cause (`causes.stored_causes`).
    """

    code: str
    sentence: Words
    remedy: Words
    raw: str = ""
    causes: tuple[Cause, ...] = field(default=(), compare=False)

    @property
    def where(self) -> Where:
        """This function will return the place where it is mended, for a link; empty when there is none."""
        return where_to_mend(self.code)

    @classmethod
    def from_error(cls, error: errors.ExactError) -> Problem:
        """This function will join everything Exact objected to into one problem; the first one gives the code."""
        explanations = explain(error)
        said, remedy = explained.say_all(explanations)
        return cls(
            code=explanations[0].code,
            sentence=said,
            remedy=remedy,
            raw="\n".join(error.messages) or error.raw_text,
        )

    @classmethod
    def of(cls, request: CopyRequest) -> Problem:
        """This function will return the problem that stands at a copy request."""
        return cls(
            request.problem_code,
            request.problem_sentence,
            request.problem_remedy,
            request.problem_raw,
            stored_causes(request),
        )

    def columns(self) -> dict[str, Any]:
        """This function will return the problem as the columns of a copy request."""
        return {
            "problem_code": self.code[:60],
            "problem_sentence": self.sentence,
            "problem_remedy": self.remedy,
            "problem_raw": self.raw,
            "problem_causes": [cause.to_json() for cause in self.causes],
        }


Obstacle = Callable[[UUID | None], Problem | None]
"""Says what stands in the way of copying to an account of Exact's, or to one that is yet to be made (None)."""


NO_PROBLEM = Problem("", "", "")
TOO_MANY_ATTEMPTS = Problem(
    "too_many_attempts",
    _("Exact was sent this invoice several times, and each time the answer was lost."),
    _("Look at the activity for what happened, then try again."),
)
