"""Exact's messages, in the language of its user, as a sentence for a finance user and what to do about it.

The texts stand in the package `phrases`. What is not recognized is passed on word for word, so nothing Exact said is lost.
"""

from __future__ import annotations

from integrations.exact import errors
from integrations.exact.phrases.parts import KINDS, Explanation, Kind, Where
from integrations.exact.phrases.sentences import PHRASES
from integrations.exact.phrases.subjects import SUBJECTS

MAX_QUOTED_CHARACTERS = 500


def explain_message(message: str) -> Explanation:
    """Explain one of Exact's sentences; an unknown one is quoted."""
    text = message.strip()
    for pattern, explanation in PHRASES:
        if pattern.search(text):
            return explanation
    for kind, pattern in KINDS:
        found = pattern.match(text)
        if found:
            return _about(found["subject"].strip(), text, kind)
    return _unknown(text)


def _about(subject: str, text: str, kind: Kind) -> Explanation:
    for known in SUBJECTS:
        if known.words.search(subject):
            return known.explain(kind)
    if not subject:
        return _unknown(text)
    is_missing = kind == "missing"
    return Explanation(
        "value_missing" if is_missing else "value_invalid",
        "Exact misses a value it needs: %(what)s."
        if is_missing
        else "Exact does not accept a value: %(what)s.",
        "Correct it in the invoice or in Exact, then copy again.",
        values=(("what", _quote(subject)),),
    )


def _unknown(text: str) -> Explanation:
    if not text:
        return Explanation(
            "unknown", "Exact refused this and gave no reason.", "Check the invoice and try again."
        )
    return Explanation(
        "unknown",
        "Exact says: %(text)s",
        "Correct it in the invoice or in Exact, then copy again.",
        values=(("text", _quote(text)),),
    )


def _quote(text: str) -> str:
    return text if len(text) <= MAX_QUOTED_CHARACTERS else f"{text[:MAX_QUOTED_CHARACTERS]}…"


_BY_ERROR: tuple[tuple[type[errors.ExactError], Explanation], ...] = (
    (
        errors.DivisionGone,
        Explanation(
            "division_gone",
            "The division no longer exists in Exact, or this Exact user can no longer see it.",
            "Reconnect Exact and choose the division again.",
            "connection_settings",
        ),
    ),
    (
        errors.NotFound,
        Explanation(
            "not_found",
            "The entry or invoice is no longer in Exact.",
            "It was probably deleted there; create a new copy if needed.",
        ),
    ),
    (
        errors.Unauthorized,
        Explanation(
            "unauthorized",
            "Exact no longer accepts this connection.",
            "Reconnect Exact; nothing that waits is lost.",
            "connection_settings",
        ),
    ),
    (
        errors.NotSent,
        Explanation(
            "not_reachable",
            "Exact could not be reached, so nothing was sent.",
            "It is tried again by itself.",
        ),
    ),
    (
        errors.Unavailable,
        Explanation(
            "unavailable", "Exact can not answer at the moment.", "It is tried again by itself."
        ),
    ),
    (
        errors.OutcomeUnknown,
        Explanation(
            "outcome_unknown",
            "Exact did not confirm this, so it is not certain whether it was done.",
            "We look in Exact first and go on by itself; please do not book it by hand meanwhile.",
        ),
    ),
    (
        errors.UnexpectedAnswer,
        Explanation(
            "unexpected_answer",
            "Exact's answer was not what was expected.",
            "Contact support with the text below.",
        ),
    ),
)


_WHERE: dict[str, Where] = {
    explanation.code: explanation.where
    for explanation in (
        *(explanation for _, explanation in (*PHRASES, *_BY_ERROR)),
        *(explanation for subject in SUBJECTS for explanation in subject.explanations()),
    )
}


def where_to_mend(code: str) -> Where:
    """Return the place where a problem with this code is mended, or "" when there is none in particular.

    ``code`` is that of an `Explanation`; the place is the one the explanation itself names.
    """
    return _WHERE.get(code, "")


def _held_back(error: errors.HeldBack) -> Explanation:
    return Explanation(
        "held_back", "%(reason)s.", "It goes on by itself.", values=(("reason", error.reason),)
    )


def _throttled(error: errors.Throttled) -> Explanation:
    values = (("until", f"{error.reset_at:%H:%M} UTC"),)
    if error.limit == "day":
        return Explanation(
            "limit_day",
            "The calls that Exact allows this division today are used up.",
            "Work goes on by itself at %(until)s; other apps of this division use the same budget.",
            values=values,
        )
    return Explanation(
        "limit_minute",
        "Exact allows no more calls this minute.",
        "Work goes on by itself at %(until)s.",
        values=values,
    )


def explain(error: errors.ExactError) -> list[Explanation]:
    """Explain an error: one explanation for each thing Exact said, without repeats; never empty."""
    if isinstance(error, errors.Forbidden):
        cause = "application scope" if error.cause == "scope" else "forbidden"
        return [explain_message(cause)]
    if isinstance(error, errors.Throttled):
        return [_throttled(error)]
    if isinstance(error, errors.HeldBack):
        return [_held_back(error)]
    for kind, explanation in _BY_ERROR:
        if isinstance(error, kind):
            return [explanation]
    messages = error.messages or (error.raw_text,)
    return list(dict.fromkeys(explain_message(message) for message in messages))
