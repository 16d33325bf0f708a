"""The invoice list, the invoice's page, and input that contradicts an invoice. No view calls Exact."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from connector.tenancy.access import TenantRequest, finance_required, member_required
from invoices import conflicts
from invoices.booked.table import read_table
from invoices.copy_queries import read_panel
from invoices.downloads import download_of
from invoices.forms import FilterForm
from invoices.list_filters import write_filters
from invoices.list_rows import write_rows
from invoices.models import IntakeConflict, Invoice, InvoiceFile
from invoices.queries import (
    DEFAULT_SORT,
    SORTS,
    count_matching,
    count_that_need_a_look,
    counted,
    has_invoices,
    list_invoices,
    read_invoice_page,
    searched,
)
from invoices.search import AT_ONCE, MOST, NEWEST, leaves_out_some
from invoices.totals import list_totals
from invoices.trial_invoices import find_trial

PAGE = 50
_TOTALS = "invoice-totals"
_COLUMNS = (
    ("number", gettext_lazy("Number"), ""),
    ("client", gettext_lazy("Client"), ""),
    ("date", gettext_lazy("Date"), ""),
    ("due", gettext_lazy("Due"), ""),
    ("amount", gettext_lazy("Amount"), "amount"),
)


@require_safe
@member_required
def invoice_list(request: TenantRequest) -> HttpResponse:
    """This function will list the invoices that match; htmx gets the results alone."""
    form = FilterForm(request.GET)
    chosen = searched(form.as_filter())
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    count = count_matching(chosen)
    # Adding up many takes longer than a page may: the browser asks for it when the page is there.
    adds_up = count <= AT_ONCE or "totals" in request.GET
    parameters = {name: value for name in form.fields if (value := request.GET.get(name, ""))}
    in_order = {"sort": sort} if sort != DEFAULT_SORT else {}
    but_payment = {name: value for name, value in parameters.items() if name != "payment"}
    added_up = counted(chosen, count=count) if adds_up else chosen
    is_too_much = added_up.found is not None and len(added_up.found) > MOST
    context: dict[str, Any] = {
        "totals": list_totals(added_up) if adds_up and not is_too_much else [],
        "is_too_much": is_too_much,
        "query": urlencode(parameters | in_order),
        "query_but_payment": urlencode(but_payment | in_order),
    }
    if request.htmx and request.htmx.target == _TOTALS:
        return render(request, "invoices/list.html#totals", context)
    paginator = Paginator(list_invoices(chosen, sort=sort, count=count), PAGE)
    paginator.count = min(count, chosen.most)
    page = paginator.get_page(request.GET.get("page"))
    context |= {
        "filters": "" if request.htmx else write_filters(form, request.GET),
        "page": page,
        "rows": write_rows(page, may_copy=request.membership.may_copy),
        "has_more": count > chosen.most,
        "most": chosen.most,
        "newest": NEWEST,
        "is_searched": bool(chosen.text),
        "searches_newest": bool(chosen.text) and leaves_out_some(),
        "columns": _columns(sort, parameters),
        "sort": sort,
        "look_count": 0 if parameters or "page" in request.GET else count_that_need_a_look(),
        "is_new_here": not count and not has_invoices(),
    }
    template = "invoices/list.html#results" if request.htmx else "invoices/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@member_required
def invoice(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will show an invoice, where it stands with Exact, its payments and what happened to it."""
    row = get_object_or_404(
        Invoice.objects.select_related("client", "contact", "subsidiary", "original"),
        pk=invoice_id,
    )
    panel = read_panel(invoice=row, organization=request.organization, now=timezone.now())
    # A copy may end while the page is read: what the panel shows as done has to be done in the rest as well, while a
    # panel that is behind asks again by itself.
    row.refresh_from_db(fields=["number", "state"])
    context = {
        "trial": find_trial(row),
        "data": read_invoice_page(row),
        "invoice": row,
        "panel": panel,
        "booked": read_table(row, panel.document),
    }
    return render(request, "invoices/invoice.html", context)


@require_safe
@member_required
def invoice_file(request: TenantRequest, invoice_id: int, kind: str) -> HttpResponse:
    """This function will give a file that came with the invoice."""
    return download_of(
        get_object_or_404(InvoiceFile.objects.all(), invoice_id=invoice_id, kind=kind)
    )


@require_safe
@member_required
def conflict(request: TenantRequest, invoice_id: int, conflict_id: int) -> HttpResponse:
    """This function will show what is stored and what came in, side by side."""
    row = _get_conflict(invoice_id, conflict_id)
    return render(request, "invoices/conflict.html", {"conflict": row, "invoice": row.invoice})


@require_POST
@finance_required
def conflict_resolve(request: TenantRequest, invoice_id: int, conflict_id: int) -> HttpResponse:
    """This function will carry out the choice between the two."""
    row = _get_conflict(invoice_id, conflict_id)
    now = timezone.now()
    try:
        if request.POST.get("choice") == conflicts.USE_THEIRS:
            conflicts.use_theirs(conflict=row, user=request.user, now=now)
            messages.success(request, _("The invoice now has the file's content."))
        elif request.POST.get("choice") == conflicts.KEEP_OURS:
            conflicts.keep_ours(conflict=row, user=request.user, now=now)
            messages.success(request, _("The invoice stays as it is."))
        else:
            messages.error(request, _("Choose one of the two versions."))
            return redirect("invoice_conflict", invoice_id, conflict_id)
    except conflicts.ConflictRefused as problem:
        messages.error(request, str(problem))
        return redirect("invoice_conflict", invoice_id, conflict_id)
    return redirect("invoice", invoice_id)


def _get_conflict(invoice_id: int, conflict_id: int) -> IntakeConflict:
    rows = IntakeConflict.objects.select_related("invoice__client", "import_run", "resolved_by")
    return get_object_or_404(rows, pk=conflict_id, invoice_id=invoice_id)


def _columns(sort: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The heads of the sortable columns, each with the address that sorts by it or turns the order around."""
    heads = []
    for name, label, css in _COLUMNS:
        ascending, descending = sort == name, sort == f"-{name}"
        turned = name if descending else f"-{name}"
        first = name if name in {"number", "client"} else f"-{name}"
        following = turned if ascending or descending else first
        heads.append(
            {
                "label": label,
                "css": css,
                "query": urlencode(parameters | {"sort": following}),
                "aria": "ascending" if ascending else "descending" if descending else "none",
            }
        )
    return heads
