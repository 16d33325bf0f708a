"""Calls to addresses that customers typed never reach our own network (RELIABILITY J12)."""

from __future__ import annotations

import socket

import pytest

from connector import http, public_addresses

NAME = "psa.example"
"""What is looked up here; another thread of the test run may look up its own meanwhile."""

look_up = socket.getaddrinfo


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104  # an address to refuse
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("::10.0.0.1", False),
        ("2001:0:a00:1::f5ff:fffe", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::", False),
    ],
)
def test_reliability_j12_only_addresses_of_the_internet_are_public(address, public):
    assert public_addresses.is_public(address) is public


def leads_to(monkeypatch, *addresses: str, port: int = 443) -> list[str]:
    """Lead the name to these addresses; the list gets it once for each time that it is asked."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]
    asked: list[str] = []

    def resolve(host, *args, **options):
        if host != NAME:
            return look_up(host, *args, **options)
        asked.append(host)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("addresses", [("10.0.0.7",), ("93.184.215.14", "127.0.0.1")])
def test_reliability_j12_a_name_that_leads_inside_is_not_connected_to(monkeypatch, addresses):
    leads_to(monkeypatch, *addresses)
    with http.session() as opened, pytest.raises(http.NotSent) as refused:
        http.send(opened, "POST", f"https://{NAME}/", addresses=public_addresses.list_public)

    assert refused.value.reason == "not_public"


def test_reliability_j12_the_connection_goes_to_what_was_looked_at_and_not_to_a_second_answer(
    monkeypatch,
):
    """A name server that answers otherwise the second time is not asked a second time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked = leads_to(monkeypatch, "127.0.0.1", port=port)
        with http.session() as opened, pytest.raises(http.TransportError):
            http.send(
                opened,
                "POST",
                f"http://{NAME}:{port}/",
                deadline=0.3,
                addresses=public_addresses.list_public_or_own,
            )

    assert asked == [NAME]
