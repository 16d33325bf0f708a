"""The page on which an admin has the PSA called about payments: its address, secret, test, and what was told when."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connector.dialogs import leave_dialog, render_dialog
from connector.tenancy.access import TenantRequest, admin_required
from payments.psa_reports import endpoints, queries, reporting
from payments.psa_reports.forms import AddressForm, NewSecretForm, TellAgainForm
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState

PAGE_SIZE = 50
_STATE_KINDS = {
    ReportState.NOT_ASKED: "neutral",
    ReportState.TOLD: "good",
    ReportState.GIVEN_UP: "failed",
}


@require_safe
@admin_required
def endpoint(request: TenantRequest) -> HttpResponse:
    """This function will show how the PSA is called and what became of each invoice's newest change."""
    found = endpoints.find()
    counts = queries.count_by_state()
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in ReportState.values else ""
    page = Paginator(queries.find_reports(chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    is_on = found is not None and found.state == EndpointState.ON
    kinds = _STATE_KINDS | {ReportState.WAITING: "progress" if is_on else "neutral"}
    context: dict[str, Any] = {
        "endpoint": found,
        "is_on": is_on,
        "is_given_up": found is not None and found.state == EndpointState.GIVEN_UP,
        "has_two_secrets": _has_two_secrets(found),
        "waiting": counts[ReportState.WAITING],
        "page": page,
        "rows": [(row, kinds[ReportState(row.state)]) for row in page.object_list],
        "choices": [(state, counts[state]) for state in ReportState],
        "chosen": chosen,
        "query": urlencode({"state": chosen} if chosen else {}),
    }
    template = "payments/psa_endpoint.html"
    if request.htmx and request.htmx.target == "psa-standing":
        template += "#standing"
    return render(request, template, context)


def _has_two_secrets(found: PsaEndpoint | None) -> bool:
    until = found.previous_until if found is not None else None
    return until is not None and until > timezone.now()


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@sensitive_variables("secret")
def address(request: TenantRequest) -> HttpResponse:
    """This function will ask for the address and store it; a first one gets a secret, which is shown this once."""
    found = endpoints.lock()
    form = AddressForm(request.POST or None, initial={"url": found.url if found else ""})
    context = {"form": form, "endpoint": found}
    if request.method != "POST" or not form.is_valid():
        return _ask(request, "payments/psa_endpoint_address.html", form, context)
    url, now = form.cleaned_data["url"], timezone.now()
    if found is not None:
        endpoints.change_address(found, url=url, user=request.user, now=now)
        messages.success(request, _("The address was changed. What waited is told there now."))
        return leave_dialog(request, "psa_endpoint")
    secret = endpoints.add(url=url, user=request.user, now=now)
    return _show(request, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@sensitive_variables("made")
def new_secret(request: TenantRequest) -> HttpResponse:
    """This function will ask once more and then make another secret, which is shown this once."""
    found = _locked()
    form = NewSecretForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = endpoints.make_new_secret(
            found,
            is_leaked=form.cleaned_data["is_leaked"],
            user=request.user,
            now=timezone.now(),
        )
        return _show(request, made)
    return _ask(request, "payments/psa_endpoint_secret.html", form, {"form": form})


@require_POST
@admin_required
def test_call(request: TenantRequest) -> HttpResponse:
    """This function will have a test call made; the page shows its answer as soon as there is one."""
    endpoints.ask_test(_locked(), now=timezone.now())
    return redirect("psa_endpoint")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def switch_off(request: TenantRequest) -> HttpResponse:
    """This function will ask once more and then end the calls."""
    found = _locked()
    if request.method == "POST":
        endpoints.switch_off(found, user=request.user, now=timezone.now())
        messages.success(
            request, _("The PSA is not called any more. What changes meanwhile waits.")
        )
        return leave_dialog(request, "psa_endpoint")
    return render_dialog(request, "payments/psa_endpoint_off.html", {"endpoint": found})


@require_POST
@admin_required
def switch_on(request: TenantRequest) -> HttpResponse:
    """This function will have the PSA called again."""
    endpoints.switch_on(_locked(), user=request.user, now=timezone.now())
    messages.success(request, _("The PSA is called again. What waited is told now."))
    return redirect("psa_endpoint")


@require_POST
@admin_required
def tell_again(request: TenantRequest, report_id: int) -> HttpResponse:
    """This function will have one invoice's payments told once more."""
    _locked()
    report = get_object_or_404(PsaPaymentReport.objects.select_related("invoice"), pk=report_id)
    reporting.tell_again(PsaPaymentReport.objects.filter(pk=report.pk), now=timezone.now())
    said = _("The payments of %(invoice)s are told again.") % {"invoice": report.invoice}
    messages.success(request, said)
    return redirect("psa_endpoint")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def tell_all_again(request: TenantRequest) -> HttpResponse:
    """This function will ask since when, and have all that changed since then told once more."""
    _locked()
    form = TellAgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        since = timezone.make_aware(datetime.combine(form.cleaned_data["since"], time.min))
        count = reporting.tell_again(queries.changed_since(since), now=timezone.now())
        said = ngettext(
            "The payments of %(n)s invoice are told again.",
            "The payments of %(n)s invoices are told again.",
            count,
        )
        messages.success(request, said % {"n": count})
        return leave_dialog(request, "psa_endpoint")
    return _ask(request, "payments/psa_reports_again.html", form, {"form": form})


def _locked() -> PsaEndpoint:
    found = endpoints.lock()
    if found is None:
        raise Http404("No address of a PSA is set.")
    return found


def _show(request: TenantRequest, secret: str) -> HttpResponse:
    return render_dialog(request, "payments/psa_endpoint_secret_made.html", {"secret": secret})


def _ask(request: TenantRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    return render_dialog(request, template, context, status=422 if form.errors else 200)
