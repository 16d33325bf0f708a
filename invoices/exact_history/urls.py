"""Addresses of the history of the work with Exact."""

from __future__ import annotations

from django.urls import path

from invoices.exact_history import views

_RUN = "activity/exact/<int:work_run_id>/"

urlpatterns = [
    path("activity/exact/", views.runs, name="history_runs"),
    path("activity/exact/runs.csv", views.runs_csv, name="history_csv"),
    path("activity/exact/keep/", views.keep, name="history_keep"),
    path(_RUN, views.run, name="history_run"),
    path(f"{_RUN}calls/<int:call_id>/", views.call, name="history_call"),
]
