"""The broker is down, half-open or full: nobody waits for it, and each message that was not sent is counted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import current_app

from connector import tallies
from connector.local import processes, valkey
from integrations import lanes
from integrations.lanes import doorbell
from tests.torture.proxy import TcpProxy

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

LANE = 27_000_900


class OwnBroker:
    """A Valkey of the test's own, behind a line that can be broken."""

    def __init__(self, server: valkey.Valkey, line: TcpProxy) -> None:
        self.server = server
        self.line = line

    def messages(self) -> int:
        with redis.Redis.from_url(self.server.url) as client:
            return int(client.llen(f"{os.environ['REDIS_PREFIX']}exact"))


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnBroker]:
    (tmp_path / "logs").mkdir()
    server = valkey.Valkey(tmp_path, processes.free_port(), "only-for-tests")
    process = server.start()
    try:
        with TcpProxy(server.port) as line:
            address = f"redis://:{server.password}@{processes.LOOPBACK}:{line.port}/0"
            monkeypatch.setattr(current_app.conf, "broker_url", address)
            monkeypatch.setattr(doorbell, "_broker", doorbell._Broker())
            lanes.nudge(LANE)
            yield OwnBroker(server, line)
    finally:
        valkey.stop(process)


def ring(times: int = 20) -> float:
    """Ring as that many clicks do; returns the seconds that it took."""
    began = time.monotonic()
    for _ in range(times):
        lanes.nudge(LANE)
    return time.monotonic() - began


def test_reliability_e9_twenty_clicks_while_the_broker_is_down(broker):
    broker.line.refuse()

    assert ring() < 0.3

    assert tallies.read_all()[tallies.PUBLISH_FAILURES] == 20
    assert broker.messages() == 1


def test_reliability_e9_twenty_clicks_while_the_line_to_the_broker_is_half_open(
    broker, monkeypatch
):
    """The worst kind: everything looks connected, and no answer ever comes."""
    broker.line.swallow()

    assert ring() < 0.3

    assert tallies.read_all()[tallies.PUBLISH_FAILURES] == 20
    broker.line.mend()
    monkeypatch.setattr(doorbell, "_broker", doorbell._Broker())
    lanes.nudge(LANE)
    assert broker.messages() == 2


def test_reliability_e8_twenty_clicks_while_the_broker_is_full(broker):
    with redis.Redis.from_url(broker.server.url) as client:
        client.config_set("maxmemory", "1")

        assert ring() < 0.3

        client.config_set("maxmemory", "0")
    assert tallies.read_all()[tallies.PUBLISH_FAILURES] == 20
    assert broker.messages() == 1
