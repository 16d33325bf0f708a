"""The countries of Exact Online; each is an installation of its own, with its own log-in, apps and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Country:
    """One installation. ``offered`` is False for those that a setting must switch on (D-14)."""

    code: str
    name: str
    base_url: str
    offered: bool


COUNTRIES: dict[str, Country] = {
    country.code: country
    for country in (
        Country("NL", "Netherlands", "https://start.exactonline.nl", offered=True),
        Country("BE", "Belgium", "https://start.exactonline.be", offered=True),
        Country("DE", "Germany", "https://start.exactonline.de", offered=True),
        Country("FR", "France", "https://start.exactonline.fr", offered=False),
        Country("ES", "Spain", "https://start.exactonline.es", offered=False),
        Country("UK", "United Kingdom", "https://start.exactonline.co.uk", offered=False),
        Country("US", "United States", "https://start.exactonline.com", offered=False),
    )
}


class UnknownCountry(ValueError):
    """The code is not one of Exact's countries."""


def offered_countries(also: frozenset[str] = frozenset()) -> list[Country]:
    """Return the countries a user may choose, in the table's order; ``also`` names further codes switched on."""
    return [country for country in COUNTRIES.values() if country.offered or country.code in also]


def base_url(country: str, override: str | None = None) -> str:
    """Return the address of a country without a closing slash; ``override`` (a sandbox) wins.

    This function will raise `UnknownCountry`, also when ``override`` is given, and `ValueError` for an override
    that is not an address.
    """
    if country not in COUNTRIES:
        raise UnknownCountry(f"Exact Online has no country {country!r}.")
    if not override:
        return COUNTRIES[country].base_url
    parts = urlsplit(override)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"Not a base address: {override!r}")
    return override.rstrip("/")


def is_exact_host(url: str) -> bool:
    """Tell whether an address is one of Exact's own, over HTTPS."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in {
        country.base_url for country in COUNTRIES.values()
    }
