"""Settings pages: members, API keys, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from connector.dialogs import leave_dialog, render_dialog
from connector.sentences import sentence
from connector.tenancy import api_keys as keys, members as places
from connector.tenancy.access import TenantRequest, admin_required, member_required
from connector.tenancy.activity import Position, list_activity
from connector.tenancy.forms import ROLE_NOTES, ApiKeyForm, MemberForm, RoleForm
from connector.tenancy.models import ApiKey, Membership, Role
from connector.tenancy.organizations import note

ACTIVITY_PAGE = 50
FIRST_YEAR, LAST_YEAR, MAX_SKIP = 2000, 2200, 10_000


@require_safe
@member_required
def members(request: TenantRequest) -> HttpResponse:
    """This function will list the members; admins also get the buttons."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email", "id")
    return render(request, "tenancy/members.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def member_add(request: TenantRequest) -> HttpResponse:
    """This function will ask for an address and a role, and give it a place."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            membership = places.add_by_email(
                organization=request.organization,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=Role(form.cleaned_data["role"]),
                added_by=request.user,
                now=timezone.now(),
            )
        except places.AlreadyMember as problem:
            form.add_error("email", str(problem))
        else:
            messages.success(
                request,
                _("%(email)s is now %(role)s. A mail with the way in is on its way.")
                % {"email": membership.user.email, "role": membership.get_role_display()},
            )
            return leave_dialog(request, "members")
    return _ask(request, "tenancy/member_add.html", form, {"roles": _role_choices(form)})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def member_role(request: TenantRequest, membership_id: int) -> HttpResponse:
    """This function will ask for the member's role and store it."""
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organization"), pk=membership_id
    )
    form = RoleForm(request.POST or None, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        try:
            places.change_role(
                membership=membership,
                role=Role(form.cleaned_data["role"]),
                changed_by=request.user,
                now=timezone.now(),
            )
        except places.LastAdmin as problem:
            form.add_error("role", str(problem))
        else:
            messages.success(
                request,
                _("%(email)s is now %(role)s.")
                % {"email": membership.user.email, "role": membership.get_role_display()},
            )
            return leave_dialog(request, "members")
    context = {"member": membership, "roles": _role_choices(form)}
    return _ask(request, "tenancy/member_role.html", form, context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def member_remove(request: TenantRequest, membership_id: int) -> HttpResponse:
    """This function will ask once more and then take the member's place away."""
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organization"), pk=membership_id
    )
    problem = ""
    if request.method == "POST":
        try:
            places.remove(membership=membership, removed_by=request.user, now=timezone.now())
        except places.LastAdmin as reason:
            problem = str(reason)
        else:
            messages.success(
                request, _("%(email)s no longer has access.") % {"email": membership.user.email}
            )
            return leave_dialog(request, "members")
    return render_dialog(
        request,
        "tenancy/member_remove.html",
        {
            "member": membership,
            "problem": problem,
            "ties": places.list_ties(membership.user),
        },
        status=422 if problem else 200,
    )


@require_safe
@admin_required
def api_keys(request: TenantRequest) -> HttpResponse:
    """This function will list the organization's API keys, never their text."""
    rows = ApiKey.objects.select_related("created_by")
    return render(
        request,
        "tenancy/api_keys.html",
        {"rows": rows.order_by("-revoked_at", "-created_at", "id")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@sensitive_variables("text")
def api_key_add(request: TenantRequest) -> HttpResponse:
    """This function will make a key and show its text this once."""
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, text = keys.create_api_key(
            name=form.cleaned_data["name"],
            created_by=request.user,
            organization_id=request.organization.pk,
        )
        note(
            action="api_key_made",
            sentence=sentence("Made the API key “%(name)s”.", name=key.name),
            user=request.user,
            now=timezone.now(),
        )
        return render_dialog(request, "tenancy/api_key_made.html", {"key": key, "text": text})
    return _ask(request, "tenancy/api_key_add.html", form, {})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def api_key_revoke(request: TenantRequest, key_id: int) -> HttpResponse:
    """This function will ask once more and then switch the key off for good."""
    key = get_object_or_404(ApiKey.objects.all(), pk=key_id)
    if request.method == "POST":
        now = timezone.now()
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            note(
                action="api_key_revoked",
                sentence=sentence("Revoked the API key “%(name)s”.", name=key.name),
                user=request.user,
                now=now,
            )
        messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
        return leave_dialog(request, "api_keys")
    return render_dialog(request, "tenancy/api_key_revoke.html", {"key": key})


@require_safe
@member_required
def activity(request: TenantRequest) -> HttpResponse:
    """This function will list what happened, newest first."""
    rows, following = list_activity(limit=ACTIVITY_PAGE, position=_position(request))
    return render(request, "tenancy/activity.html", {"rows": rows, "following": following})


def _position(request: TenantRequest) -> Position | None:
    try:
        until = datetime.fromisoformat(request.GET.get("until", ""))
        skip = int(request.GET.get("skip", "0"))
    except ValueError:
        return None
    # Written by hand, it may be any date or count; only those that a page could have linked to are used.
    if (
        until.tzinfo is None
        or not FIRST_YEAR <= until.year <= LAST_YEAR
        or not 0 <= skip <= MAX_SKIP
    ):
        return None
    return Position(until=until, skip=skip)


def _ask(request: TenantRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render_dialog(request, template, {"form": form, **context}, status=status)


def _role_choices(form: MemberForm | RoleForm) -> list[dict[str, Any]]:
    chosen = form["role"].value()
    return [
        {
            "value": role.value,
            "name": role.label,
            "note": ROLE_NOTES[role],
            "chosen": role == chosen,
        }
        for role in Role
    ]
