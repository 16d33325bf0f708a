"""Exact's messages, in the language of its user, as a sentence for a finance user and what to do about it.

The texts stand in `phrases`. What is not recognized is passed on word for word, so nothing Exact said is lost.
"""

from __future__ import annotations

from integrations.exact import errors
from integrations.exact.phrases import INVALID, MISSING, PHRASES, SUBJECTS, Explanation

MAX_QUOTED_CHARACTERS = 500


def explain_message(message: str) -> Explanation:
    """Explain one of Exact's sentences; an unknown one is quoted."""
    text = message.strip()
    for pattern, explanation in PHRASES:
        if pattern.search(text):
            return explanation
    for pattern, is_missing in ((MISSING, True), (INVALID, False)):
        found = pattern.match(text)
        if found:
            return _about(found["subject"].strip(), text, is_missing=is_missing)
    return _unknown(text)


def _about(subject: str, text: str, *, is_missing: bool) -> Explanation:
    suffix = "missing" if is_missing else "invalid"
    for known in SUBJECTS:
        if known.words.search(subject):
            sentence = known.missing if is_missing else known.invalid
            return Explanation(f"{known.code}_{suffix}", sentence, known.what_to_do)
    if not subject:
        return _unknown(text)
    verb = "misses a value it needs" if is_missing else "does not accept a value"
    return Explanation(
        f"value_{suffix}",
        f"Exact {verb}: {_quote(subject)}.",
        "Correct it in the invoice or in Exact, then copy again.",
    )


def _unknown(text: str) -> Explanation:
    if not text:
        return Explanation(
            "unknown", "Exact refused this and gave no reason.", "Check the invoice and try again."
        )
    return Explanation(
        "unknown",
        f"Exact says: {_quote(text)}",
        "Correct it in the invoice or in Exact, then copy again.",
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
        ),
    ),
    (
        errors.NotFound,
        Explanation(
            "not_found",
            "The entry is no longer in Exact.",
            "It was probably deleted there; create a new copy if needed.",
        ),
    ),
    (
        errors.Unauthorized,
        Explanation(
            "unauthorized",
            "Exact no longer accepts this connection.",
            "Reconnect Exact; nothing that waits is lost.",
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


def _throttled(error: errors.Throttled) -> Explanation:
    until = f"{error.reset_at:%H:%M} UTC"
    if error.limit == "day":
        return Explanation(
            "limit_day",
            "The calls that Exact allows this division today are used up.",
            f"Work goes on by itself at {until}; other apps of this division use the same budget.",
        )
    return Explanation(
        "limit_minute",
        "Exact allows no more calls this minute.",
        f"Work goes on by itself at {until}.",
    )


def explain(error: errors.ExactError) -> list[Explanation]:
    """Explain an error: one explanation for each thing Exact said, without repeats; never empty."""
    if isinstance(error, errors.Forbidden):
        cause = "application scope" if error.cause == "scope" else "forbidden"
        return [explain_message(cause)]
    if isinstance(error, errors.Throttled):
        return [_throttled(error)]
    for kind, explanation in _BY_ERROR:
        if isinstance(error, kind):
            return [explanation]
    messages = error.messages or (error.raw_text,)
    return list(dict.fromkeys(explain_message(message) for message in messages))
