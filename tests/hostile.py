"""Answers of Exact as somebody who means ill, or a broken server, would change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from connector import http
from connector.secrets import Secret
from integrations.exact.client import ExactClient

# As they stand in JSON.
VALUES = (
    *("null", "true", "false", "0", "-1", "7.5", "1e400", "-1e400", "1e-400", "-0.0", "9" * 4000),
    *(str(2**31), str(-(2**31) - 1), str(2**63), str(-(2**63) - 1), str(10**30)),
    *(
        '""',
        '" "',
        '"7"',
        '"x"',
        '"NaN"',
        '"Infinity"',
        '"1_0"',
        '"\\u0663"',
        '"9' + "9" * 40 + '"',
    ),
    *('"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\r\\nX: y"', f'"{"long " * 20_000}"'),
    *('"/Date(253402300799999)/"', '"/Date(-62135596800000)/"', '"/Date(99999999999999999)/"'),
    *('"0001-01-01T00:00:00+23:00"', '"9999-12-31T23:59:59-10:00"', '"9999-12-31"', '"/Date()/"'),
    *(
        "[]",
        "{}",
        "[[[[]]]]",
        '{"results": []}',
        '{"__deferred": {"uri": "https://evil.example/"}}',
    ),
    *('"00000000-0000-0000-0000-000000000000"', '"{9e1c1c2e-0000-4000-8000-000000000009}"'),
)
_MARK = "@the changed value@"


def page_of_changes(body: bytes) -> bytes:
    """The page with its own rows and, for each property and each value, a row in which it has that value."""
    document = json.loads(body)
    rows = document["d"]["results"]
    document["d"].pop("__next", None)
    texts = [json.dumps(row) for row in rows]
    for name in sorted({*rows[0], "Division", "Timestamp", "Surprise"}):
        for value in VALUES:
            row = {
                **rows[0],
                **{key: str(uuid4()) for key in ("ID", "EntityKey") if key in rows[0]},
            }
            texts.append(json.dumps({**row, name: _MARK}).replace(f'"{_MARK}"', value))
    return f'{{"d": {{"results": [{", ".join(texts)}]}}}}'.encode()


@contextmanager
def answering(answer: Callable[[str], bytes]) -> Iterator[list[str]]:
    """Exact answers each address with 200 and these bytes; the addresses are remembered."""
    asked: list[str] = []

    def send(_opened: object, _method: str, url: str, **_options: Any) -> http.Answer:
        asked.append(url)
        headers = {"Content-Type": "application/json"}
        return http.Answer(status=200, headers=headers, body=answer(url), url=url)

    with patch.object(http, "send", send):
        yield asked


def recorded(action: Callable[[], object]) -> list[bytes]:
    """The bodies of the answers that an action got."""
    bodies: list[bytes] = []
    really = http.send

    def send(*arguments: Any, **options: Any) -> http.Answer:
        answer = really(*arguments, **options)
        bodies.append(answer.body)
        return answer

    with patch.object(http, "send", send):
        action()
    return bodies


def client_for(division: int, base_url: str = "https://start.exactonline.nl") -> ExactClient:
    """A client that never gets as far as the network."""
    return ExactClient(base_url, division, Secret("token"), http.session())
