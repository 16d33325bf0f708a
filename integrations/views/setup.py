"""The setup window: the first screen, and the way to the step where setup goes on. The pencil opens it, filled in."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connector.tenancy.access import TenantRequest, admin_required
from connector.way_back import keep_way_back, way_back
from integrations import connection_lifecycle, connection_setup
from integrations.connection_lifecycle import NotPossible
from integrations.forms.settings import NUMBERINGS, ROUTES, SettingsForm
from integrations.models import ConnectionState, ExactConnection, Numbering, Route, Sending
from integrations.views import setup_context, shared
from integrations.views.plan import plan_required


@require_GET
@admin_required
def setup(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Lead to the step where setup goes on; a finished connection opens with its settings."""
    connection = shared.find(connection_id)
    if connection.state == ConnectionState.SETUP_INCOMPLETE:
        return redirect(shared.next_step(connection))
    return redirect("connection_settings", connection_id=connection.pk)


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def settings(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Division, route, numbering, journal and payments."""
    connection = shared.find_for_change(connection_id)
    if connection.grant is None and connection.division is None:
        return redirect(shared.next_step(connection))
    if request.method != "POST":
        return _settings_page(request, connection, SettingsForm(connection=connection))
    had_division = connection.division is not None
    chosen, problem = _choose_posted_division(request, connection)
    if problem or chosen.pk != connection.pk:
        return _after_division(request, chosen, problem)
    form = SettingsForm(request.POST, connection=chosen)
    if not _is_stored(request, chosen, form) and "back" not in request.POST:
        return _settings_page(request, chosen, form)
    if "back" in request.POST:
        return redirect("connection_begin", connection_id=chosen.pk)
    if chosen.division is None:
        return _settings_page(request, chosen, form, division_problem=_("Choose a division."))
    if not had_division:
        # Its journals are known only now, so the same screen comes again with the list.
        messages.info(request, _("The division is chosen. Its journals are on their way."))
        return redirect(_settings_address(request, chosen))
    if chosen.state != ConnectionState.SETUP_INCOMPLETE:
        messages.success(
            request, _("The settings of “%(name)s” are saved.") % {"name": chosen.name}
        )
        if back := way_back(request):
            return redirect(back)
    return redirect("connection_mapping", connection_id=chosen.pk)


@require_POST
@admin_required
@plan_required
def division(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Choose the division at once, so that its journals come while the rest is filled in."""
    connection = shared.find_for_change(connection_id)
    _save_draft(request, connection)
    chosen, problem = _choose_posted_division(request, connection)
    return _after_division(request, chosen, problem)


def _save_draft(request: TenantRequest, connection: ExactConnection) -> None:
    def posted(name: str, allowed: list[str]) -> str:
        value = request.POST.get(name, "")
        return value if value in allowed else ""

    connection_setup.save_draft(
        connection,
        name=request.POST.get("name", "")[:80].strip(),
        route=posted("route", Route.values),
        numbering=posted("numbering", Numbering.values),
        sending=posted("sending", Sending.values),
        sync_payments="sync_payments" in request.POST,
        payments_from=_posted_day(request),
        now=timezone.now(),
    )


def _posted_day(request: TenantRequest) -> date | None:
    try:
        day: date | None = forms.DateField(required=False).clean(request.POST.get("payments_from"))
    except forms.ValidationError:
        return None
    return day


def _choose_posted_division(
    request: TenantRequest, connection: ExactConnection
) -> tuple[ExactConnection, str]:
    posted = request.POST.get("division", "")
    if not posted:
        return connection, ""
    try:
        # int() reads what is not a number of a division as well, such as "1_0".
        code = int(posted) if posted.isascii() and posted.isdigit() else -1
        return connection_setup.choose_division(
            connection, code, user=request.user, now=timezone.now()
        ), ""
    except NotPossible as problem:
        return connection, problem.sentence


def _after_division(
    request: TenantRequest, connection: ExactConnection, problem: str
) -> HttpResponse:
    form = SettingsForm(request.POST if problem else None, connection=connection)
    if problem:
        return _settings_page(request, connection, form, division_problem=problem)
    if request.htmx and request.path.endswith(f"/{connection.pk}/division/"):
        return _settings_page(request, connection, form, part="#lists")
    return shared.go_to(request, _settings_address(request, connection))


def _settings_address(request: TenantRequest, connection: ExactConnection) -> str:
    # Choosing a division on the way does not forget where somebody came from.
    return keep_way_back(reverse("connection_settings", args=[connection.pk]), request)


def _is_stored(request: TenantRequest, connection: ExactConnection, form: SettingsForm) -> bool:
    """Whether the first screen was stored; of an incomplete one what was typed is kept, and the form says what is wrong."""
    if form.is_valid():
        try:
            connection_setup.save_settings(
                connection, form.to_settings(), user=request.user, now=timezone.now()
            )
        except NotPossible as problem:
            form.add_error(problem.field_name or None, problem.sentence)
        else:
            return True
    _save_draft(request, connection)
    return False


def _settings_page(
    request: TenantRequest,
    connection: ExactConnection,
    form: SettingsForm,
    *,
    division_problem: str = "",
    part: str = "",
) -> HttpResponse:
    options = connection_setup.list_division_options(connection)
    usable = [option.division.code for option in options if not option.refusal]
    posted = request.POST.get("division", "")
    context = setup_context.build(connection, "settings") | {
        "form": form,
        "routes": ROUTES,
        "numberings": NUMBERINGS,
        "division_options": options,
        "division_problem": division_problem,
        "is_division_locked": connection_lifecycle.is_division_locked(connection),
        # The only one that can be chosen is ticked, visibly; what Exact calls current never is.
        "chosen_division": posted
        or str(connection.division or (usable[0] if len(usable) == 1 else "")),
    }
    is_wrong = form.is_bound or bool(division_problem)
    template = f"integrations/connection_settings.html{part}"
    return render(request, template, context, status=422 if is_wrong and not part else 200)


@require_GET
@admin_required
def journal(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The journal field alone, asked for again until the division's journals are here."""
    connection = shared.find(connection_id)
    return _settings_page(request, connection, SettingsForm(connection=connection), part="#lists")
