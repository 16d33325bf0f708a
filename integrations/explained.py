"""What Exact's messages mean, said in the language of whoever reads; the library itself speaks English.

`connector.catalogs` finds its sentences in `integrations/exact/explain.py` and `integrations/exact/phrases`.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.sentences import Sentence, sentence, together
from integrations.exact.phrases.parts import Explanation


def say(explanation: Explanation) -> Sentence:
    """This function will say what is wrong."""
    return sentence(explanation.message, **_values(explanation, explanation.message))


def say_what_to_do(explanation: Explanation) -> Sentence:
    """This function will say what helps."""
    return sentence(explanation.advice, **_values(explanation, explanation.advice))


def say_all(explanations: Iterable[Explanation]) -> tuple[Sentence, Sentence]:
    """This function will say what is wrong, and what helps, of several things; the same help is said once."""
    known = list(explanations)
    return (
        together(*(say(one) for one in known)),
        together(*dict.fromkeys(say_what_to_do(one) for one in known)),
    )


def _values(explanation: Explanation, text: str) -> dict[str, str]:
    return {name: value for name, value in explanation.values if f"%({name})s" in text}
