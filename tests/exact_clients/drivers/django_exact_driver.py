"""Drives django-exact (https://github.com/affiliprint/django-exact) in a small Django project, as its README says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

from tests.exact_clients.drivers.serve import serve

APPS = ["auth", "contenttypes", "sessions", "sites", "messages", "admin"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def begin(given: dict[str, str]) -> None:
    """This function will set up the project and its database."""
    database = Path(given["folder"]) / "project.sqlite3"
    settings.configure(
        SECRET_KEY=given["client_secret"],
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in APPS), "exact.app.Config"],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ROOT_URLCONF="tests.exact_clients.drivers.django_exact_urls",
        SITE_ID=1,
        USE_TZ=True,
        EXACT_ONLINE_API_URL=f"{given['base_url']}/api",
        EXACT_ONLINE_CLIENT_ID=given["client_id"],
        EXACT_ONLINE_CLIENT_SECRET=given["client_secret"],
        EXACT_ONLINE_REDIRECT_URI=f"{given['site']}/exact/authenticate",
        EXACT_ONLINE_DIVISION=int(given["division"]),
    )
    django.setup()
    call_command("migrate", verbosity=0)


class Orders:
    """What the tests may ask of this client."""

    def __init__(self) -> None:
        # Both need the settings of `begin`.
        from django.contrib.auth.models import User  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        self.browser = Client()
        staff: Any = User.objects.create_superuser("staff")
        self.browser.force_login(staff)

    @property
    def api(self) -> Any:
        """The client as each request of a Django site makes it anew: the tokens come from the database."""
        from exact.api import Exact  # noqa: PLC0415 - it reads the settings when it is imported

        return Exact()

    def authorize_address(self) -> str:
        """Where a person logs on: where the project's own page sends them."""
        return str(self.browser.get("/exact/authenticate").headers["Location"])

    def take_code(self, code: str) -> str:
        """Come back to the project's own page with the code, and see the page after it."""
        answer = self.browser.get("/exact/authenticate", {"code": code})
        return str(answer.headers["Location"])

    def status_page(self) -> str:
        """The project's own page about the connection: it reads Me and the webhooks."""
        return str(self.browser.get("/exact/status").content.decode())

    def exchange_again(self) -> None:
        """Exchange the code that is stored; Exact takes each only once."""
        self.api.get_token()

    def tokens(self) -> dict[str, str]:
        """The pair in use."""
        session = self.api.session
        return {"access": session.access_token, "refresh": session.refresh_token}

    def refresh(self) -> None:
        """Ask for a new pair at once."""
        self.api.refresh_token()

    def rows(self, resource: str, **options: str) -> Any:
        """All rows, over as many pages as there are."""
        names = {"filter": "filter_string", "orderby": "order_by"}
        wanted = {names.get(name, name): value for name, value in options.items()}
        return list(self.api.filter(resource, **wanted))

    def one(self, resource: str, filter: str, select: str | None = None) -> Any:
        """The only row."""
        return self.api.get(resource, filter_string=filter, select=select)

    def create(self, resource: str, data: dict[str, Any]) -> Any:
        """POST."""
        return self.api.create(resource, data)

    def update(self, resource: str, record: str, data: dict[str, Any]) -> Any:
        """PUT."""
        return self.api.update(resource, record, data)

    def delete(self, resource: str, record: str) -> Any:
        """DELETE."""
        return self.api.delete(resource, record)

    def subscribe(self, topic: str, callback: str) -> str:
        """Save a row of the client's webhooks, as its admin page does, and return Exact's id of it."""
        from exact.models import Webhook  # noqa: PLC0415

        return str(Webhook.objects.create(topic=topic, callback=callback).guid)

    def unsubscribe(self, topic: str) -> None:
        """Delete the row."""
        from exact.models import Webhook  # noqa: PLC0415

        Webhook.objects.get(topic=topic).delete()

    def receive_webhook(self, body: str) -> int:
        """Hand a call of Exact to the client's own view and return its status."""
        answer = self.browser.generic("POST", "/exact/webhook", body, "application/json")
        return int(answer.status_code)

    def customer_by_code(self, code: str) -> Any:
        """The client's own helper, which pads the code."""
        return self.api.accounts.get(code=code)

    def entry_by_number(self, number: int) -> Any:
        """The client's own helper for sales entries."""
        return self.api.sales.get(entry_number=number)


def describe(problem: Exception) -> dict[str, Any]:
    """Status and text of an error of the client."""
    response = getattr(problem, "response", None)
    if response is None:
        return {}
    text = getattr(problem, "error_message", None)
    return {"status": response.status_code, "body": response.text, "error_message": text}


if __name__ == "__main__":
    begin(json.loads(sys.argv[1]))
    serve(Orders(), describe)
