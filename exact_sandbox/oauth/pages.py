"""The pages a person meets: log on, allow or refuse, and back to the application.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep2
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from exact_sandbox.applications import Application, find_application
from exact_sandbox.html import CONTENT_SECURITY_POLICY, page
from exact_sandbox.json_answer import json_response
from exact_sandbox.oauth.grants import has_consent, issue_code, remember_consent
from exact_sandbox.oauth.redirects import redirect_allowed
from exact_sandbox.oauth.tokens import TokenRefused, token_answer
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.scopes import all_scopes
from exact_sandbox.users import User, password_fits, remember_log_on, user_by_id

SESSION_COOKIE = "ExactSandboxSession"

_LOG_ON = Markup("""<h1>Log on to Exact Online</h1>
<p class="soft">This is the sandbox: no real account is used. The password of every user is
<code>sandbox</code>; the users are listed on <a href="/">the start page</a>.</p>
{error}
<form method="post" class="card">
<div class="field"><label for="username">E-mail address</label>
<input type="text" inputmode="email" autocapitalize="none" id="username" name="username"
 value="{username}" autocomplete="username" required autofocus></div>
<div class="field"><label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" required></div>
<button type="submit" id="login" name="login" value="1">Log on</button>
</form>""")

_CONSENT = Markup("""<h1>Allow access?</h1>
<div class="card">
<p>The application <strong>{application}</strong> asks for access to Exact Online on behalf of
<strong>{name}</strong> ({username}).</p>
{rights}
<form method="post">
<button type="submit" id="allow" name="decision" value="allow">Allow</button>
<button type="submit" id="refuse" name="decision" value="refuse" class="plain">Refuse</button>
</form>
</div>
<p><a href="?{again}">Log on as someone else</a></p>""")


def _html(title: str, content: Markup, status: int = 200) -> Response:
    return Response(
        page(title, content, narrow=True),
        status=status,
        content_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )


def authorize(sandbox: Sandbox, request: Request) -> Response:
    """Answer a request to the authorize address."""
    country = sandbox.hosts.country(request.host) or ""
    application = find_application(sandbox.database, request.args.get("client_id", ""), country)
    problem = _request_problem(sandbox, application, request.args)
    if problem or application is None:
        return _html(
            "Error", Markup("<h1>This request cannot be handled</h1><p>{}</p>").format(problem), 400
        )
    if request.method == "POST" and "login" in request.form:
        return _log_on(sandbox, request, country)
    session = request.cookies.get(SESSION_COOKIE, "")
    user = user_by_id(sandbox.database, sandbox.sessions.get(session, ""))
    if user is not None and not may_log_on(sandbox, user, country):
        user = None
    if user is None or (request.method == "GET" and request.args.get("force_login") == "1"):
        return _html("Log on", _LOG_ON.format(error="", username=""))
    if request.method == "POST":
        return _decide(sandbox, request, application, user)
    if _needs_consent(sandbox, application, user):
        return _html(
            "Allow access",
            _CONSENT.format(
                application=application.name,
                name=user.full_name,
                username=user.username,
                rights=_rights(application),
                again=urlencode({**request.args.to_dict(), "force_login": "1"}),
            ),
        )
    return _back_with_code(sandbox, request, application, user)


def _request_problem(
    sandbox: Sandbox, application: Application | None, arguments: MultiDict[str, str]
) -> str:
    if application is None:
        return "The client_id is not that of a registered application."
    if arguments.get("response_type") != "code":
        return "The response_type must be 'code'."
    redirect_uri = arguments.get("redirect_uri", "")
    allowed = redirect_allowed(application, redirect_uri, sandbox.switches)
    return "" if allowed else "The redirect_uri does not match the one registered."


def _log_on(sandbox: Sandbox, request: Request, country: str) -> Response:
    username = request.form.get("username", "")
    user = password_fits(sandbox.database, username, request.form.get("password", ""))
    if user is None or not may_log_on(sandbox, user, country):
        error = Markup(
            '<p class="error" role="alert">The e-mail address or the password is not right.</p>'
        )
        return _html("Log on", _LOG_ON.format(error=error, username=username))
    remember_log_on(sandbox.database, user)
    session = secrets.token_urlsafe(32)
    sandbox.sessions[session] = user.id
    onward = {name: value for name, value in request.args.items() if name != "force_login"}
    response = Response(status=303, headers={"Location": f"/api/oauth2/auth?{urlencode(onward)}"})
    response.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="Lax", path="/api/oauth2")
    return response


def may_log_on(sandbox: Sandbox, user: User, country: str) -> bool:
    """Whether a user may use Exact now, on the host of a country ("" stands for all)."""
    return (
        country in ("", user.country)
        and not user.blocked
        and user.is_active(sandbox.clock.naive_now())
    )


def _needs_consent(sandbox: Sandbox, application: Application, user: User) -> bool:
    mode = sandbox.switches["consent"]
    if mode != "remembered":
        return bool(mode == "always")
    return not has_consent(sandbox, application, user.id)


def _rights(application: Application) -> Markup:
    """Return what the application may do, in sentences."""
    levels = (
        application.scopes
        if application.scopes is not None
        else dict.fromkeys(all_scopes(), "manage")
    )
    sentences = Markup("")
    for level, lead in (("manage", "read and change"), ("read", "only read")):
        names = sorted(scope for scope, held in levels.items() if held == level)
        if names:
            sentences += Markup("<p>It will be able to {}: {}.</p>").format(lead, ", ".join(names))
    return sentences


def _decide(sandbox: Sandbox, request: Request, application: Application, user: User) -> Response:
    if request.form.get("decision") != "allow":
        return _back(request, {"error": "access_denied"})
    remember_consent(sandbox, application, user.id)
    return _back_with_code(sandbox, request, application, user)


def _back_with_code(
    sandbox: Sandbox, request: Request, application: Application, user: User
) -> Response:
    redirect_uri = request.args["redirect_uri"]
    code = issue_code(sandbox, application, user.id, redirect_uri)
    return _back(request, {"code": code})


def _back(request: Request, values: dict[str, str]) -> Response:
    if "state" in request.args:
        values["state"] = request.args["state"]
    redirect_uri = request.args["redirect_uri"]
    joint = "&" if "?" in redirect_uri else "?"
    return Response(
        status=302,
        headers={
            "Location": iri_to_uri(f"{redirect_uri}{joint}{urlencode(values)}"),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )


def token(sandbox: Sandbox, request: Request) -> Response:
    """Answer a request to the token address."""
    if request.method != "POST":
        return Response(status=405, headers={"Allow": "POST"})
    try:
        body = token_answer(sandbox, request)
    except TokenRefused as refusal:
        headers = {"Reason": refusal.reason} if refusal.reason else {}
        answer = {"error": refusal.error, "error_description": refusal.description}
        return json_response(answer, refusal.status, headers)
    return json_response(body, 200, {"Cache-Control": "no-store", "Pragma": "no-cache"})
