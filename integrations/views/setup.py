"""The setup window: settings, mapping, check. The pencil opens the same screens, filled in."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_lifecycle, connection_setup, lanes, readiness, reference_lists
from integrations.connection_lifecycle import NotPossible
from integrations.forms import NUMBERING_NOTES, MappingForm, SettingsForm
from integrations.models import ConnectionState, ExactConnection, ListKind
from integrations.views import shared
from integrations.views.plan import plan_required

_SLOW = timedelta(seconds=60)
_NEEDED = {
    "settings": (ListKind.JOURNALS,),
    "mapping": (ListKind.LEDGER_ACCOUNTS, ListKind.VAT_CODES),
    "check": (
        ListKind.JOURNALS,
        ListKind.LEDGER_ACCOUNTS,
        ListKind.VAT_CODES,
        ListKind.PAYMENT_CONDITIONS,
    ),
}


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
    """Division, numbering, journal and payments."""
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
        return _settings_page(request, chosen, form, division_problem="Choose a division.")
    if not had_division:
        # Its journals are known only now, so the same screen comes again with the list.
        messages.info(request, "The division is chosen. Its journals are on their way.")
        return redirect("connection_settings", connection_id=chosen.pk)
    if chosen.state != ConnectionState.SETUP_INCOMPLETE:
        messages.success(request, f"The settings of “{chosen.name}” are saved.")
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
    numbering = request.POST.get("numbering", "")
    connection_setup.save_draft(
        connection,
        name=request.POST.get("name", "")[:80].strip(),
        numbering=numbering if numbering in NUMBERING_NOTES else "",
        sync_payments="sync_payments" in request.POST,
    )


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
    return shared.go_to(request, reverse("connection_settings", args=[connection.pk]))


def _is_stored(request: TenantRequest, connection: ExactConnection, form: SettingsForm) -> bool:
    """Whether the first screen was stored; of an incomplete one what was typed is kept, and the form says what is wrong."""
    if form.is_valid():
        try:
            _save(request, connection, form)
        except NotPossible as problem:
            form.add_error(problem.field_name or None, problem.sentence)
        else:
            return True
    _save_draft(request, connection)
    return False


def _save(request: TenantRequest, connection: ExactConnection, form: SettingsForm) -> None:
    values = form.cleaned_data
    connection_setup.save_settings(
        connection,
        name=values["name"],
        subsidiary=values["subsidiary"],
        numbering=values["numbering"],
        default_journal_code=values["default_journal_code"],
        sync_payments=values["sync_payments"],
        user=request.user,
        now=timezone.now(),
    )


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
    context = _context(connection, "settings") | {
        "form": form,
        "numbering_notes": [(value, value.label, note) for value, note in NUMBERING_NOTES.items()],
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


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def mapping(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Which ledger account and VAT code lines get in Exact."""
    connection = shared.find_for_change(connection_id)
    if connection.division is None:
        return redirect(shared.next_step(connection))
    form = MappingForm(request.POST or None, connection=connection)
    context = _context(connection, "mapping") | {"form": form}
    if not form.is_valid():
        part = "#body" if request.htmx else ""
        return render(
            request,
            f"integrations/connection_mapping.html{part}",
            context,
            status=422 if form.is_bound else 200,
        )
    connection_setup.save_mappings(
        connection, form.to_mappings(), user=request.user, now=timezone.now()
    )
    if connection.state == ConnectionState.SETUP_INCOMPLETE:
        onward = "settings" if "back" in request.POST else "check"
        return redirect(f"connection_{onward}", connection_id=connection.pk)
    messages.success(request, f"The mapping of “{connection.name}” is saved.")
    return redirect("marketplace")


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def check(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The settings in sentences, what is missing, and Finish."""
    connection = shared.find_for_change(connection_id)
    if connection.division is None:
        return redirect(shared.next_step(connection))
    problem = ""
    if request.method == "POST":
        try:
            connection_lifecycle.make_ready(connection, user=request.user, now=timezone.now())
        except NotPossible as not_possible:
            problem = not_possible.sentence
        else:
            messages.success(request, f"“{connection.name}” is connected.")
            return redirect("marketplace")
    context = _context(connection, "check")
    # Before the lists are here there is nothing to compare the settings with.
    findings = [] if context["is_fetching"] else readiness.check(connection)
    context |= {
        "problem": problem,
        "findings": findings,
        "is_blocked": any(readiness.is_blocking(finding) for finding in findings),
    }
    part = "#body" if request.htmx else ""
    return render(
        request,
        f"integrations/connection_check.html{part}",
        context,
        status=422 if problem else 200,
    )


@require_POST
@admin_required
@plan_required
def refresh_lists(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Ask the lane to read the lists again, and go back to where the person was."""
    connection = shared.find_for_change(connection_id)
    step = request.POST.get("step", "")
    if reference_lists.refresh_for_person(connection, now=timezone.now()):
        messages.info(request, "The lists are being read from Exact again.")
    else:
        messages.info(request, "The lists were asked for a moment ago.")
    name = f"connection_{step}" if step in {*_NEEDED, "activity"} else "connection_setup"
    return redirect(name, connection_id=connection.pk)


def _context(connection: ExactConnection, step: str) -> dict[str, object]:
    lists = reference_lists.freshness(connection)
    needed = [lists.get(kind) for kind in _NEEDED[step]]
    missing = [row for row in needed if row is None or row.refreshed_at is None]
    asked = [row.requested_at for row in missing if row and row.requested_at]
    refreshed = [row.refreshed_at for row in needed if row and row.refreshed_at]
    return {
        "connection": connection,
        "login_needed": shared.needs_login(connection),
        "step": step,
        "is_editing": connection.state != ConnectionState.SETUP_INCOMPLETE,
        "is_fetching": bool(missing)
        and connection.division is not None
        and not shared.needs_login(connection),
        "is_slow": bool(asked) and timezone.now() - min(asked) > _SLOW,
        "list_problems": sorted({row.problem for row in needed if row and row.problem}),
        "refreshed_at": min(refreshed, default=None),
        "lane": lanes.lane_status(connection),
    }
