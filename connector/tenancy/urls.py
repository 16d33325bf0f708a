"""Addresses of signing in, the organization and its settings."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from connector.tenancy.views import entrance, language, profile, settings

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
    path("language/", language.choose_language, name="language"),
    path("profile/", profile.profile, name="profile"),
    path("activity/", settings.activity, name="activity"),
    path("settings/members/", settings.members, name="members"),
    path("settings/members/add/", settings.member_add, name="member_add"),
    path("settings/members/<int:membership_id>/role/", settings.member_role, name="member_role"),
    path(
        "settings/members/<int:membership_id>/remove/", settings.member_remove, name="member_remove"
    ),
    path("settings/api-keys/", settings.api_keys, name="api_keys"),
    path("settings/api-keys/add/", settings.api_key_add, name="api_key_add"),
    path("settings/api-keys/<int:key_id>/revoke/", settings.api_key_revoke, name="api_key_revoke"),
]
