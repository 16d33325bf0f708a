"""Sends a mixed load from a process of its own and prints what came back, as JSON.

`python -m benchmarks.load PORT TOKEN ENTRIES SECONDS CONNECTIONS`
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.client import Client
from benchmarks.questions import Known, MixedLoad, learn, mixed


@dataclass(slots=True)
class Result:
    """The statuses and times of one connection."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)


def send(port: int, token: str, load: MixedLoad, until: float, result: Result) -> None:
    """Send one request after the other over one connection until a moment."""
    client = Client(port, token)
    while time.monotonic() < until:
        answer = client.call(*load.next())
        result.statuses[answer.status] += 1
        result.milliseconds.append(answer.milliseconds)
    client.close()


def run(port: int, token: str, known: Known, seconds: float, connections: int) -> list[Result]:
    """Send the load over several connections at once."""
    results = [Result() for _ in range(connections)]
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=send, args=(port, token, mixed(known, seed), until, result))
        for seed, result in enumerate(results)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def main(arguments: list[str]) -> None:
    """Send the load and print the sums."""
    port, token = int(arguments[0]), arguments[1]
    entries, seconds, connections = int(arguments[2]), float(arguments[3]), int(arguments[4])
    client = Client(port, token)
    known = learn(client, entries)
    client.close()
    started = time.monotonic()
    results = run(port, token, known, seconds, connections)
    took = time.monotonic() - started
    statuses: Counter[int] = sum((result.statuses for result in results), Counter())
    times = sorted(value for result in results for value in result.milliseconds)
    sys.stdout.write(
        json.dumps({"seconds": took, "statuses": statuses, "milliseconds": times}) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
