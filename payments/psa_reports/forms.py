"""Forms of the page on which an admin has the PSA called."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy

from connector.forms import StyledForm
from connector.public_addresses import is_public

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class AddressForm(StyledForm):
    """The address of the PSA that is called."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy(
            "Begins with https:// and can be reached from the internet. Your PSA's documentation or supplier names it."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off", "autofocus": True, "inputmode": "url"}),
    )

    def clean_url(self) -> str:
        """This function will refuse addresses that are never called, each with what to change."""
        url: str = self.cleaned_data["url"]
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if not host or not url.isprintable() or " " in url:
            raise forms.ValidationError(
                _("This is not an address. Write it like https://psa.example.com/payments.")
            )
        problem = _find_problem(parts, host)
        if problem:
            raise forms.ValidationError(problem)
        return url


def _find_problem(parts: SplitResult, host: str) -> str:
    if parts.username is not None or parts.password is not None:
        return _("Leave name and password out of the address: each call is signed with a secret.")
    if parts.fragment:
        return _("Leave out what stands behind the #: it is never sent.")
    if settings.PSA_CALLBACKS_TO_LOCALHOST and host in _LOCAL_NAMES:
        return "" if parts.scheme in {"http", "https"} else _("Begin the address with http://.")
    if parts.scheme != "https":
        return _(
            "Begin the address with https://, so that nobody on the way can read or change what is told."
        )
    if _is_private(host):
        return _("This is an address of a private network, which is not called. Use a public one.")
    return ""


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(str(ip_address(host.partition("%")[0])))
    except ValueError:
        return False  # A name: what it leads to is looked at before each call.


class NewSecretForm(StyledForm):
    """Whether the secret before may go on signing."""

    is_leaked = forms.BooleanField(
        label=gettext_lazy("Stop using the present secret at once"),
        required=False,
        help_text=gettext_lazy(
            "For a secret that got into wrong hands. Calls fail until your PSA has the new one."
        ),
    )


class TellAgainForm(StyledForm):
    """From which day on changes are told once more."""

    since = forms.DateField(
        label=gettext_lazy("Changed since"),
        widget=forms.DateInput(attrs={"type": "date", "autofocus": True}, format="%Y-%m-%d"),
    )
