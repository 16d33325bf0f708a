"""The panel that shows how a copy goes, and what a person can ask for there. No view calls Exact."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from connector.dialogs import leave_dialog, render_dialog
from connector.tenancy.access import TenantRequest, finance_required, member_required
from connector.way_back import way_back
from integrations.mappings.reading import find_customer_facts
from integrations.models import Sending
from invoices import copy_requests, sent_by_hand
from invoices.copy_choices import CopyChoices
from invoices.copy_queries import CopyPanel, read_panel
from invoices.copy_refusals import CopyRefused
from invoices.models import CopyRequest, Invoice, InvoiceKind
from invoices.recipients import find_recipient

_PANEL = "invoices/_copy_panel.html"
_SEND = "invoices/send.html"
_TOO_LATE = gettext_lazy(
    "The copy can not be cancelled any more: Exact is getting it, or has got it. What Exact makes of it shows below."
)


@member_required
@require_GET
def copy_panel(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The invoice's standing with Exact; 204 while there is nothing new to show."""
    panel = _read(request, _get_invoice(invoice_id))
    if request.GET.get("seen") == panel.token:
        return HttpResponse(status=204)
    response = _draw(request, panel, announce=True)
    if not panel.is_watched:
        # The rest of the page shows the number, the state and the activity: it may want to read them again.
        response["HX-Trigger"] = "copy-finished"
    return response


@finance_required
@require_POST
def cancel(request: TenantRequest, copy_request_id: int) -> HttpResponse:
    """Give a copy up that has not been sent."""
    copy_request = get_object_or_404(
        CopyRequest.objects.select_related("invoice"), pk=copy_request_id
    )
    is_over = copy_requests.cancel(copy_request=copy_request, user=request.user, now=timezone.now())
    return _back_to_panel(request, copy_request.invoice_id, too_late=not is_over)


@finance_required
@require_POST
def retry(request: TenantRequest, copy_request_id: int) -> HttpResponse:
    """Try a copy again that Exact refused."""
    copy_request = get_object_or_404(
        CopyRequest.objects.select_related("invoice", "connection"), pk=copy_request_id
    )
    copy_requests.retry(copy_request=copy_request, user=request.user, now=timezone.now())
    return _back_to_panel(request, copy_request.invoice_id)


@finance_required
@require_http_methods(["GET", "POST"])
def send(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """Ask whether Exact shall number and send the newest copy, and let it: what waits, or what did not go out.

    What Exact has booked can also be marked as sent in another way.
    """
    invoice = _get_invoice(invoice_id)
    panel = _read(request, invoice)
    if request.method == "GET":
        return render_dialog(request, _SEND, _sending_context(panel))
    try:
        # Whole or not at all: what was held is given up by it.
        with transaction.atomic():
            _send(request, invoice)
    except CopyRefused as refusal:
        context = _sending_context(panel) | {"refusal": refusal}
        return render_dialog(request, _SEND, context, status=422)
    return panel_after_dialog(request, invoice)


def _send(request: TenantRequest, invoice: Invoice) -> None:
    user, now = request.user, timezone.now()
    if request.POST.get("action") == "mark":
        sent_by_hand.mark_sent(invoice=invoice, user=user, now=now)
        return
    sending = request.POST.get("sending", "")
    copy_requests.request_sending(
        invoice=invoice,
        user=user,
        now=now,
        sending=sending if sending in Sending.values else "",
    )


def _sending_context(panel: CopyPanel) -> dict[str, Any]:
    """What the dialog says: how it goes out, and to whom an e-mail would go."""
    document = panel.document
    context: dict[str, Any] = {"panel": panel, "invoice": panel.invoice, "ways": Sending.choices}
    may_repeat = panel.standing is not None and panel.standing.may_repeat
    context["question"] = _question(panel.invoice, again=may_repeat)
    if document is None or not panel.may_send:
        return context
    chosen = CopyChoices.from_json(document.copy_request.choices).sending
    customer = find_customer_facts(document.connection, document.customer_exact_id)
    return context | {
        "sending": chosen or document.connection.sending,
        "recipient": find_recipient(panel.invoice, customer, is_new_customer=False),
    }


def _question(invoice: Invoice, *, again: bool) -> str:
    if invoice.number:
        words = _("Send %(invoice)s again?") if again else _("Send %(invoice)s?")
        return words % {"invoice": invoice}
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        return _("Send this credit note again?") if again else _("Send this credit note?")
    return _("Send this invoice again?") if again else _("Send this invoice?")


def panel_after_dialog(request: TenantRequest, invoice: Invoice) -> HttpResponse:
    """This function will go back to where the dialog was opened to mend something, else to the invoice.

    From a dialog over the invoice's page only the panel is drawn anew.
    """
    if back := way_back(request):
        messages.success(request, _("%(invoice)s is on its way to Exact.") % {"invoice": invoice})
        return leave_dialog(request, back)
    address = reverse("invoice", args=[invoice.pk])
    if not request.htmx:
        return redirect(address)
    if request.htmx.current_url_abs_path != address:
        return HttpResponseClientRedirect(address)
    return _draw(request, _read(request, invoice), oob=True)


def _back_to_panel(
    request: TenantRequest, invoice_id: int, *, too_late: bool = False
) -> HttpResponse:
    if not request.htmx:
        if too_late:
            messages.warning(request, _TOO_LATE)
        return redirect("invoice", invoice_id)
    panel = _read(request, _get_invoice(invoice_id))
    return _draw(request, panel, announce=True, too_late=str(_TOO_LATE) if too_late else "")


def _read(request: TenantRequest, invoice: Invoice) -> CopyPanel:
    return read_panel(invoice=invoice, organization=request.organization, now=timezone.now())


def _draw(request: TenantRequest, panel: CopyPanel, **flags: bool | str) -> HttpResponse:
    context = {"panel": panel, "membership": request.membership, **flags}
    return render(request, f"{_PANEL}#panel", context)


def _get_invoice(invoice_id: int) -> Invoice:
    rows = Invoice.objects.select_related("client", "subsidiary", "contact")
    return get_object_or_404(rows, pk=invoice_id)
