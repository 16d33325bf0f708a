"""What speaks for a proposal and against it, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from payments.link_proposals import Match


def say_reason(match: Match) -> str:
    """This function will say what is the same, and what to look at; at least two of the three are (`propose`)."""
    doubt = {"doubt": say_doubt(match)}
    same = (match.same_number, match.same_amount, match.same_customer is True)
    if same == (True, True, False):
        return _("The same number and amount, but %(doubt)s") % doubt
    if same == (True, False, True):
        return _("The same number and customer, but %(doubt)s") % doubt
    if same == (False, True, True):
        return _("The same amount and customer, but %(doubt)s") % doubt
    return _("The same number and amount and customer, but %(doubt)s") % doubt


def say_doubt(match: Match) -> str:
    """This function will say what to look at before it is linked; empty for a sure one."""
    doubts = (
        (not match.same_number, _("the number is another")),
        (not match.same_amount, _("the amount is another")),
        (match.same_customer is None, _("which customer it is in Exact is not sure")),
        (match.same_customer is False, _("the customer is another")),
        (match.has_rival, _("something else fits as well")),
    )
    return ", ".join(words for applies, words in doubts if applies)
