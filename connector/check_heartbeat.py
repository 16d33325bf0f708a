"""For a container's health check: `python -m connector.check_heartbeat worker` (this host's) or `sweep`.

It asks the database alone and loads no Django, because a health check runs for as long as its container does.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

import psycopg

NAMES = {"worker": "worker:celery@{host}", "sweep": "sweep"}
_AGE = "SELECT EXTRACT(EPOCH FROM clock_timestamp() - at) FROM connector_heartbeat WHERE name = %s"


def main(arguments: list[str]) -> int:
    """This function will return 0 when the sign of life is fresh, else say what is wrong and return 1."""
    parser = argparse.ArgumentParser(prog="check_heartbeat", description=__doc__)
    parser.add_argument("part", choices=sorted(NAMES))
    parser.add_argument("--within", type=float, default=90, help="seconds that count as fresh")
    parser.add_argument("--host", default=socket.gethostname(), help="the worker's host name")
    chosen = parser.parse_args(arguments)
    name = NAMES[chosen.part].format(host=chosen.host)
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as database:
            row = database.execute(_AGE, [name]).fetchone()
    except psycopg.Error as error:
        # The class alone: the text of the error may hold the address of the database.
        return _say(f"The database does not answer ({type(error).__name__}).")
    if row is None:
        return _say(f"{name} has never been seen.")
    if row[0] > chosen.within:
        return _say(f"{name} was last seen {row[0]:.0f} seconds ago.")
    return 0


def _say(problem: str) -> int:
    sys.stderr.write(f"{problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
