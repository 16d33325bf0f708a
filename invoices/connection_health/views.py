"""The health page of a connection, with Retry all and Not ours on it. Nothing here calls Exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from connector.tenancy.access import TenantRequest, admin_required, finance_required
from integrations import health, lanes, status, suggesting
from integrations.marketplace import describe
from integrations.models import ConnectionState, ExactConnection
from integrations.views import shared
from invoices import breaks
from invoices.connection_health import forgotten, retrying, standings, troubles
from invoices.copy_refusals import CopyRefused
from invoices.models import ForgottenDocument


@require_safe
@shared.may_lead_to_exact
@finance_required
def show(request: TenantRequest, connection_id: int) -> HttpResponse:
    """This function will show how the connection is doing: its invoices, its log-in, its runs, and what is wrong."""
    connection = shared.find(connection_id)
    if connection.state == ConnectionState.SETUP_INCOMPLETE:
        raise Http404
    now, row, lane = timezone.now(), describe(connection), lanes.lane_status(connection)
    context = {
        "connection": connection,
        "row": row,
        "step": "health",
        "is_editing": True,
        "login_needed": shared.needs_login(connection),
        "log_in": health.log_in(connection),
        "lane": lane,
        "runs": health.list_runs(connection, is_paused=lane.paused_at is not None, now=now),
        "waits": health.list_waits(connection, row.waits, now=now),
        "problems": health.list_problems(connection),
        "events": health.last_problems(connection),
        "background": status.background_work(),
        "standings": standings.count_standings(connection),
        "troubles": troubles.list_troubles(connection),
        "uncovered": suggesting.uncovered(connection),
        "forgotten": forgotten.list_forgotten(connection),
        "break_count": breaks.count_open(connection),
        "lists": _addresses(connection),
    }
    return render(request, "invoices/connection_health.html", context)


def _of_a_trouble(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the connection and its trouble; when nothing stands still for it any more, say so on the health page."""

    @wraps(view)
    def found(request: TenantRequest, connection_id: int, cause_key: str) -> HttpResponse:
        connection = shared.find(connection_id)
        trouble = troubles.find_trouble(connection, cause_key)
        if trouble is None:
            messages.info(request, _("Nothing stands still for this any more."))
            return redirect("connection_health", connection.pk)
        return view(request, connection, trouble)

    return found


@require_safe
@finance_required
@_of_a_trouble
def cause(
    request: TenantRequest, connection: ExactConnection, trouble: troubles.Trouble
) -> HttpResponse:
    """This function will list the invoices that stand still for one cause."""
    context = {"connection": connection, "trouble": trouble}
    return render(request, "invoices/connection_cause.html", context)


@require_POST
@finance_required
@_of_a_trouble
def retry(
    request: TenantRequest, connection: ExactConnection, trouble: troubles.Trouble
) -> HttpResponse:
    """This function will ask again for every copy that was refused for one cause, and tell what came of it."""
    try:
        retried = retrying.retry_all(
            request_ids=[one.pk for one in trouble.requests],
            connection=connection,
            user=request.user,
            now=timezone.now(),
        )
    except CopyRefused as refused:
        messages.error(request, f"{refused.sentence} {refused.remedy}")
    else:
        _tell(request, retried)
    return redirect("connection_health", connection.pk)


@require_POST
@admin_required
def dismiss_forgotten(
    request: TenantRequest, connection_id: int, forgotten_id: int
) -> HttpResponse:
    """This function will note that a document in Exact is no invoice's here, and tell what was asked for again."""
    connection = shared.find(connection_id)
    document = get_object_or_404(ForgottenDocument, pk=forgotten_id, connection=connection)
    dismissed = forgotten.dismiss(document, connection, user=request.user, now=timezone.now())
    if dismissed is None:
        messages.info(request, _("Somebody decided about it meanwhile, or an invoice claims it."))
    else:
        messages.success(request, _("Dismissed: copies look at it no more."))
        _tell(request, dismissed.retried)
        if dismissed.refused is not None:
            messages.warning(request, f"{dismissed.refused.sentence} {dismissed.refused.remedy}")
    return redirect("connection_health", connection.pk)


def _tell(request: TenantRequest, retried: retrying.Retried) -> None:
    if retried.count:
        sentence = ngettext(
            "%(count)d copy was asked for again, with the same choices.",
            "%(count)d copies were asked for again, with the same choices.",
            retried.count,
        )
        messages.success(request, sentence % {"count": retried.count})
    for reason, count in retried.refused.most_common():
        sentence = ngettext(
            "%(count)d was not: %(reason)s.", "%(count)d were not: %(reason)s.", count
        )
        messages.warning(request, sentence % {"count": count, "reason": reason.removesuffix(".")})


def _addresses(connection: ExactConnection) -> dict[str, str]:
    """Where each number's invoices are listed."""
    narrowed = {
        **{sync.value: {"sync": sync.value} for sync in standings.Sync},
        "not_asked": {"sync": standings.Sync.NOT_SYNCED, "copy": "not_copied"},
        "on_the_way": {"copy": "in_progress"},
    }
    here = {"subsidiary": connection.subsidiary_id}
    return {
        name: f"{reverse('invoice_list')}?{urlencode(here | wanted)}"
        for name, wanted in narrowed.items()
    }
