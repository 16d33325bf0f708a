"""Addresses of signing in, the organization and its settings."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from connector.tenancy.views import entrance

urlpatterns = [
    path("sign-in/", entrance.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password-reset/", entrance.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/sent/", entrance.PasswordResetDone.as_view(), name="password_reset_done"),
    path(
        "password-reset/done/",
        entrance.PasswordResetComplete.as_view(),
        name="password_reset_complete",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        entrance.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
    path("organization/switch/", entrance.switch_organization, name="organization_switch"),
]
