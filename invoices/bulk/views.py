"""Copying many invoices: the selection, how it goes, its result. No view calls Exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connector.languages import in_english
from connector.money import trim
from connector.spreadsheets import Decimals, Row, answer_with
from connector.tenancy.access import TenantRequest, finance_required
from invoices import copy_bulk
from invoices.bulk import again, before, runs, ways
from invoices.bulk.reading import Outcome, item_rows, read_progress, selection_totals
from invoices.copy_offer import find_offer
from invoices.forms import FilterForm
from invoices.models import BulkCopy, CopyRequest
from invoices.preflight.groups import Preflight
from invoices.queries import matching

_PAGE = 50
_RECENT = 50


@finance_required
@require_http_methods(["GET", "POST"])
def bulk_list(request: TenantRequest) -> HttpResponse:
    """The bulk copies of late; a POST from the invoice list chooses invoices for a new one, or gives copies up."""
    if request.method == "GET":
        started = BulkCopy.objects.exclude(started_at=None).select_related("created_by")
        recent = started.annotate(count=Count("items"))[:_RECENT]
        return render(request, "invoices/bulk_list.html", {"recent": recent})
    query = QueryDict(request.POST.get("filter", ""))
    back = f"{reverse('invoice_list')}?{query.urlencode()}"
    chosen = FilterForm(query).as_filter() if request.POST.get("all") == "on" else None
    ids = _ids(request)
    if request.POST.get("action") == "cancel":
        if chosen is not None:
            ids = list(matching(chosen).values_list("pk", flat=True)[: runs.MOST])
        count = copy_bulk.cancel_copies(invoice_ids=ids, user=request.user, now=timezone.now())
        messages.success(
            request,
            ngettext(
                "%(n)s copy that waited is cancelled.",
                "%(n)s copies that waited are cancelled.",
                count,
            )
            % {"n": count},
        )
        return redirect(back)
    bulk = runs.choose(
        organization=request.organization,
        user=request.user,
        now=timezone.now(),
        ids=ids,
        chosen=chosen,
    )
    if bulk is None:
        messages.error(request, _("Tick the invoices first."))
        return redirect(back)
    if request.POST.get("action") == "aside":
        return redirect("bulk_set_aside", bulk.pk)
    return redirect("bulk_copy", bulk.pk)


@finance_required
@require_POST
def bulk_selection(request: TenantRequest) -> HttpResponse:
    """What is ticked in the invoice list adds up to, while a person ticks; nothing is kept."""
    query = QueryDict(request.POST.get("filter", ""))
    chosen = FilterForm(query).as_filter() if request.POST.get("all") == "on" else None
    totals = selection_totals(runs.selected(ids=_ids(request), chosen=chosen))
    context = {"totals": totals, "notes": sum(one.notes for one in totals)}
    return render(request, "invoices/_selection_totals.html", context)


def _ids(request: TenantRequest) -> list[int]:
    given = [*request.POST.getlist("invoice"), *request.POST.get("elsewhere", "").split(",")]
    return [int(one) for one in given if one.isascii() and one.isdecimal() and len(one) < 19]


@finance_required
@require_safe
def bulk_copy(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """What was chosen and comes to, before it is started; after that, how it goes."""
    bulk = _get(bulk_id)
    if bulk.started_at is None:
        return _before(request, bulk)
    rows, outcome = _wanted_rows(request, bulk)
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    requests = CopyRequest.objects.in_bulk([row.request_id for row in page if row.request_id])
    for row in page:
        outcome_of_row, held = Outcome(row.outcome), requests.get(row.request_id)
        row.word, row.kind = outcome_of_row.label, outcome_of_row.state_kind
        row.note = row.left_out
        if outcome_of_row is Outcome.NEEDS_YOU and held is not None:
            row.note = held.problem_sentence
    context = {
        "bulk": bulk,
        "progress": read_progress(bulk),
        "page": page,
        "outcome": outcome,
        "query": f"outcome={outcome}" if outcome else "",
    }
    template = "invoices/bulk.html#rows" if request.htmx else "invoices/bulk.html"
    return render(request, template, context)


@finance_required
@require_safe
def bulk_preflight(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """What would become of each chosen invoice, in groups: for the page before the start, or that page with them."""
    bulk = _get(bulk_id)
    if bulk.started_at is not None:
        return redirect("bulk_copy", bulk.pk)
    preflight = before.look_before(bulk)
    if request.htmx:
        return render(request, "invoices/_preflight.html", {"bulk": bulk, "preflight": preflight})
    return _before(request, bulk, preflight)


def _before(
    request: TenantRequest, bulk: BulkCopy, preflight: Preflight | None = None
) -> HttpResponse:
    connections = ways.connections_by_subsidiary()
    first = (
        bulk.items.exclude(invoice__subsidiary__in=connections)
        .select_related("invoice__subsidiary")
        .first()
    )
    context = {
        "bulk": bulk,
        "preflight": preflight,
        "most": runs.MOST,
        "totals": selection_totals(bulk.items.values("invoice_id")),
        "count": bulk.items.count(),
        "unconnected": bulk.items.exclude(invoice__subsidiary__in=connections).count(),
        "offer": find_offer(first.invoice, request.organization) if first else None,
        "connections": sorted({one.name for one in connections.values()}),
    }
    return render(request, "invoices/bulk_before.html", context)


@finance_required
@require_safe
def bulk_progress(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """How far it is; 204 while there is nothing new to show."""
    progress = read_progress(_get(bulk_id))
    if request.GET.get("seen") == progress.token:
        return HttpResponse(status=204)
    spoken = request.GET.get("spoken") != str(progress.milestone)
    context = {"progress": progress, "bulk": progress.bulk, "announce": spoken}
    response = render(request, "invoices/bulk.html#progress", context)
    response["HX-Trigger"] = "bulk-moved"
    return response


@finance_required
@require_POST
def bulk_start(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """Ask for the copies."""
    if not request.organization.includes_integrations:
        messages.error(request, _("This plan does not include integrations."))
        return redirect("bulk_copy", bulk_id)
    runs.start(_get(bulk_id), user=request.user, now=timezone.now())
    return redirect("bulk_copy", bulk_id)


@finance_required
@require_POST
def bulk_stop(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """Give up what still waits."""
    count = runs.stop(_get(bulk_id), user=request.user, now=timezone.now())
    sentence = ngettext(
        "Stopped: %(n)s copy was not sent and is given up. What Exact has got, or is getting, stays.",
        "Stopped: %(n)s copies were not sent and are given up. What Exact has got, or is getting, stays.",
        count,
    )
    messages.success(request, sentence % {"n": count})
    return redirect("bulk_copy", bulk_id)


@finance_required
@require_POST
def bulk_retry(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """Ask again for what was refused and is mended by now."""
    if not request.organization.includes_integrations:
        messages.error(request, _("This plan does not include integrations."))
        return redirect("bulk_copy", bulk_id)
    tried = again.retry(_get(bulk_id), user=request.user, now=timezone.now())
    sentence = ngettext(
        "%(n)s invoice is tried again.", "%(n)s invoices are tried again.", tried.count
    )
    messages.success(request, sentence % {"n": tried.count})
    if tried.stay:
        sentence = ngettext(
            "%(n)s invoice still needs you and was left as it is: %(why)s",
            "%(n)s invoices still need you and were left as they are: %(why)s",
            tried.stay,
        )
        messages.warning(request, sentence % {"n": tried.stay, "why": again.why(tried)})
    return redirect("bulk_copy", bulk_id)


@finance_required
@require_safe
@in_english
def bulk_csv(request: TenantRequest, bulk_id: int) -> HttpResponse:
    """The result as a file."""
    bulk = _get(bulk_id)
    rows, _outcome = _wanted_rows(request, bulk)
    comma = request.GET.get("decimals") == Decimals.COMMA.value
    return answer_with(
        _table(list(rows)),
        name=f"bulk-copy-{bulk.pk}.csv",
        decimals=Decimals.COMMA if comma else Decimals.POINT,
    )


def _wanted_rows(request: TenantRequest, bulk: BulkCopy) -> tuple[QuerySet[Any], str]:
    """The invoices of the outcome that was asked for, and that outcome; all of them, and "", without one."""
    outcome = request.GET.get("outcome", "")
    rows = item_rows(bulk).select_related("invoice__client").order_by("pk")
    if outcome not in Outcome.values:
        return rows, ""
    return rows.filter(outcome=outcome), outcome


def _table(rows: list[object]) -> Iterator[Row]:
    yield tuple(
        str(one)
        for one in (
            _("Number"),
            _("Client"),
            _("Date"),
            _("Currency"),
            _("Amount"),
            _("Result"),
            _("Why"),
            _("What to do"),
        )
    )
    requests = CopyRequest.objects.in_bulk([row.request_id for row in rows if row.request_id])  # type: ignore[attr-defined]  # annotated
    for row in rows:
        invoice, request = row.invoice, requests.get(row.request_id)  # type: ignore[attr-defined]  # the same
        yield (
            invoice.number,
            invoice.client.name,
            invoice.invoice_date,
            invoice.currency,
            trim(invoice.sign * invoice.gross_amount, invoice.currency),
            str(Outcome(row.outcome).label),  # type: ignore[attr-defined]  # the same
            request.problem_sentence if request else row.left_out,  # type: ignore[attr-defined]  # the same
            request.problem_remedy if request else "",
        )


def _get(bulk_id: int) -> BulkCopy:
    return get_object_or_404(BulkCopy.objects.all(), pk=bulk_id)
