"""The countries that are known, and the address a connection uses (D-14)."""

from __future__ import annotations

import pytest

from integrations.exact import hosts


def test_d14_seven_countries_are_known():
    assert set(hosts.COUNTRIES) == {"NL", "BE", "DE", "FR", "ES", "UK", "US"}


def test_each_country_has_its_own_address_unless_a_sandbox_takes_over():
    assert hosts.base_url("BE") == "https://start.exactonline.be"
    assert hosts.base_url("UK") == "https://start.exactonline.co.uk"
    assert hosts.base_url("NL", "http://127.0.0.1:8100/") == "http://127.0.0.1:8100"


def test_an_unknown_country_or_address_is_refused():
    with pytest.raises(hosts.UnknownCountry):
        hosts.base_url("XX")
    with pytest.raises(hosts.UnknownCountry):
        hosts.base_url("XX", "http://127.0.0.1:8100")
    for wrong in ("start.exactonline.nl", "ftp://x", "https://x?y", "https://"):
        with pytest.raises(ValueError, match="Not a base address"):
            hosts.base_url("NL", wrong)


def test_only_exacts_own_addresses_over_https_count_as_exact():
    assert hosts.is_exact_host("https://start.exactonline.nl/api/v1/")
    assert not hosts.is_exact_host("http://start.exactonline.nl/")
    assert not hosts.is_exact_host("https://start.exactonline.nl.evil.example/")
    assert not hosts.is_exact_host("http://127.0.0.1:8100")
