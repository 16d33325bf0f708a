"""One scenario in a process of its own: `python -m tests.torture.child NAME short|long FILE`, or `--list`.

Django's settings are read once a process; here they name the scenario's own servers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path

import django

from tests.torture import results
from tests.torture.ground import Ground
from tests.torture.outcome import Outcome, Scenario, Size


def main(arguments: list[str]) -> int:
    """This function will run one scenario and write its result; returns 0 when it ended, whatever its figures."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if arguments == ["--list"]:
        return _list()
    name, size, path = arguments[0], Size(arguments[1]), Path(arguments[2])
    ground = Ground.make(name)
    try:
        os.environ |= ground.environment() | {"LOG_LEVEL": "ERROR"}
        django.setup()
        scenario = _find(name)
        began = time.monotonic()
        outcome = _run(scenario, ground, size)
        result = results.Result(
            scenario.name,
            scenario.bar,
            size.value,
            outcome.passed,
            outcome.sentence,
            dict(outcome.figures),
            round(time.monotonic() - began, 1),
            results.commit(),
            results.now(),
        )
        path.write_text(json.dumps(asdict(result)))
    finally:
        ground.leave()
    return 0


def _list() -> int:
    from tests import check_settings  # noqa: F401, PLC0415 - it sets the placeholder environment

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.check_settings"
    django.setup()
    from tests.torture.finding import find_scenarios  # noqa: PLC0415 - it needs Django

    sys.stdout.write(json.dumps(list(find_scenarios())))
    return 0


def _find(name: str) -> Scenario:
    from tests.torture.finding import find_scenarios  # noqa: PLC0415 - it needs Django

    return find_scenarios()[name]


def _run(scenario: Scenario, ground: Ground, size: Size) -> Outcome:
    from tests.torture.stage import Stage  # noqa: PLC0415 - it needs Django

    try:
        return scenario.run(lambda: Stage(ground), size)
    except Exception as error:  # noqa: BLE001 - a scenario that breaks is a result too
        traceback.print_exc()
        return Outcome({}, passed=False, sentence=f"It broke: {type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
