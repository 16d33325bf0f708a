"""The dialogs that mark an invoice paid by hand and take that back, and the choice against Exact. No view calls Exact."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from connector.dialogs import leave_dialog, render_dialog
from connector.forms import StyledForm
from connector.tenancy.access import TenantRequest, finance_required
from invoices import paid_by_hand, payment_conflicts
from invoices.forms import CleanedCharField
from invoices.models import HandPayment, Invoice, InvoiceKind
from invoices.paid_by_hand import MarkRefused, NothingToDo
from invoices.payment_words import what_exact_shows, word_for_paid

_MARK = "invoices/mark_paid.html"
_UNDO = "invoices/mark_paid_undo.html"
_LONGEST_NOTE = 200


class MarkForm(StyledForm):
    """The day on which the invoice was paid, and why a person says so."""

    paid_date = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "autofocus": True}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Choose the day."),
            "invalid": gettext_lazy("This is not a day of the calendar. Write it as 2026-11-30."),
        },
    )
    note = CleanedCharField(
        required=False,
        label=gettext_lazy("Note"),
        max_length=_LONGEST_NOTE,
        help_text=gettext_lazy("For example: paid in cash, or settled with another invoice."),
        error_messages={
            "max_length": gettext_lazy("The note is too long: %(limit_value)s characters fit."),
        },
    )

    def __init__(self, *args: Any, invoice: Invoice, today: date, **options: Any) -> None:
        super().__init__(*args, initial={"paid_date": today}, **options)
        self._invoice, self._today = invoice, today
        field = self.fields["paid_date"]
        is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
        field.label = _("Settled on") if is_credit_note else _("Paid on")
        # The browser's own calendar offers no other days; what it lets through is judged below.
        field.widget.attrs["max"] = today.isoformat()
        field.widget.attrs["min"] = paid_by_hand.first_day(invoice, today=today).isoformat()

    def clean_paid_date(self) -> date:
        """This function will refuse a day on which the invoice cannot have been paid."""
        day: date = self.cleaned_data["paid_date"]
        problem = paid_by_hand.find_date_problem(self._invoice, day, today=self._today)
        if problem:
            raise forms.ValidationError(problem)
        return day


@finance_required
@require_http_methods(["GET", "POST"])
def mark(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will ask for the day and a confirmation, and mark the invoice paid after *Proceed*."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    now = timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = MarkForm(posted, invoice=invoice, today=timezone.localdate(now))
    context: dict[str, Any] = {"invoice": invoice, "form": form, "word": word_for_paid(invoice)}
    try:
        paid_by_hand.check_mark(invoice)
        if not form.is_valid():
            context["shown"] = what_exact_shows(invoice)
            return render_dialog(request, _MARK, context, status=_status(request))
        paid_by_hand.mark_paid(invoice=invoice, **form.cleaned_data, user=request.user, now=now)
    except MarkRefused as refusal:
        context["refusal"] = refusal
        return render_dialog(request, _MARK, context, status=_status(request))
    except NothingToDo as done:
        messages.info(request, str(done))
    else:
        messages.success(
            request,
            _("%(invoice)s counts as %(word)s. Exact is not told.")
            % {"invoice": invoice, "word": context["word"]},
        )
    return leave_dialog(request, reverse("invoice", args=[invoice.pk]))


@finance_required
@require_http_methods(["GET", "POST"])
def undo(request: TenantRequest, hand_payment_id: int) -> HttpResponse:
    """This function will ask for a confirmation, and take this mark back."""
    rows = HandPayment.objects.select_related("invoice", "user", "undone_by")
    row = get_object_or_404(rows, pk=hand_payment_id)
    try:
        paid_by_hand.check_undo(row)
        if request.method == "GET":
            invoice = row.invoice
            context = {
                "invoice": invoice,
                "mark": row,
                "word": word_for_paid(invoice),
                "shown": what_exact_shows(invoice),
            }
            return render_dialog(request, _UNDO, context)
        paid_by_hand.undo(mark=row, user=request.user, now=timezone.now())
    except NothingToDo as done:
        messages.info(request, str(done))
    else:
        messages.success(request, _("The mark is taken back. What Exact shows counts again."))
    return leave_dialog(request, reverse("invoice", args=[row.invoice_id]))


@require_POST
@finance_required
def let_stand(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will note that a person looked at what Exact says and what is said here, and lets both stand."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    token = request.POST.get("seen", "")
    try:
        payment_conflicts.let_stand(
            invoice=invoice, token=token, user=request.user, now=timezone.now()
        )
    except NothingToDo as done:
        messages.info(request, str(done))
    except payment_conflicts.LookAgain as changed:
        messages.warning(request, str(changed))
    else:
        messages.success(request, _("Both stand. You are asked again when Exact changes."))
    return redirect("invoice", invoice.pk)


def _status(request: TenantRequest) -> int:
    return 422 if request.method == "POST" else 200
