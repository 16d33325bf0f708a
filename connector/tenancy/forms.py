"""Forms for signing in, for members and for API keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from connector.forms import StyledForm
from connector.tenancy import mails
from connector.tenancy.models import Membership, Role, User

ROLE_NOTES = {
    Role.ADMIN: _("Connects Exact, manages members and API keys, and does all that Finance does."),
    Role.FINANCE: _("Copies, updates and imports invoices."),
    Role.VIEWER: _("Sees invoices and payments; changes nothing."),
}


class SignInForm(AuthenticationForm, StyledForm):
    """E-mail address and password; unknown, wrong and switched-off all get the same answer."""

    error_messages = {
        "invalid_login": _(
            "This e-mail address and password do not belong together. Try again or reset the password."
        ),
        "inactive": _(
            "This e-mail address and password do not belong together. Try again or reset the password."
        ),
    }

    username = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )

    def clean_username(self) -> str:
        """This function will give the address in one spelling, so that attempts are counted together."""
        return str(self.cleaned_data["username"]).strip().lower()


class PasswordForgottenForm(PasswordResetForm, StyledForm):
    """Asks for the address; an invited person who has no password yet gets a link as well."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def get_users(self, email: str) -> Any:
        """This function will find the active users with this address."""
        return User.objects.filter(email__iexact=email, is_active=True)


class NewPasswordForm(SetPasswordForm, StyledForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Two times the new password, with the rules beside it."""


class MemberForm(StyledForm):
    """Someone to give a place in the organization."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, widget=forms.RadioSelect, initial=Role.FINANCE
    )


class RoleForm(StyledForm):
    """The role of one member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)


class ApiKeyForm(StyledForm):
    """What to call a new key."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_(
            "Where the key will be used, for example “PSA export”. You will recognize it by this name."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class ProfileForm(StyledForm):
    """A member's name, and a check box for each kind of mail that may be sent to them."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("How colleagues see you. It is the same in all your organizations."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
        help_text=_("Of pages and mails, and how dates and amounts are written."),
    )

    def __init__(self, *args: Any, membership: Membership, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._membership, self._user = membership, user
        self._kinds = mails.kinds_for(membership)
        self.fields["name"].initial = user.name
        self.fields["language"].initial = user.language
        for kind in self._kinds:
            self.fields[f"mail_{kind.name}"] = forms.BooleanField(
                label=kind.label,
                help_text=kind.note,
                required=False,
                initial=mails.wants(membership, kind),
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    @property
    def mail_fields(self) -> list[forms.BoundField]:
        """This function will return the check boxes of mails."""
        return [self[f"mail_{kind.name}"] for kind in self._kinds]

    def clean(self) -> dict[str, Any]:
        """This function will keep one admin for each mail that must not get lost."""
        cleaned = super().clean() or self.cleaned_data
        for kind in self._kinds:
            if not cleaned.get(f"mail_{kind.name}") and mails.is_last_to_want(
                self._membership, kind
            ):
                self.add_error(
                    f"mail_{kind.name}",
                    _(
                        "At least one admin has to get this mail, and nobody else does. "
                        "Let another admin choose it first."
                    ),
                )
        return cleaned

    def store(self) -> None:
        """This function will keep what was chosen; kinds that were not asked about stay as they were."""
        self._user.name = self.cleaned_data["name"].strip()
        self._user.language = self.cleaned_data["language"]
        self._user.save(update_fields=["name", "language"])
        chosen = {kind.name: self.cleaned_data[f"mail_{kind.name}"] for kind in self._kinds}
        self._membership.mail_choices = {**self._membership.mail_choices, **chosen}
        self._membership.save(update_fields=["mail_choices"])
