"""Giving people a place in the organization, changing their role, and taking the place away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy import organizations
from connector.tenancy.models import Membership, Organization, Role, User

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tie:
    """Something that hangs on a person and can be handed over before they leave: what it is, and the page for that."""

    name: str
    address: str


tie_sources: list[Callable[[User], Sequence[Tie]]] = []
"""What the layers above know to hang on a person; each is called inside the tenant transaction."""


def list_ties(user: User) -> list[Tie]:
    """This function will return what hangs on a person, for the page that takes their place away."""
    return [tie for source in tie_sources for tie in source(user)]


class AlreadyMember(Exception):
    """The address already has a place in the organization."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(
            _("%(email)s is already a member, as %(role)s.")
            % {"email": membership.user.email, "role": membership.get_role_display()}
        )


class LastAdmin(Exception):
    """The change would leave nobody who can change settings."""

    def __init__(self) -> None:
        super().__init__(
            _("An organization needs at least one admin. Make someone else Admin first.")
        )


def add_by_email(
    *,
    organization: Organization,
    email: str,
    name: str,
    role: Role,
    added_by: User,
    now: datetime,
) -> Membership:
    """This function will give the address a place and mail it a way in; raises AlreadyMember.

    It does the same whether or not the address is known, so that nobody learns who else is a customer.
    """
    _lock(organization)
    address = email.strip().lower()
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        user = User.objects.create_user(address, None, name=name.strip())
    present = Membership.objects.filter(user=user).select_related("user").first()
    if present is not None:
        raise AlreadyMember(present)
    membership = organizations.add_member(
        organization_id=organization.pk, user=user, role=Role(role)
    )
    organizations.note(
        action="member_added",
        sentence=sentence(
            "Added %(email)s as %(role)s.", email=user.email, role=Role(membership.role).label
        ),
        user=added_by,
        now=now,
    )
    transaction.on_commit(
        partial(_send_welcome, user=user, organization=organization, added_by=added_by),
        robust=True,
    )
    return membership


def change_role(*, membership: Membership, role: Role, changed_by: User, now: datetime) -> None:
    """This function will store the new role; raises LastAdmin when nobody else is admin."""
    _lock(membership.organization)
    before = Role(membership.role).label
    if membership.role == role:
        return
    if role != Role.ADMIN:
        _keep_an_admin(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    organizations.note(
        action="member_role_changed",
        sentence=sentence(
            "Changed %(email)s from %(before)s to %(after)s.",
            email=membership.user.email,
            before=before,
            after=Role(membership.role).label,
        ),
        user=changed_by,
        now=now,
    )


def remove(*, membership: Membership, removed_by: User, now: datetime) -> None:
    """This function will take the place away from the next request on; raises LastAdmin."""
    _lock(membership.organization)
    _keep_an_admin(membership)
    email = membership.user.email
    membership.delete()
    organizations.note(
        action="member_removed",
        sentence=sentence("Removed %(email)s.", email=email),
        user=removed_by,
        now=now,
    )


def _lock(organization: Organization) -> None:
    # Two admins who remove each other at once must take turns, or nobody is left.
    Organization.objects.select_for_update().get(pk=organization.pk)


def _keep_an_admin(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.ADMIN, user__is_active=True).exclude(
        pk=membership.pk
    )
    if membership.role == Role.ADMIN and not others.exists():
        raise LastAdmin


def _send_welcome(*, user: User, organization: Organization, added_by: User) -> None:
    needs_password = not user.has_usable_password()
    path = reverse("sign_in")
    if needs_password:
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        path = reverse("password_reset_confirm", kwargs={"uidb64": uid, "token": token})
    # Who is new here probably reads what their colleague reads.
    with translation.override(user.reads or translation.get_language()):
        text = render_to_string(
            "emails/member_added.txt",
            {
                "address": f"{settings.PUBLIC_URL}{path}",
                "forgotten_address": f"{settings.PUBLIC_URL}{reverse('password_reset')}",
                "needs_password": needs_password,
                "organization": organization,
                "added_by": added_by,
            },
        )
        # A name may hold no line break in a header; Django raises on one, so none gets that far.
        name = " ".join(organization.name.split())
        subject = _("You were added to %(name)s in the connector") % {"name": name}
    send_mail(subject, text, None, [user.email])
    logger.info("Mailed a new member", extra={"user_id": user.pk})
