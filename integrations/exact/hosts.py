"""The countries of Exact Online; each is an installation of its own, with its own log-in, apps and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Country:
    """One installation. Which ones are offered is a setting of this product (D-14)."""

    code: str
    name: str
    base_url: str


COUNTRIES: dict[str, Country] = {
    country.code: country
    for country in (
        Country("NL", "Netherlands", "https://start.exactonline.nl"),
        Country("BE", "Belgium", "https://start.exactonline.be"),
        Country("DE", "Germany", "https://start.exactonline.de"),
        Country("FR", "France", "https://start.exactonline.fr"),
        Country("ES", "Spain", "https://start.exactonline.es"),
        Country("UK", "United Kingdom", "https://start.exactonline.co.uk"),
        Country("US", "United States", "https://start.exactonline.com"),
    )
}


class UnknownCountry(ValueError):
    """The code is not one of Exact's countries."""


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
