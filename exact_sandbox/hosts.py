"""The hosts of the countries: each country is an Exact Online of its own.

Without country hosts one process stands for all countries. With them the `Host` header of a request
says whose Exact is asked, and users, divisions, applications and tokens of another country do not
exist there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from werkzeug import Request

from exact_sandbox.countries import is_country

# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-dev-basics
REAL_HOSTS = {
    "start.exactonline.nl": "NL",
    "start.exactonline.be": "BE",
    "start.exactonline.de": "DE",
    "start.exactonline.fr": "FR",
    "start.exactonline.es": "ES",
    "start.exactonline.co.uk": "GB",
    "start.exactonline.com": "US",
}
REAL = "real"
_PAIR = re.compile(r"([A-Za-z]{2})=([A-Za-z0-9.-]+(?::\d{1,5})?)")


@dataclass(frozen=True, slots=True)
class CountryHosts:
    """Which country a host, with or without its port, stands for; empty: every host for each."""

    countries: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether countries have hosts of their own."""
        return bool(self.countries)

    def country(self, host: str) -> str | None:
        """Return the country a `Host` header stands for: "" where one stands for all, None for none."""
        if not self.countries:
            return ""
        host = host.lower()
        return self.countries.get(host) or self.countries.get(host.partition(":")[0])

    def root(self, request: Request, public_url: str) -> str:
        """Return the public address that answers to a request are built on.

        With country hosts it is the host that was asked, over the scheme of the public address.
        """
        if not self.countries:
            return public_url or request.host_url.rstrip("/")
        scheme = public_url.partition("://")[0] if public_url else request.scheme
        return f"{scheme}://{request.host}"


def country_hosts(texts: Iterable[str]) -> CountryHosts:
    """Return the hosts of texts such as "NL=nl.localhost:8100", or "real" for Exact's own names.

    Raises ValueError for anything else.
    """
    countries: dict[str, str] = {}
    for text in texts:
        if text == REAL:
            countries |= REAL_HOSTS
            continue
        match = _PAIR.fullmatch(text)
        if match is None or not is_country(match[1].upper()):
            raise ValueError(f"A country host is written as NL=nl.localhost:8100, not {text}.")
        countries[match[2].lower()] = match[1].upper()
    return CountryHosts(countries)
