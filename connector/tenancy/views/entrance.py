"""Signing in and out, passwords, the first page, and choosing the organization."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from connector.tenancy.access import TenantRequest, member_required
from connector.tenancy.forms import NewPasswordForm, PasswordForgottenForm, SignInForm
from connector.tenancy.middleware import SESSION_KEY
from connector.tenancy.models import User


class SignIn(auth_views.LoginView):
    """E-mail and password; `next` is followed only within this site, too many failures lock for a while."""

    template_name = "tenancy/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    # Each by its own name, which the template tag for languages would translate.
    extra_context = {"languages": settings.LANGUAGES}

    def form_valid(self, form: Any) -> HttpResponse:
        """This function will sign in, and keep which language the browser asks for."""
        response = super().form_valid(form)
        asked = translation.get_language_from_request(self.request)
        user = self.request.user
        if isinstance(user, User) and user.browser_language != asked:
            User.objects.filter(pk=user.pk).update(browser_language=asked)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """This function will show the form again with 422, so that scripts can tell it from a page."""
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = 422
        return response


class PasswordReset(auth_views.PasswordResetView):
    """Sends a link; the answer never tells whether the address is known."""

    template_name = "tenancy/password_reset.html"
    form_class = PasswordForgottenForm
    success_url = reverse_lazy("password_reset_done")
    subject_template_name = "emails/password_reset_subject.txt"
    email_template_name = "emails/password_reset.txt"
    # The address people know, never the Host header of whoever asks.
    extra_email_context = {"public_url": settings.PUBLIC_URL}


class PasswordResetDone(auth_views.PasswordResetDoneView):
    """Says where to look."""

    template_name = "tenancy/password_reset_done.html"


class PasswordResetConfirm(auth_views.PasswordResetConfirmView):
    """Takes the new password from whoever holds the link."""

    template_name = "tenancy/password_reset_confirm.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("password_reset_complete")


class PasswordResetComplete(auth_views.PasswordResetCompleteView):
    """Says that the new password works."""

    template_name = "tenancy/password_reset_complete.html"


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """This function will send a member to the invoices, and tell others how to get a place."""
    if getattr(request, "membership", None) is None:
        return render(request, "tenancy/no_organization.html")
    return redirect("invoice_list")


@require_POST
@member_required
def switch_organization(request: TenantRequest) -> HttpResponse:
    """This function will make another of the user's own organizations the current one; others' ids are 404."""
    asked = request.POST.get("organization", "")
    chosen = next((m for m in request.memberships if str(m.organization_id) == asked), None)
    if chosen is None:
        raise Http404("No such organization.")
    request.session[SESSION_KEY] = chosen.organization_id
    request.user.last_organization_id = chosen.organization_id
    request.user.save(update_fields=["last_organization_id"])
    return redirect("home")
