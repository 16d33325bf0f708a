"""The web application with its addresses and pages loaded before it forks: a worker that was killed is back at once."""

from __future__ import annotations

from django.template.loader import get_template
from django.urls import get_resolver

from connector.wsgi import application

__all__ = ["application"]

get_resolver().reverse("home")
for name in ("invoices/copy.html", "tenancy/sign_in.html"):
    get_template(name)
