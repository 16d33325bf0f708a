"""Users and applications: who may log on, where, and what they may do."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.applications import Application, all_applications
from exact_sandbox.oauth.grants import revoke
from exact_sandbox.pages.page import Done, Form, Missing, Page, Screen, Visit
from exact_sandbox.pages.parts import button, card, code, facts, form, in_path, join, select
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User, all_users, change_user, user_by_name

_LANGUAGES = (("EN", "English"), ("NL", "Dutch"), ("DE", "German"), ("FR", "French"))


def show(visit: Visit) -> Screen:
    """Return the applications and the users."""
    sandbox = visit.sandbox
    divisions = [
        (row["Code"], row["Description"])
        for row in sandbox.database.records("divisions", order='"Code"')
    ]
    content = join(
        Markup("<h1>Access</h1>"),
        Markup(
            '<p class="lead">Refusals come in the language of the user. The password of each is '
            "<code>sandbox</code> unless it was changed.</p>"
        ),
        *(_application_card(each) for each in all_applications(sandbox.database)),
        *(_user_card(user, divisions) for user in all_users(sandbox.database)),
    )
    return Screen("Access", content, "/access")


def _application_card(application: Application) -> Markup:
    held = application.scopes
    scopes = (
        "all"
        if held is None
        else ", ".join(f"{scope} ({level})" for scope, level in held.items()) or "none"
    )
    return card(
        join("Application ", application.name),
        facts(
            [
                ("Client id", code(application.client_id)),
                ("Client secret", code(application.client_secret)),
                (
                    "Redirect addresses",
                    " ".join(application.redirect_uris) or "https, or any on localhost",
                ),
                ("Scopes", scopes),
                ("Webhook secret", code(application.webhook_secret)),
                ("Country", application.country or "any"),
            ]
        ),
    )


def _user_card(user: User, divisions: list[tuple[int, str]]) -> Markup:
    path = f"/access/{in_path(user.username)}"
    boxes = Markup("").join(
        Markup(
            '<p><input type="checkbox" name="division" value="{code}" id="{user}-{code}"{checked}> '
            '<label class="inline" for="{user}-{code}">{code} {name}</label></p>'
        ).format(
            code=division,
            name=name,
            user=user.id,
            checked=Markup(" checked") if division in user.divisions else "",
        )
        for division, name in divisions
    )
    return card(
        user.full_name,
        facts([("E-mail address", user.username)]),
        form(
            path,
            Markup(
                '<div class="columns"><fieldset><legend>Divisions</legend>{}</fieldset><div>{}{}</div></div>'
            ).format(
                boxes,
                _choice(
                    user,
                    "Rights",
                    "may_write",
                    [("1", "read and write"), ("0", "read only")],
                    str(int(user.may_write)),
                ),
                _choice(user, "Language", "language", list(_LANGUAGES), user.language),
            ),
            button("Save", label=f"Save {user.full_name}"),
            button(
                "Take back consent",
                name="revoke",
                value="1",
                kind="plain",
                label=f"Take back the consent of {user.full_name}",
            ),
        ),
    )


def _choice(
    user: User, label: str, name: str, choices: list[tuple[str, str]], chosen: str
) -> Markup:
    """Return a choice whose id is this user's own."""
    plain = select(label, name, choices, chosen)
    return Markup(  # noqa: S704 - made of Markup; only the id changes
        plain.replace(f'id="{name}"', f'id="{user.id}-{name}"').replace(
            f'for="{name}"', f'for="{user.id}-{name}"'
        )
    )


def change(visit: Visit) -> Done:
    """Change what a user may do, or take back their consent."""
    sandbox: Sandbox = visit.sandbox
    user = user_by_name(sandbox.database, visit.path["username"])
    if user is None:
        raise Missing("There is no such user.")
    if visit.form.get("revoke"):
        revoke(sandbox, user.id)
        return Done("/access", f"{user.full_name} has to log on and allow again; tokens are dead.")
    known = {row["Code"] for row in sandbox.database.records("divisions")}
    chosen = [
        int(raw) for raw in visit.form.getlist("division") if raw.isdecimal() and len(raw) < 10
    ]
    changes: dict[str, object] = {
        "divisions": [division for division in chosen if division in known],
    }
    may_write = visit.form.get("may_write") == "1"
    if may_write != user.may_write:  # else the rights of single areas stay
        changes["may_write"] = may_write
    if visit.form.get("language") in dict(_LANGUAGES):
        changes["language"] = visit.form["language"]
    change_user(sandbox.database, user, changes)
    return Done("/access", f"The rights of {user.full_name} are saved.")


PAGE = Page("/access", show)
PAGES = (PAGE, Form("/access/{username}", change, PAGE))
