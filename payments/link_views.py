"""The pages on which invoices that are in Exact already are linked instead of copied. No view calls Exact."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connector.dialogs import leave_dialog, render_dialog
from connector.forms import StyledForm, as_id
from connector.tenancy.access import TenantRequest, finance_required, member_required
from invoices import unlinking
from invoices.copy_refusals import CopyRefused
from invoices.forms import ReasonField
from invoices.models import Invoice
from payments import linking, queries

PAGE_SIZE = 50
_SHOWN_REFUSALS = 5


@require_safe
@member_required
def link_list(request: TenantRequest) -> HttpResponse:
    """This function will propose what of the invoices that were not copied is in Exact already, with the reasons."""
    connections = linking.list_connections()
    proposals = linking.find_proposals(connections)
    context: dict[str, Any] = {
        "page": Paginator(proposals, PAGE_SIZE).get_page(request.GET.get("page")),
        "sure_count": sum(one.match.is_sure for one in proposals),
        "connections": connections,
        "looked_for": linking.count_linkable(connections),
        "most": linking.MOST_INVOICES,
        "readings": queries.list_readings(),
    }
    return render(request, "payments/link_list.html", context)


@require_POST
@finance_required
def link_many(request: TenantRequest) -> HttpResponse:
    """This function will link each of the ticked invoices; one that cannot be does not keep the others back."""
    linked, refusals = 0, []
    for invoice_id, entry_id in filter(None, map(_read_key, request.POST.getlist("link"))):
        invoice = Invoice.objects.filter(pk=invoice_id).first()
        if invoice is None:
            continue
        try:
            linking.link(invoice=invoice, entry_id=entry_id, user=request.user, now=timezone.now())
        except CopyRefused as refused:
            refusals.append((invoice, refused.sentence))
        else:
            linked += 1
    if linked:
        what = ngettext(
            "%(n)s invoice is linked. Nothing was sent to Exact.",
            "%(n)s invoices are linked. Nothing was sent to Exact.",
            linked,
        )
        messages.success(request, what % {"n": linked})
    elif not refusals:
        messages.info(request, _("Tick the invoices that are to be linked."))
    for invoice, why in refusals[:_SHOWN_REFUSALS]:
        said = _("Not linked: %(invoice)s: %(why)s") % {"invoice": invoice, "why": why}
        messages.warning(request, said)
    more = len(refusals) - _SHOWN_REFUSALS
    if more > 0:
        said = ngettext("%(n)s more was not linked.", "%(n)s more were not linked.", more)
        messages.warning(request, said % {"n": more})
    return redirect("link_list")


@require_http_methods(["GET", "POST"])
@finance_required
def link_one(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will show an invoice beside what in Exact may be it, and link them after a confirmation."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    page = reverse("invoice", args=[invoice.pk])
    entry_id = _uuid((request.POST or request.GET).get("entry", ""))
    if entry_id is None:
        messages.info(request, _("Choose what in Exact is this invoice."))
        return leave_dialog(request, page)
    if request.method == "GET":
        proposals = linking.find_proposals_for(invoice)
        chosen = next((one for one in proposals if one.entry.exact_id == entry_id), None)
        if chosen is not None:
            context = {"invoice": chosen.invoice, "proposal": chosen}
            return render_dialog(request, "payments/link.html", context)
        messages.info(request, _("This is no longer proposed for the invoice. Look at it again."))
        return leave_dialog(request, page)
    try:
        document = linking.link(
            invoice=invoice, entry_id=entry_id, user=request.user, now=timezone.now()
        )
    except CopyRefused as refused:
        messages.warning(request, f"{refused.sentence} {refused.remedy}".strip())
    else:
        said = _("Linked to %(document)s in Exact. Nothing was sent.") % {"document": document}
        messages.success(request, said)
    return leave_dialog(request, page)


class UnlinkForm(StyledForm):
    """Why an entry in Exact is not the invoice's after all."""

    reason = ReasonField(
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text=gettext_lazy(
            "A colleague reads it later. For example: it belongs to another invoice."
        ),
    )


@require_http_methods(["GET", "POST"])
@finance_required
def unlink(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will ask for a reason and a confirmation, and take back that the invoice was linked."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    form = UnlinkForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"invoice": invoice, "form": form}
    status = 422 if request.method == "POST" else 200
    try:
        context["document"] = unlinking.check(invoice)
        if not form.is_valid():
            return render_dialog(request, "payments/unlink.html", context, status=status)
        document = linking.unlink(
            invoice=invoice,
            reason=form.cleaned_data["reason"],
            user=request.user,
            now=timezone.now(),
        )
    except CopyRefused as refused:
        context["refusal"] = f"{refused.sentence} {refused.remedy}".strip()
        return render_dialog(request, "payments/unlink.html", context, status=status)
    messages.success(
        request,
        _("The invoice is no longer linked to %(document)s. Nothing was changed in Exact.")
        % {"document": document},
    )
    return leave_dialog(request, reverse("invoice", args=[invoice.pk]))


def _read_key(key: str) -> tuple[int, UUID] | None:
    """What a tick says: an invoice of ours and an entry of Exact; None when it is neither."""
    invoice_text, _colon, entry_text = key.partition(":")
    invoice_id, entry_id = as_id(invoice_text), _uuid(entry_text)
    return None if invoice_id is None or entry_id is None else (invoice_id, entry_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
