"""The page where a member sets what concerns them alone: their name, and which mails they get."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connector import languages
from connector.tenancy.access import TenantRequest, member_required
from connector.tenancy.forms import ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def profile(request: TenantRequest) -> HttpResponse:
    """This function will show and store the member's own choices in this organization."""
    form = ProfileForm(request.POST or None, membership=request.membership, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.store()
        response = redirect("profile")
        languages.remember(response, request.user.language)
        with translation.override(languages.language_of(request)):
            messages.success(request, _("Your profile is saved."))
        return response
    return render(
        request, "tenancy/profile.html", {"form": form}, status=422 if form.errors else 200
    )
