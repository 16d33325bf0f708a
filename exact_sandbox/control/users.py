"""The people who can log on, and what they may do."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    many,
    ref,
    text,
    whole,
    yes_no,
)
from exact_sandbox.oauth.grants import revoke
from exact_sandbox.users import change_user, user_by_name, users_as_json

_ANNA = "anna@studio-noord.example"


def _show(call: Call) -> dict[str, object]:
    return {"users": users_as_json(call.sandbox.database)}


def _change(call: Call) -> dict[str, object]:
    if not change_user(call.sandbox.database, call.body):
        raise ControlError("There is no such user.")
    return _show(call)


def _revoke(call: Call) -> None:
    user = user_by_name(call.sandbox.database, call.body["username"])
    if user is None:
        raise ControlError("There is no such user.")
    revoke(call.sandbox, user.id)


_CHANGEABLE = {
    "username": text("The e-mail address."),
    "divisions": many(whole("A division's code.")),
    "may_write": yes_no("Whether the user may change anything."),
    "language": text("Of texts and refusals.", enum=["NL", "DE", "FR", "EN"]),
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
            "Change a user's divisions, right to write, language or password",
            request=fields("username", **_CHANGEABLE, password=text()),
            response=ref("Users"),
            example={"username": _ANNA, "language": "NL"},
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
        "User": fields("username full_name", full_name=text(), **_CHANGEABLE),
        "Users": fields("users", users=many(ref("User"))),
    },
)
