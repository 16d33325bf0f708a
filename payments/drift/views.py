"""The drift report, its file, and *Compare now*. No view calls Exact."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from connector.languages import in_english
from connector.spreadsheets import Decimals, answer_with
from connector.tenancy.access import TenantRequest, finance_required, member_required
from integrations.models import ExactConnection
from invoices.booked.asking import compare_now
from invoices.copy_refusals import why_final
from payments import queries
from payments.drift import periods
from payments.drift.kinds import Standing
from payments.drift.report import (
    OPEN,
    VIEWS,
    Report,
    accepted_entries,
    draw_lines,
    label_of,
)
from payments.drift.rows import export
from payments.forms import read_id
from payments.sync_requests import SyncRefused, request_sync

PAGE_SIZE = 50
# The element that asks how far a comparison is.
_COMPARED = "drift-compared"


@require_safe
@member_required
def drift(request: TenantRequest) -> HttpResponse:
    """This function will show how Exact and the invoices of a period differ, by kind, with what can be done."""
    connections = list(queries.list_connections().select_related("subsidiary"))
    context: dict[str, Any] = {"connections": connections, "offered": _offered()}
    if not connections:
        return render(request, "payments/drift.html", context)
    connection = _connection(request, connections)
    try:
        period = periods.read_period(request.GET.dict(), today=timezone.localdate())
    except periods.BadPeriod as problem:
        context |= {"connection": connection, "problem": str(problem), "asked": request.GET}
        return render(request, "payments/drift.html", context, status=422)
    view = _view(request)
    report = Report(connection, period)
    if request.htmx and request.htmx.target == _COMPARED:
        return _compared(request, report)
    paginator = Paginator(report.select_invoices(view), PAGE_SIZE)
    entry_paginator = Paginator(report.select_entries(view), PAGE_SIZE)
    # The totals have counted already.
    paginator.count = report.count_invoices(view)
    entry_paginator.count = report.count_entries(view)
    page = paginator.get_page(request.GET.get("page"))
    entry_page = entry_paginator.get_page(request.GET.get("entries"))
    lines = draw_lines(report, list(page.object_list))
    finals = {line.invoice.pk: bool(line.document and why_final(line.document)) for line in lines}
    named = {"connection": str(connection.pk)} | period.parameters
    accepted = accepted_entries(connection, entry_page.object_list)
    context |= {
        "connection": connection,
        "report": report,
        "period": period,
        "view": view,
        "view_label": label_of(view),
        "tabs": _tabs(report, view, named),
        "page": page,
        "lines": [(line, finals[line.invoice.pk]) for line in lines],
        "entry_page": entry_page,
        "entries": [(entry, accepted.get(entry.entry_exact_id)) for entry in entry_page],
        "query": urlencode(named | ({"view": view} if view != OPEN else {})),
        "here": request.get_full_path(),
    }
    return render(request, "payments/drift.html", context)


@require_safe
@member_required
@in_english
def drift_csv(request: TenantRequest) -> HttpResponse:
    """This function will give a view of the report as a file."""
    connection = _connection(request, list(queries.list_connections()))
    try:
        period = periods.read_period(request.GET.dict(), today=timezone.localdate())
        decimals = Decimals(request.GET.get("decimals", Decimals.POINT.value))
    except ValueError as problem:
        raise Http404(str(problem)) from None
    rows = export(Report(connection, period), _view(request))
    name = f"drift {connection.division} {period.first} {period.last}.csv"
    return answer_with(rows, name=name, decimals=decimals)


@require_POST
@finance_required
def compare_all(request: TenantRequest, connection_id: int) -> HttpResponse:
    """This function will note that everything shall be compared with Exact now."""
    connection = get_object_or_404(queries.list_connections(), pk=connection_id)
    now = timezone.now()
    if compare_now(connection, now=now):
        # Read a moment ago, or not at all: what Exact has of our own copies is compared in any case.
        with suppress(SyncRefused):
            request_sync(connection=connection, user=request.user, now=now)
        messages.info(
            request,
            _(
                "Exact is asked in the background. This page shows the result by itself; you can leave it."
            ),
        )
    else:
        messages.warning(
            request,
            _("%(connection)s can not reach Exact now; open its page to see why.")
            % {"connection": connection.name},
        )
    return redirect(back_to_report(request, connection))


def _compared(request: TenantRequest, report: Report) -> HttpResponse:
    """How the comparison goes that somebody waits for; the whole page once it is done."""
    if not report.compared.is_asked:
        return HttpResponseClientRefresh()
    context = {
        "compared": report.compared,
        "connection": report.connection,
        "here": request.get_full_path(),
    }
    return render(request, "payments/_drift_compared.html", context)


def _offered() -> list[periods.Period]:
    return periods.list_offered(timezone.localdate())


def _connection(request: TenantRequest, connections: list[ExactConnection]) -> ExactConnection:
    """The connection that was asked for, else the first that works. Raises Http404."""
    asked = request.GET.get("connection", "")
    if asked:
        wanted = read_id(asked)
        found = next((one for one in connections if one.pk == wanted), None)
    else:
        found = next((one for one in connections if one.is_working), next(iter(connections), None))
    if found is None:
        raise Http404
    return found


def _view(request: TenantRequest) -> str:
    view = request.GET.get("view", OPEN)
    if view not in VIEWS:
        raise Http404
    return view


def _tabs(report: Report, view: str, named: dict[str, str]) -> list[dict[str, Any]]:
    """What there is none of is not offered, but for the first, the chosen one and what is equal."""
    always = {OPEN, view, Standing.EQUAL}
    return [
        {
            "label": label,
            "count": report.counts[key],
            "query": urlencode(named | {"view": key}),
            "is_current": key == view,
        }
        for key, label in VIEWS.items()
        if key in always or report.counts[key]
    ]


def back_to_report(request: TenantRequest, connection: ExactConnection | None) -> str:
    """The report as it was open, by its own address only."""
    asked = request.POST.get("back", "")
    if asked.startswith(f"{reverse('drift')}?") or asked == reverse("drift"):
        return asked
    query = f"?connection={connection.pk}" if connection is not None else ""
    return f"{reverse('drift')}{query}"
