"""The people who can log on, and what they may do."""

from __future__ import annotations

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
    whole,
    yes_no,
)
from exact_sandbox.oauth.grants import revoke
from exact_sandbox.rights import AREAS, LEVELS
from exact_sandbox.users import (
    CULTURES,
    User,
    all_users,
    change_user,
    user_as_json,
    user_by_name,
)

_ANNA = "anna@studio-noord.example"


def named_user(call: Call, username: str, *, status: int = 422) -> User:
    """Return a user by e-mail address; raises ControlError."""
    user = user_by_name(call.sandbox.database, username)
    if user is None:
        raise ControlError("There is no such user.", status)
    return user


def _show(call: Call) -> dict[str, object]:
    return {"users": [user_as_json(user) for user in all_users(call.sandbox.database)]}


def _change(call: Call) -> dict[str, object]:
    user = named_user(call, call.body["username"])
    known = {row["Code"] for row in call.sandbox.database.records("divisions")}
    unknown = [code for code in call.body.get("divisions", ()) if code not in known]
    if unknown:
        raise ControlError(f"There is no division {unknown[0]}.")
    change_user(call.sandbox.database, user, call.body)
    return _show(call)


def _revoke(call: Call) -> None:
    revoke(call.sandbox, named_user(call, call.body["username"]).id)


_RIGHTS: Schema = fields(**{area: text(enum=list(LEVELS)) for area in AREAS})
_CHANGEABLE = {
    "username": text("The e-mail address."),
    "divisions": many(whole("A division's code.")),
    "rights": _RIGHTS,
    "language": text("Of texts and refusals.", enum=list(CULTURES)),
    "country": text("Whose host the user logs on at.", pattern="^[A-Z]{2}$"),
    "blocked": yes_no("Whether Exact lets the user in no more."),
}

SUBJECT = Subject(
    "users",
    "The people who can log on; the password of each is 'sandbox' at first.",
    (
        Route(
            "GET",
            "/_sandbox/users",
            _show,
            "Every user with divisions, rights and language",
            response=ref("Users"),
        ),
        Route(
            "PATCH",
            "/_sandbox/users",
            _change,
            "Change a user's divisions, rights, language, country or password, or block them; "
            "`may_write` sets the rights of all areas",
            request=fields("username", **_CHANGEABLE, may_write=yes_no(), password=text()),
            response=ref("Users"),
            example={"username": _ANNA, "rights": {"documents": "none"}},
        ),
        Route(
            "POST",
            "/_sandbox/consent/revoke",
            _revoke,
            "Take back a user's consent: tokens die and consent is asked again",
            request=fields("username", username=text("The e-mail address.")),
            example={"username": _ANNA},
        ),
    ),
    schemas={
        "User": fields(
            "username full_name",
            full_name=text(),
            may_write=yes_no("Whether the user may write in any area."),
            **_CHANGEABLE,
        ),
        "Users": fields("users", users=many(ref("User"))),
    },
)
