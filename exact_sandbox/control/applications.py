"""The applications of the App Center, and tokens for them without the pages."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from exact_sandbox.applications import (
    Application,
    all_applications,
    find_application,
    plain_client_id,
    register,
    remove,
)
from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Schema,
    Subject,
    fields,
    many,
    ref,
    text,
)
from exact_sandbox.oauth.grants import issue_code, log_on_without_pages, remember_consent
from exact_sandbox.oauth.redirects import redirect_allowed
from exact_sandbox.scopes import LEVELS, ScopeError, all_scopes, changed_scopes
from exact_sandbox.users import User, user_by_name

_ANNA = "anna@studio-noord.example"
_NO_SCOPES = dict.fromkeys(all_scopes(), "none")


def _as_json(application: Application) -> dict[str, object]:
    held = application.scopes
    return {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "name": application.name,
        "redirect_uris": list(application.redirect_uris),
        "scopes": {
            scope: "manage" if held is None else held.get(scope, "none") for scope in all_scopes()
        },
        "webhook_secret": application.webhook_secret,
        "country": application.country,
    }


def _show(call: Call) -> dict[str, object]:
    return {"applications": [_as_json(item) for item in all_applications(call.sandbox.database)]}


def _application(call: Call) -> Application:
    """Return the application the body names, or the first one; raises ControlError."""
    client_id = call.body.get("client_id")
    if client_id is None:
        return all_applications(call.sandbox.database)[0]
    application = find_application(call.sandbox.database, client_id)
    if application is None:
        raise ControlError(f"There is no application {client_id}.")
    return application


def _register(call: Call) -> dict[str, object]:
    body = call.body
    client_id = plain_client_id(body.get("client_id", "") or str(uuid.uuid4()))
    if find_application(call.sandbox.database, client_id) is not None:
        raise ControlError(f"There is an application {client_id} already.")
    granted = body.get("scopes")
    application = Application(
        client_id,
        body.get("client_secret") or secrets.token_urlsafe(12),
        body["name"],
        tuple(body.get("redirect_uris", ())),
        None if granted is None else changed_scopes(None, {**_NO_SCOPES, **granted}),
        body.get("webhook_secret") or secrets.token_urlsafe(12),
        body.get("country", ""),
    )
    register(call.sandbox.database, application)
    return _as_json(application)


def _change(call: Call) -> dict[str, object]:
    """Change an application.

    A scope that is taken away is gone at once. One that is added works for tokens of a consent given
    after that; Exact asks for a new consent too.
    """
    application = _application(call)
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in call.body.items()
        if name not in ("client_id", "scopes")
    }
    scopes = changed_scopes(application.scopes, call.body.get("scopes", {}))
    changed = replace(application, scopes=scopes, **changes)
    register(call.sandbox.database, changed)
    return _as_json(changed)


def _remove(call: Call) -> None:
    if find_application(call.sandbox.database, call.path["client_id"]) is None:
        raise ControlError("There is no such application.", 404)
    remove(call.sandbox.database, call.path["client_id"])


def _user(call: Call) -> User:
    user = user_by_name(call.sandbox.database, call.body["username"])
    if user is None:
        raise ControlError("There is no such user.")
    return user


def _tokens(call: Call) -> dict[str, str]:
    return log_on_without_pages(call.sandbox, _application(call), _user(call).id)


def _code(call: Call) -> dict[str, str]:
    application, user = _application(call), _user(call)
    redirect_uri = call.body["redirect_uri"]
    if not redirect_allowed(application, redirect_uri, call.sandbox.switches):
        raise ControlError("The redirect_uri does not match the one registered.")
    remember_consent(call.sandbox, application, user.id)
    code = issue_code(call.sandbox, application, user.id, redirect_uri)
    joint = "&" if "?" in redirect_uri else "?"
    return {"code": code, "callback": f"{redirect_uri}{joint}{urlencode({'code': code})}"}


_SCOPES: Schema = {
    "type": "object",
    "properties": {scope: text(enum=list(LEVELS)) for scope in all_scopes()},
    "description": "Levels by scope.",
}
_CHANGEABLE = {
    "client_secret": text(),
    "name": text("Shown when consent is asked."),
    "redirect_uris": many(text("Met to the character; without any, https and localhost will do.")),
    "scopes": _SCOPES,
    "webhook_secret": text("Signs the webhooks."),
    "country": text("Of the App Center that registered it; empty: each.", pattern="^([A-Z]{2})?$"),
}
_CLIENT_ID = text("Without it the first application.")

SUBJECT = Subject(
    "applications",
    "The applications of the App Center, and codes and tokens for them without the pages.",
    (
        Route(
            "GET",
            "/_sandbox/applications",
            _show,
            "Every application with its secrets and scopes",
            response=ref("Applications"),
        ),
        Route(
            "POST",
            "/_sandbox/applications",
            _register,
            "Register an application; with `scopes` it has those only, without it all",
            request=fields("name", client_id=text("A GUID is made up without."), **_CHANGEABLE),
            response=ref("Application"),
            status=201,
            example={"name": "Invoice reader", "scopes": {"Financial accounting": "read"}},
        ),
        Route(
            "PATCH",
            "/_sandbox/applications",
            _change,
            "Change an application; scopes that are not named stay",
            request=fields(client_id=_CLIENT_ID, **_CHANGEABLE),
            response=ref("Application"),
            example={"scopes": {"Crm accounts": "read"}},
        ),
        Route(
            "DELETE",
            "/_sandbox/applications/{client_id}",
            _remove,
            "Remove an application; its tokens die with it",
        ),
        Route(
            "POST",
            "/_sandbox/tokens",
            _tokens,
            "Log a user on without the pages: the answer is that of the token address",
            request=fields("username", username=text("The e-mail address."), client_id=_CLIENT_ID),
            response=ref("Tokens"),
            example={"username": _ANNA},
        ),
        Route(
            "POST",
            "/_sandbox/codes",
            _code,
            "Log a user on without the pages: the answer holds an authorization code",
            request=fields(
                "username redirect_uri",
                username=text("The e-mail address."),
                redirect_uri=text(),
                client_id=_CLIENT_ID,
            ),
            response=ref("Code"),
            example={"username": _ANNA, "redirect_uri": "http://localhost/callback"},
        ),
    ),
    schemas={
        "Application": fields("client_id name scopes", client_id=text(), **_CHANGEABLE),
        "Applications": fields("applications", applications=many(ref("Application"))),
        "Tokens": fields(
            "access_token token_type expires_in refresh_token",
            access_token=text(),
            token_type=text(),
            expires_in=text("Seconds, as a text."),
            refresh_token=text(),
        ),
        "Code": fields("code callback", code=text(), callback=text("Where a browser would go.")),
    },
    refusals=(ScopeError,),
)
