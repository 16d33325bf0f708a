"""The home page: what this is, how to point a client at it, and what is going on."""

from __future__ import annotations

import json

from markupsafe import Markup

from exact_sandbox.applications import all_applications
from exact_sandbox.html import table
from exact_sandbox.log_search import LogQuestion, find_requests
from exact_sandbox.pages.layout import changed_switches, shift_in_words
from exact_sandbox.pages.log import request_table
from exact_sandbox.pages.page import Page, Screen, Visit
from exact_sandbox.pages.parts import card, code, empty, example, facts, join, link, tag
from exact_sandbox.pages.reading import division_counts
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users

_SHOWN_REQUESTS = 8


def show(visit: Visit) -> Screen:
    """Return the home page."""
    sandbox = visit.sandbox
    content = join(
        Markup("<h1>Exact Online sandbox</h1>"),
        Markup(
            '<p class="lead">A stand-in for Exact Online with real books underneath. Point a client '
            "at this address instead of Exact's; what it books stays here, and nothing it does "
            "reaches Exact.</p>"
        ),
        _divisions(sandbox),
        Markup('<div class="columns">{}{}</div>').format(_going_on(sandbox), _who(sandbox)),
        _requests(sandbox),
        _client(visit),
    )
    return Screen("Home", content, "/")


def _divisions(sandbox: Sandbox) -> Markup:
    rows: list[list[object]] = []
    for division in sandbox.database.records("divisions", order='"Code"'):
        counts = division_counts(sandbox.database, division["Code"])
        rows.append(
            [
                link(
                    f"/divisions/{division['Code']}",
                    f"{division['Code']} {division['Description']}",
                ),
                division["Country"],
                tag("archived", "warn") if division["Status"] == 2 else tag("active", "good"),
                f"{counts['salesentries']:,}",
                f"{counts['salesinvoices']:,}",
                f"{counts['accounts']:,}",
                f"{counts['open']:,}",
            ]
        )
    headings = [
        "Division",
        "Country",
        "State",
        "Sales entries",
        "Sales invoices",
        "Relations",
        "Open items",
    ]
    return card("Divisions", table(headings, rows, numbers=frozenset({3, 4, 5, 6})))


def _client(visit: Visit) -> Markup:
    sandbox = visit.sandbox
    base = sandbox.public_url or visit.request.host_url.rstrip("/")
    user = all_users(sandbox.database)[0]
    application = all_applications(sandbox.database)[0]
    body = json.dumps({"username": user.username})
    lines = (
        f"# A token without the log-on pages, for a first look\n"
        f"TOKEN=$(curl -s {base}/_sandbox/tokens -d '{body}' | grep -o 'access_token\":\"[^\"]*' | cut -d'\"' -f3)\n\n"
        f"# Then everything is as at Exact\n"
        f'curl -H "Authorization: Bearer $TOKEN" -H "Accept: application/json" {base}/api/v1/current/Me\n'
        f'curl -H "Authorization: Bearer $TOKEN" -H "Accept: application/json" '
        f"'{base}/api/v1/{user.current_division}/crm/Accounts?$top=2&$select=Code,Name'"
    )
    return card(
        "Point a client here",
        facts(
            [
                ("Instead of https://start.exactonline.nl", code(base)),
                ("Authorize", code("/api/oauth2/auth")),
                ("Token", code("/api/oauth2/token")),
                ("Client id", code(application.client_id)),
                ("Client secret", code(application.client_secret)),
                (
                    "Redirect address",
                    " ".join(application.redirect_uris) or "https, or any on localhost",
                ),
            ]
        ),
        Markup("<h3>From a terminal</h3>"),
        example(lines, "Commands to try"),
        Markup("<p>Programs steer the sandbox under <code>/_sandbox</code>: {}.</p>").format(
            link("/_sandbox/openapi.json", "its OpenAPI description")
        ),
    )


def _who(sandbox: Sandbox) -> Markup:
    rows: list[list[object]] = [
        [user.username, user.language, "read and write" if user.may_write else "read only"]
        for user in all_users(sandbox.database)
    ]
    return card(
        "Who can log on",
        table(["E-mail address", "Language", "Rights"], rows),
        Markup("<p>{}</p>").format(link("/access", "Users and applications")),
        lead=Markup("The password of each is {}.").format(code("sandbox")),
    )


def _going_on(sandbox: Sandbox) -> Markup:
    waiting = sandbox.faults.as_json()
    changed = changed_switches(sandbox)
    shift = sandbox.clock.ahead_seconds()
    return card(
        "Right now",
        facts(
            [
                (
                    "Clock",
                    join(
                        sandbox.clock.now().strftime("%Y-%m-%d %H:%M UTC"),
                        f", {shift_in_words(shift)}" if shift else ", the real time",
                    ),
                ),
                (
                    "Faults that wait",
                    ", ".join(str(each["fault"]) for each in waiting) if waiting else "none",
                ),
                (
                    "Changed switches",
                    ", ".join(f"{each['name']} = {each['value']}" for each in changed) or "none",
                ),
            ]
        ),
        Markup('<p class="ways">{}{}{}</p>').format(
            link("/faults", "Order a fault"),
            link("/switches", "Turn a switch"),
            link("/clock", "Move the clock"),
        ),
    )


def _requests(sandbox: Sandbox) -> Markup:
    newest = find_requests(sandbox.log, LogQuestion(), newest_first=True, limit=_SHOWN_REQUESTS)
    shown = request_table(newest) or empty("No request came in yet. The first will show here.")
    return card("Last requests", shown, Markup("<p>{}</p>").format(link("/log", "All requests")))


PAGES = (Page("/", show),)
