"""Mails about what happened to the organization: which kinds there are, who wants them, and the one way to send them.

Higher layers register their kinds when the program starts. Admins get all of them unless they chose otherwise; some also go
to the person whom it concerns. A mail leaves after the commit, once, and a mail server that is away stops nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from smtplib import SMTPException
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from connector.tenancy.models import Membership, Role, User

logger = logging.getLogger(__name__)

_LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class MailKind:
    """One kind of mail. ``is_critical``: one admin has to get it; ``to_concerned``: also the person whom it concerns.

    ``to_admins``: it is about the organization; without it only the person whom it concerns gets it, who may copy.
    ``by_default``: whether who never chose gets it.
    """

    name: str
    label: Any
    note: Any
    is_critical: bool = False
    to_concerned: bool = False
    to_admins: bool = True
    by_default: bool = True

    def may_go_to(self, membership: Membership) -> bool:
        """Whether it may be sent to this member at all."""
        if not self.to_admins:
            return membership.may_copy
        return membership.may_change_settings or self.to_concerned


class Letter(NamedTuple):
    """What a mail says, in the language that is active."""

    subject: str
    context: Mapping[str, Any]


_kinds: dict[str, MailKind] = {}


def register_kind(kind: MailKind) -> None:
    """This function will add a kind of mail that people can choose; registering a name again replaces it."""
    _kinds[kind.name] = kind


def kinds_for(membership: Membership) -> list[MailKind]:
    """This function will return the kinds that may be sent to this member."""
    return [one for one in _kinds.values() if one.may_go_to(membership)]


def wants(membership: Membership, kind: MailKind) -> bool:
    """This function will tell whether the member wants this kind of mail."""
    return bool(membership.mail_choices.get(kind.name, kind.by_default))


def is_last_to_want(membership: Membership, kind: MailKind) -> bool:
    """This function will tell whether no other admin gets a mail that one of them has to get."""
    if not kind.is_critical or not membership.may_change_settings:
        return False
    others = Membership.objects.filter(role=Role.ADMIN, user__is_active=True)
    return not any(wants(other, kind) for other in others.exclude(pk=membership.pk))


def list_recipients(name: str, *, concerned: User | None = None) -> list[User]:
    """This function will return the people who want a kind of mail, in the open tenant transaction.

    When no admin is left who wants a critical one, as the last of them was removed, all admins get it.
    """
    kind = _kinds[name]
    to = Q(user=concerned) | Q(role=Role.ADMIN) if kind.to_admins else Q(user=concerned)
    places = list(
        Membership.objects.filter(to, user__is_active=True).select_related("user").order_by("id")
    )
    chosen = [place for place in places if wants(place, kind)]
    if kind.is_critical and not any(place.may_change_settings for place in chosen):
        chosen += [place for place in places if place not in chosen and place.may_change_settings]
    return [place.user for place in chosen]


def send_after_commit(
    name: str, *, template: str, write: Callable[[], Letter], concerned: User | None = None
) -> None:
    """This function will mail those who want it, each in their language, once the open tenant transaction is committed.

    ``write`` is called here, once for each language while it is active: what it says and reads is in that language.
    """
    by_language: dict[str, list[str]] = {}
    for user in list_recipients(name, concerned=concerned):
        by_language.setdefault(user.reads or settings.LANGUAGE_CODE, []).append(user.email)
    for language, addresses in by_language.items():
        with translation.override(language):
            message = _compose(template, write())
        message.bcc = addresses
        transaction.on_commit(partial(_send, message, name))


def _compose(template: str, letter: Letter) -> EmailMessage:
    choice = _("Choose which mails you get: %(address)s") % {
        "address": f"{settings.PUBLIC_URL}{reverse('profile')}"
    }
    body = f"{render_to_string(template, dict(letter.context)).rstrip()}\n\n{choice}\n"
    # A name holds what people typed; a header must be one line.
    return EmailMessage(" ".join(letter.subject.split())[:_LONGEST_SUBJECT], body, to=[])


def _send(message: EmailMessage, name: str) -> None:
    try:
        message.send()
    except (OSError, SMTPException):
        # Pages say the same; a mail server that is away must not stop a worker.
        logger.exception("A mail was not sent", extra={"kind": name})
