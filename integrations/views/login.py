"""To Exact's log-in page and back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from connector.database_clock import database_now
from connector.tenancy.access import TenantRequest, admin_required
from connector.tenancy.middleware import opens_its_own_transactions
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, exact_login, health, hooks
from integrations.models import ConnectionState, ExactConnection
from integrations.views import shared
from integrations.views.plan import plan_required

_PROBLEM = "exact_login_problem"


@require_POST
@admin_required
@plan_required
def log_in(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Send the browser to Exact's log-in page, for a new connection or to reconnect one."""
    return to_exact(request, shared.find(connection_id))


@require_GET
@shared.may_lead_to_exact
@admin_required
@plan_required
def hand_over(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Say what changes and what stays when the reader's log-in at Exact takes the place of the one there is."""
    connection = shared.find(connection_id)
    if connection.division is None:
        return redirect(shared.next_step(connection))
    context = {
        "connection": connection,
        "log_in": health.log_in(connection),
        "waiting": hooks.count_waiting(connection),
        "others": connection_lifecycle.list_sharing(connection),
    }
    return render(request, "integrations/hand_over.html", context)


def to_exact(request: TenantRequest, connection: ExactConnection) -> HttpResponse:
    """This function will note a new journey and send the browser on it."""
    if request.session.session_key is None:
        request.session.save()
    address = exact_login.start(
        connection=connection,
        user=request.user,
        session_key=str(request.session.session_key),
        now=database_now(),
    )
    return shared.go_to(request, address)


@require_GET
@never_cache
@opens_its_own_transactions
@admin_required
def callback(request: TenantRequest) -> HttpResponse:
    """Take what the browser brought back from Exact. The only page that calls Exact."""
    response = _return(request)
    # The address holds a code that must not travel on in a header or stay in a cache.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _return(request: TenantRequest) -> HttpResponse:
    returned = exact_login.Return(
        state=request.GET.get("state", ""),
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
    )
    request.session.pop(_PROBLEM, None)
    try:
        connection_id = exact_login.finish(
            organization_id=request.organization.pk,
            user=request.user,
            session_key=str(request.session.session_key),
            returned=returned,
            now=database_now(),
        )
    except exact_login.LoginProblem as problem:
        return _explain(request, problem)
    with tenant_transaction(request.organization.pk):
        connection = shared.find(connection_id)
        if connection.state == ConnectionState.SETUP_INCOMPLETE:
            messages.success(request, _("You are logged in at Exact. Choose a division to go on."))
            return redirect(shared.next_step(connection))
        messages.success(
            request,
            _(
                "“%(name)s” is connected again, through the log-in of %(exact_user_name)s. Waiting work goes on."
            )
            % {"name": connection.name, "exact_user_name": connection.grant.exact_user_name},
        )
        return redirect("marketplace")


def _explain(request: TenantRequest, problem: exact_login.LoginProblem) -> HttpResponse:
    # Another page shows it: this one's address holds the code, and from a page that sends no referrer
    # browsers post forms without their origin, which the check against forged requests refuses.
    request.session[_PROBLEM] = {
        "sentence": problem.sentence,
        "connection_id": problem.connection_id,
        "is_done": isinstance(problem, exact_login.AlreadyConnected),
    }
    return redirect("connection_log_in_problem")


@require_GET
@never_cache
@shared.may_lead_to_exact
@admin_required
def problem(request: TenantRequest) -> HttpResponse:
    """Why the last log-in at Exact did not end in a connection, and what to do next."""
    found = request.session.get(_PROBLEM)
    if found is None:
        return redirect("marketplace")
    connection = ExactConnection.objects.filter(pk=found["connection_id"]).first()
    context = {"sentence": found["sentence"], "is_done": found["is_done"], "connection": connection}
    return render(request, "integrations/login_problem.html", context)
