"""Invoices that do not go to Exact through us, by a person's word (B-22)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SetAside(models.TextChoices):
    """Why an invoice does not go to Exact through us; empty when it does. Only `invoices.aside.marking` writes it."""

    ELSEWHERE = "copied_elsewhere", _("Copied elsewhere")
    IGNORED = "ignored", _("Ignored")
