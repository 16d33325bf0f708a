"""Pages of the history of the work with Exact: runs, records, single calls. No view calls Exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connector.forms import as_id
from connector.languages import in_english
from connector.spreadsheets import Decimals, Row, answer_with
from connector.tenancy import organizations
from connector.tenancy.access import (
    TenantRequest,
    admin_required,
    finance_required,
    member_required,
)
from integrations.models import Direction, ExactCall, ExactConnection, WorkRun
from invoices.exact_history import queries, words
from invoices.models import Invoice

MONTHS = (3, 6, 13, 24, 84)
_MOST_IN_A_FILE = 20_000


@dataclass(frozen=True)
class RunRow:
    """A run as the list shows it."""

    run: WorkRun
    name: str
    kind: str
    word: str
    duration: str


def _row(run: WorkRun) -> RunRow:
    kind, word = words.state_of(run)
    return RunRow(run, words.name_work(run.work), kind, word, words.duration(run.duration_ms))


@require_safe
@member_required
def runs(request: TenantRequest) -> HttpResponse:
    """This function will list the runs that match the filter, newest first."""
    chosen = queries.RunFilter.read(request.GET.dict())
    found, following = queries.page_of_runs(chosen, as_id(request.GET.get("before", "")))
    context = {
        "rows": [_row(run) for run in found],
        "following": following,
        "chosen": chosen,
        "invoice": Invoice.objects.filter(pk=chosen.invoice).first() if chosen.invoice else None,
        "connections": ExactConnection.objects.order_by("name", "id"),
        "works": [(work, words.name_work(work)) for work in words.WORKS],
        "directions": Direction.choices,
        "statuses": [
            ("changed", _("Changed something")),
            ("skipped", _("Skipped something")),
            ("failed", _("With errors")),
            ("quiet", _("Nothing new")),
        ],
        "months": sorted({*MONTHS, request.organization.history_months}),
        "is_later": bool(request.GET.get("before")),
    }
    return render(request, "invoices/exact_history/runs.html", context)


@require_safe
@member_required
def run(request: TenantRequest, work_run_id: int) -> HttpResponse:
    """This function will list what a run did; an admin also gets its calls."""
    found = get_object_or_404(WorkRun.objects.select_related("connection", "user"), pk=work_run_id)
    is_admin = request.membership.may_change_settings
    errors = request.GET.get("errors") == "on"
    records, following = queries.list_records(
        found,
        errors=errors,
        after=as_id(request.GET.get("after", "")),
        with_calls=is_admin,
    )
    context = {
        "row": _row(found),
        "run": found,
        "records": records,
        "errors": errors,
        "following": following,
        "is_cut": found.call_count > ExactCall.objects.filter(run=found).count(),
    }
    return render(request, "invoices/exact_history/run.html", context)


@require_safe
@admin_required
def call(request: TenantRequest, work_run_id: int, call_id: int) -> HttpResponse:
    """This function will show one call with what was said in it, as it was kept: masked."""
    found = get_object_or_404(
        ExactCall.objects.select_related("run__connection"), pk=call_id, run_id=work_run_id
    )
    context = {
        "call": found,
        "run": found.run,
        "what": words.name_path(found.path),
        "status": words.say_status(found),
        "is_good": found.status is not None and found.status < 400,
        "duration": words.duration(found.duration_ms),
        "body": found.bodies.first(),
    }
    return render(request, "invoices/exact_history/call.html", context)


@require_safe
@finance_required
@in_english
def runs_csv(request: TenantRequest) -> HttpResponse:
    """This function will give the runs that match the filter as a file, the newest 20,000 at most; its last line says when older ones are left out."""
    chosen = queries.RunFilter.read(request.GET.dict())
    comma = request.GET.get("decimals") == Decimals.COMMA.value
    return answer_with(
        _lines(chosen),
        name="exact history.csv",
        decimals=Decimals.COMMA if comma else Decimals.POINT,
    )


def _lines(chosen: queries.RunFilter) -> Iterator[Row]:
    yield (
        *(_("Started (UTC)"), _("Who"), _("What"), _("Direction"), _("Connection"), _("State")),
        *(_("Created"), _("Updated"), _("Skipped"), _("Failed"), _("Calls"), _("Milliseconds")),
    )
    for number, one in enumerate(queries.list_runs(chosen)[: _MOST_IN_A_FILE + 1]):
        if number == _MOST_IN_A_FILE:
            yield (
                _(
                    "Only the newest %(n)s runs are in this file; older ones match too. Filter for fewer."
                )
                % {"n": intcomma(_MOST_IN_A_FILE)},
            )
            return
        yield (
            one.started_at,
            str(one.user) if one.user else _("By itself"),
            words.name_work(one.work),
            str(Direction(one.direction).label),
            one.connection.name,
            words.state_of(one)[1],
            one.created_count,
            one.updated_count,
            one.skipped_count,
            one.failed_count,
            one.call_count,
            one.duration_ms,
        )


@require_POST
@admin_required
def keep(request: TenantRequest) -> HttpResponse:
    """This function will set how many months the history is kept."""
    months = as_id(request.POST.get("months", ""))
    if months not in MONTHS:
        messages.error(request, _("Choose one of the months in the list."))
        return redirect("history_runs")
    organization = request.organization
    if organization.history_months != months:
        organization.history_months = months
        organization.save(update_fields=["history_months"])
        sentence = _("The history of the work with Exact is kept for %(n)s months.") % {"n": months}
        organizations.note(
            action="history_kept", sentence=sentence, user=request.user, now=timezone.now()
        )
        messages.success(request, sentence)
    return redirect("history_runs")
