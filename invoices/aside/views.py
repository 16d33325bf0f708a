"""The dialogs that set invoices aside and take that back. No view calls Exact."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from connector.dialogs import leave_dialog, render_dialog
from connector.forms import StyledForm
from connector.tenancy.access import TenantRequest, finance_required
from invoices.aside import marking
from invoices.aside.marking import Marked
from invoices.bulk import runs
from invoices.bulk.reading import selection_totals
from invoices.forms import ReasonField
from invoices.models import BulkCopy, Invoice, SetAside

_DIALOG = "invoices/set_aside.html"


class SetAsideForm(StyledForm):
    """How an invoice is set aside, and why."""

    what = forms.ChoiceField(
        label=gettext_lazy("How"),
        widget=forms.RadioSelect,
        initial=SetAside.ELSEWHERE.value,
        choices=[
            (
                SetAside.ELSEWHERE.value,
                gettext_lazy("Copied elsewhere: in the books already, by another way"),
            ),
            (SetAside.IGNORED.value, gettext_lazy("Ignored: does not belong in the books")),
        ],
        error_messages={
            "required": gettext_lazy("Choose one of the two."),
            "invalid_choice": gettext_lazy("Choose one of the two."),
        },
    )
    reason = ReasonField(
        help_text=gettext_lazy(
            "A colleague reads it later. For example: booked by hand in Exact as 2026-0012."
        )
    )


_BACK = "back"


class ManyForm(SetAsideForm):
    """The same for many, which can also be taken back."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        what = self.fields["what"]
        back = (_BACK, _("No longer set aside: can be copied to Exact again"))
        what.choices = [*what.choices, back]  # type: ignore[attr-defined]  # Field is the base
        self.fields["reason"].required = self.data.get("what") != _BACK


@finance_required
@require_http_methods(["GET", "POST"])
def set_aside(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will ask how and why, and set the invoice aside."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    form = SetAsideForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"invoice": invoice, "form": form}
    refusal = marking.find_refusal(invoice)
    if not refusal and form.is_valid():
        marked = marking.set_aside(
            invoice_ids=[invoice.pk],
            what=SetAside(form.cleaned_data["what"]),
            reason=form.cleaned_data["reason"],
            user=request.user,
            now=timezone.now(),
        )
        refusal = marked.refused.get(invoice.pk, "")
        if not refusal:
            messages.success(request, _("The invoice is set aside. Nothing is sent to Exact."))
            return leave_dialog(request, reverse("invoice", args=[invoice.pk]))
    status = 422 if request.method == "POST" else 200
    return render_dialog(request, _DIALOG, context | {"refusal": refusal}, status=status)


@finance_required
@require_http_methods(["GET", "POST"])
def set_aside_many(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """This function will ask how and why, and set all invoices of a selection aside that can be, or take that back."""
    bulk = get_object_or_404(BulkCopy.objects.all(), pk=bulk_id)
    if bulk.started_at is not None:
        # Chosen for a copy, which goes on.
        return redirect("bulk_copy", bulk.pk)
    form = ManyForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {
            "bulk": bulk,
            "form": form,
            "count": bulk.items.count(),
            "totals": selection_totals(bulk.items.values("invoice_id")),
            "most": runs.MOST,
        }
        status = 422 if request.method == "POST" else 200
        return render(request, "invoices/set_aside_many.html", context, status=status)
    _tell(request, _carry_out(request, bulk, form.cleaned_data))
    # The selection has served; what became of its invoices stands with each of them.
    bulk.delete()
    return redirect("invoice_list")


def _carry_out(request: TenantRequest, bulk: BulkCopy, chosen: dict[str, Any]) -> Marked:
    ids, now = list(bulk.items.values_list("invoice_id", flat=True)), timezone.now()
    if chosen["what"] == _BACK:
        return marking.take_back(invoice_ids=ids, user=request.user, now=now)
    return marking.set_aside(
        invoice_ids=ids,
        what=SetAside(chosen["what"]),
        reason=chosen["reason"],
        user=request.user,
        now=now,
    )


def _tell(request: TenantRequest, marked: Marked) -> None:
    if marked.count:
        done = ngettext(
            "%(n)s invoice is changed. Nothing is sent to Exact.",
            "%(n)s invoices are changed. Nothing is sent to Exact.",
            marked.count,
        )
        messages.success(request, done % {"n": marked.count})
    for reason, count in Counter(marked.refused.values()).most_common():
        left = ngettext(
            "%(n)s invoice stays as it is: %(reason)s",
            "%(n)s invoices stay as they are: %(reason)s",
            count,
        )
        messages.warning(request, left % {"n": count, "reason": reason})


@finance_required
@require_POST
def take_back(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will end that the invoice is set aside."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    marked = marking.take_back(invoice_ids=[invoice.pk], user=request.user, now=timezone.now())
    if marked.count:
        messages.success(
            request, _("The invoice is no longer set aside. It can be copied to Exact.")
        )
    else:
        messages.info(request, marked.refused[invoice.pk])
    return redirect("invoice", invoice.pk)
