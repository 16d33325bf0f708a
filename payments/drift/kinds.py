"""What the report calls what it finds, and what can be done about it."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Drift(TextChoices):
    """How Exact and the invoices here differ. An invoice can differ in several ways; `ONLY_IN_EXACT` has none here."""

    AMOUNT = "amount", _("Another amount")
    VAT = "vat", _("Another VAT")
    CUSTOMER = "customer", _("Another customer")
    NUMBER = "number", _("Another number")
    EDITED = "edited", _("Edited in Exact")
    TWICE = "twice", _("Another copy in Exact")
    DELETED = "deleted", _("Deleted in Exact")
    NOT_COPIED = "not_copied", _("Missing in Exact")
    ONLY_IN_EXACT = "only_in_exact", _("Missing here")


class Standing(TextChoices):
    """What is no difference, or none yet."""

    EQUAL = "equal", _("Equal")
    ACCEPTED = "accepted", _("Accepted")
    ON_ITS_WAY = "on_its_way", _("On its way to Exact")
    SET_ASIDE = "set_aside", _("Set aside")
    NOT_READ = "not_read", _("Not compared yet")


# Each is a column of `facts.compare` with this name before it.
FLAG = "is_"
OF_INVOICES = tuple(one for one in Drift if one is not Drift.ONLY_IN_EXACT)
