"""Starts the sandbox from the command line: `python -m exact_sandbox --port 8100`."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
from pathlib import Path

from exact_sandbox.options import Options, check, from_environment
from exact_sandbox.server import RunningSandbox
from exact_sandbox.workers import Workers


def read_options(arguments: list[str]) -> Options:
    """Return the options of the command line over those of the environment.

    Ends the program with a sentence where no sandbox can be started with them.
    """
    parser = argparse.ArgumentParser(
        prog="python -m exact_sandbox",
        description="A stand-in for Exact Online that speaks HTTP. Every option can also be given "
        "as an environment variable EXACT_SANDBOX_<OPTION>.",
    )
    try:
        _add_arguments(parser, from_environment())
        options = _options(parser.parse_args(arguments))
        check(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def _add_arguments(parser: argparse.ArgumentParser, default: Options) -> None:
    parser.add_argument("--host", default=default.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=default.port, help="port, 0 for a free one")
    parser.add_argument("--data", type=Path, default=default.data, help="file to keep the books in")
    parser.add_argument("--public-url", default=default.public_url, help="address clients use")
    parser.add_argument(
        "--client-id", default=default.client_id, help="client id of the registered application"
    )
    parser.add_argument("--client-secret", default=default.client_secret, help="its secret")
    parser.add_argument("--client-name", default=default.client_name, help="shown at consent")
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=list(default.redirect_uris),
        help="registered redirect URI, may be repeated; without one any https address and localhost are "
        "accepted",
    )
    parser.add_argument(
        "--webhook-secret", default=default.webhook_secret, help="signs webhook deliveries"
    )
    parser.add_argument(
        "--country-host",
        action="append",
        default=list(default.country_hosts),
        metavar="NL=HOST",
        help="host of a country, may be repeated; 'real' stands for Exact's own host names; "
        "without one the sandbox stands for all countries on every host",
    )
    parser.add_argument(
        "--minute-limit",
        type=int,
        default=default.minute_limit,
        help="calls a minute per application and division; default 60",
    )
    parser.add_argument(
        "--day-limit",
        type=int,
        default=default.day_limit,
        help="calls a day per application and division; default 5000",
    )
    parser.add_argument(
        "--certificate", type=Path, default=default.certificate, help="PEM file; serves https"
    )
    parser.add_argument("--key", type=Path, default=default.key, help="PEM file of its key")
    parser.add_argument(
        "--workers",
        type=int,
        default=default.workers,
        help="processes that serve, sharing one store; default 1",
    )


def _options(chosen: argparse.Namespace) -> Options:
    return Options(
        host=chosen.host,
        port=chosen.port,
        data=chosen.data,
        public_url=chosen.public_url.rstrip("/"),
        client_id=chosen.client_id,
        client_secret=chosen.client_secret,
        client_name=chosen.client_name,
        redirect_uris=tuple(chosen.redirect_uri),
        webhook_secret=chosen.webhook_secret,
        country_hosts=tuple(chosen.country_host),
        minute_limit=chosen.minute_limit,
        day_limit=chosen.day_limit,
        certificate=chosen.certificate,
        key=chosen.key,
        workers=chosen.workers,
    )


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    options = read_options(arguments)
    try:
        running = Workers(options) if options.workers > 1 else RunningSandbox(options)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    except sqlite3.Error as error:
        sys.stderr.write(f"Cannot keep the books in {options.data}: {error}\n")
        return 1
    if isinstance(running, RunningSandbox):
        signal.signal(signal.SIGTERM, _stop)
    try:
        sys.stdout.write(f"Exact Online sandbox on {running.base_url} (Ctrl-C stops it)\n")
        sys.stdout.flush()
        running.serve()
    except KeyboardInterrupt:
        pass
    finally:
        running.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
