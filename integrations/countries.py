"""What people call the countries of Exact Online; the library of Exact speaks English."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from connector.sentences import Words
from integrations.exact import hosts

_NAMES: Mapping[str, Words] = {
    "NL": _("Netherlands"),
    "BE": _("Belgium"),
    "DE": _("Germany"),
    "FR": _("France"),
    "ES": _("Spain"),
    "UK": _("United Kingdom"),
    "US": _("United States"),
}


def name_of(code: str) -> str:
    """This function will return the name of a country that has an Exact Online, in the active language."""
    return str(_NAMES.get(code, hosts.COUNTRIES[code].name))
