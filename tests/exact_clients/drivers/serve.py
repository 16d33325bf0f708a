"""Let another process call a client: one JSON order a line on standard input, one JSON answer a line back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


def serve(orders: object, describe: Callable[[Exception], dict[str, Any]]) -> None:
    """This function will carry out orders until standard input ends.

    An order is ``{"do": name of a public method, "with": its arguments}``. The answer holds what the
    method returned as ``returned``, or what ``describe`` makes of the exception as ``raised``.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # what a client prints is no answer
    for line in sys.stdin:
        order = json.loads(line)
        method = getattr(orders, order["do"])
        try:
            answer = {"returned": method(**order["with"])}
        except Exception as problem:  # noqa: BLE001 - whatever the client raises is what the test asks for
            kind = type(problem).__name__
            answer = {"raised": {"kind": kind, "text": str(problem), **describe(problem)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
