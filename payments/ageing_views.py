"""The pages of what is still open: by client and age, the invoices of a cell, and both as files. No view calls Exact."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connector.languages import in_english
from connector.money import is_currency
from connector.spreadsheets import Decimals, answer_with
from connector.tenancy.access import TenantRequest, member_required
from invoices.models import Client
from payments import ageing, queries
from payments.ageing import Bucket, CurrencyAgeing, Line
from payments.forms import read_id

PAGE_SIZE = 50
# What the table can be sorted by: a name, or the amount in a bucket or of all; the largest comes first.
_SORTS = {"client": None, "total": None, **{f"b{bucket.value}": bucket for bucket in Bucket}}


@require_safe
@member_required
def summary(request: TenantRequest) -> HttpResponse:
    """This function will show what is open in one currency, by client and age."""
    tables = ageing.read_ageing(today=timezone.localdate())
    table = _chosen_table(tables, request.GET.get("currency", ""))
    sort = request.GET.get("sort", "")
    sort = sort if sort in _SORTS else "client"
    lines = _sorted(table, sort) if table else []
    parameters = {"currency": table.currency} if table else {}
    context: dict[str, Any] = {
        "tables": tables,
        "table": table,
        "page": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "query": urlencode(parameters | ({"sort": sort} if sort != "client" else {})),
        "columns": _columns(sort, parameters),
        "today": timezone.localdate(),
        "readings": queries.list_readings(),
        "unread_count": ageing.count_unread(),
    }
    return render(request, "payments/ageing.html", context)


@require_safe
@member_required
@in_english
def summary_csv(request: TenantRequest) -> HttpResponse:
    """This function will give what is open in all currencies, by client and age, as a file."""
    today = timezone.localdate()
    rows = ageing.summary_rows(ageing.read_ageing(today=today))
    return answer_with(rows, name=f"ageing {today:%Y-%m-%d}.csv", decimals=_decimals(request))


@require_safe
@member_required
def invoices(request: TenantRequest) -> HttpResponse:
    """This function will show the open invoices of a cell: of a client, a currency, an age, or fewer of these."""
    today = timezone.localdate()
    chosen, asked = _chosen_cell(request)
    found = ageing.open_invoices(today=today, **chosen).select_related("client")
    context: dict[str, Any] = {
        "page": Paginator(found.order_by("due", "id"), PAGE_SIZE).get_page(request.GET.get("page")),
        "query": urlencode(asked),
        "chosen": chosen,
        "totals": ageing.add_up(found),
        "today": today,
        "readings": queries.list_readings(),
    }
    return render(request, "payments/ageing_invoices.html", context)


@require_safe
@member_required
@in_english
def invoices_csv(request: TenantRequest) -> HttpResponse:
    """This function will give the open invoices of a cell as a file."""
    today = timezone.localdate()
    chosen, _asked = _chosen_cell(request)
    found = ageing.open_invoices(today=today, **chosen).select_related("client")
    rows = ageing.invoice_rows(found.order_by("currency", "client__name", "due", "id"))
    name = f"open invoices {today:%Y-%m-%d}.csv"
    return answer_with(rows, name=name, decimals=_decimals(request))


def _chosen_table(tables: list[CurrencyAgeing], currency: str) -> CurrencyAgeing | None:
    """The currency that was asked for, else the one with the most open invoices; None when nothing is open."""
    return next((one for one in tables if one.currency == currency), next(iter(tables), None))


def _chosen_cell(request: TenantRequest) -> tuple[dict[str, Any], dict[str, str]]:
    """What was asked for, as `open_invoices` takes it and as an address has it. Raises Http404 for what is none."""
    asked = {name: request.GET.get(name, "") for name in ("currency", "client", "bucket")}
    asked = {name: value for name, value in asked.items() if value}
    chosen: dict[str, Any] = {}
    if "currency" in asked:
        if not is_currency(asked["currency"]):
            raise Http404("No such currency.")
        chosen["currency"] = asked["currency"]
    if "client" in asked:
        chosen["client"] = get_object_or_404(Client.objects.all(), pk=read_id(asked["client"]))
    if "bucket" in asked:
        chosen["bucket"] = _bucket(asked["bucket"])
    return chosen, asked


def _bucket(asked: str) -> Bucket:
    found = next((bucket for bucket in Bucket if str(bucket.value) == asked), None)
    if found is None:
        raise Http404("No such age.")
    return found


def _decimals(request: TenantRequest) -> Decimals:
    try:
        return Decimals(request.GET.get("decimals", Decimals.POINT.value))
    except ValueError:
        raise Http404("No such way of writing numbers.") from None


def _sorted(table: CurrencyAgeing, sort: str) -> list[Line]:
    """Lines come by name; by an amount the largest comes first, and equal ones stay by name."""
    bucket = _SORTS[sort]
    if bucket is not None:
        return sorted(table.lines, key=lambda line: -line.amounts[bucket])
    return sorted(table.lines, key=lambda line: -line.total) if sort == "total" else [*table.lines]


def _columns(sort: str, parameters: dict[str, str]) -> list[dict[str, str]]:
    labels = {"client": _("Client"), **{f"b{bucket.value}": str(bucket.label) for bucket in Bucket}}
    labels["total"] = _("Total")
    order = {"client": "ascending"}
    return [
        {
            "label": label,
            "css": "" if name == "client" else "amount",
            "query": urlencode(parameters | {"sort": name}),
            "aria": order.get(name, "descending") if name == sort else "none",
        }
        for name, label in labels.items()
    ]
