"""The dialogs in which a difference is accepted with a reason, and taking that back. No view calls Exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from connector.dialogs import leave_dialog, render_dialog
from connector.forms import StyledForm
from connector.sentences import sentence
from connector.tenancy.access import TenantRequest, finance_required
from integrations.models import ExactConnection
from invoices.forms import CleanedCharField
from invoices.models import AcceptedDifference, Invoice
from payments import queries
from payments.drift import accepting
from payments.drift.entries import only_in_exact
from payments.drift.facts import compare
from payments.drift.kinds import Drift
from payments.drift.periods import month_of
from payments.drift.report import kinds_of
from payments.drift.views import back_to_report
from payments.models import ReceivableTerm


class ReasonForm(StyledForm):
    """Why a difference is right."""

    facts = forms.CharField(widget=forms.HiddenInput, max_length=32)
    reason = CleanedCharField(
        label=gettext_lazy("Why this is right"),
        max_length=300,
        help_text=gettext_lazy("For example: booked on another customer on request."),
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={
            "required": gettext_lazy(
                "Say in a few words why: the next one who looks wants to know."
            ),
            "max_length": gettext_lazy("The reason is too long: 300 characters fit."),
        },
    )


@require_http_methods(["GET", "POST"])
@finance_required
def accept_invoice(request: TenantRequest, connection_id: int, invoice_id: int) -> HttpResponse:
    """This function will ask why an invoice's difference is right, and accept it."""
    connection = _find(connection_id)
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    day = invoice.invoice_date
    row = compare(connection, day, day).filter(pk=invoice.pk).first()
    kinds = kinds_of(row) if row is not None else ()
    facts = row.facts if row is not None and kinds else ""

    def accept(shown: str, reason: str) -> None:
        accepting.accept_invoice(
            invoice=invoice,
            shown=shown,
            facts=facts,
            reason=reason,
            user=request.user,
            now=timezone.now(),
        )

    return _ask(
        request,
        title=str(invoice),
        kinds=kinds,
        facts=facts,
        gone=_("Exact and this invoice do not differ any more."),
        accept=accept,
        back=_report_of(connection, day),
    )


@require_http_methods(["GET", "POST"])
@finance_required
def accept_entry(request: TenantRequest, connection_id: int, entry_id: UUID) -> HttpResponse:
    """This function will ask why Exact is right to have an entry that is not here, and accept it."""
    connection = _find(connection_id)
    terms = ReceivableTerm.objects.filter(connection=connection, entry_exact_id=entry_id)
    term = terms.filter(invoice_date__isnull=False).first()
    if term is None or term.invoice_date is None:
        raise Http404
    day = term.invoice_date
    row = only_in_exact(connection, day, day).filter(entry_exact_id=entry_id).first()
    facts = row.facts if row is not None else ""
    name = sentence("entry %(number)s", number=term.entry_number or term.invoice_number or "")

    def accept(shown: str, reason: str) -> None:
        accepting.accept_entry(
            connection=connection,
            entry_id=entry_id,
            name=name,
            shown=shown,
            facts=facts,
            reason=reason,
            user=request.user,
            now=timezone.now(),
        )

    return _ask(
        request,
        title=name,
        kinds=(Drift.ONLY_IN_EXACT,),
        facts=facts,
        gone=_("Exact does not have it any more, or it belongs to an invoice by now."),
        accept=accept,
        back=_report_of(connection, day),
    )


@require_POST
@finance_required
def take_back(request: TenantRequest, accepted_id: int) -> HttpResponse:
    """This function will take an acceptance back."""
    accepted = get_object_or_404(
        AcceptedDifference.objects.select_related("invoice", "connection"), pk=accepted_id
    )
    if accepting.take_back(accepted, user=request.user, now=timezone.now()):
        messages.success(request, _("It counts as a difference again."))
    return redirect(back_to_report(request, accepted.connection))


def _ask(
    request: TenantRequest,
    *,
    title: str,
    kinds: Sequence[Drift],
    facts: str,
    gone: str,
    accept: Callable[[str, str], None],
    back: str,
) -> HttpResponse:
    """The dialog, and what it starts; without facts there is nothing left to accept."""
    form = ReasonForm(request.POST or None, initial={"facts": facts})
    problem = "" if facts else gone
    if facts and request.method == "POST" and form.is_valid():
        try:
            accept(form.cleaned_data["facts"], form.cleaned_data["reason"])
        except accepting.Changed as changed:
            problem = str(changed)
        else:
            messages.success(request, _("Accepted. It is asked anew when either side changes."))
            return leave_dialog(request, back)
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "title": title,
        "kinds": [kind.label for kind in kinds],
        "address": request.path,
        "back": back,
    }
    status = 422 if request.method == "POST" else 200
    return render_dialog(request, "payments/drift_accept.html", context, status=status)


def _find(connection_id: int) -> ExactConnection:
    return get_object_or_404(queries.list_connections(), pk=connection_id)


def _report_of(connection: ExactConnection, day: date) -> str:
    named = {"connection": str(connection.pk)} | month_of(day).parameters
    return f"{reverse('drift')}?{urlencode(named)}"
