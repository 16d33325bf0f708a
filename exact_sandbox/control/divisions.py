"""The divisions: made, archived, blocked, moved, and who may see them."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    many,
    or_null,
    ref,
    text,
    whole,
    yes_no,
)
from exact_sandbox.control.users import named_user
from exact_sandbox.divisions import (
    BLOCKINGS,
    PLANS,
    STATUSES,
    create_division,
    delete_division,
    link_to_hr,
    move_division,
    set_blocking,
    set_status,
)
from exact_sandbox.seed.plan import GROUP
from exact_sandbox.users import all_users, set_divisions
from exact_sandbox.values import Record

_ANNA = "anna@studio-noord.example"


def _as_json(call: Call, row: Record) -> dict[str, object]:
    moved, linked = row["DivisionMoveDate"], row["DivisionHRLinkUnlinkDate"]
    return {
        "code": row["Code"],
        "name": row["Description"],
        "country": row["Country"],
        "customer": row["CustomerName"],
        "main": bool(row["IsMainDivision"]),
        "status": next(name for name, code in STATUSES.items() if code == row["Status"]),
        "blocking_status": row["BlockingStatus"],
        "moved_at": moved.isoformat() if moved else None,
        "hr_linked": bool(row["IsHRDivision"]),
        "hr_changed_at": linked.isoformat() if linked else None,
        "users": [
            user.username
            for user in all_users(call.sandbox.database)
            if row["Code"] in user.divisions
        ],
    }


def _list(call: Call) -> dict[str, object]:
    rows = call.sandbox.database.records("divisions", order='"Code"')
    return {"divisions": [_as_json(call, row) for row in rows]}


def _show(call: Call) -> dict[str, object]:
    code = call.division().division
    return _as_json(call, call.sandbox.database.records("divisions", Code=code)[0])


def _create(call: Call) -> dict[str, object]:
    body = call.body
    if body["country"] not in PLANS:
        raise ControlError(f"There is a plan for {', '.join(PLANS)} only.")
    code = create_division(
        call.sandbox.database,
        country=body["country"],
        name=body["name"],
        customer=body.get("customer") or GROUP,
        users=[named_user(call, name) for name in body.get("users", [_ANNA])],
    )
    return _as_json(call, call.sandbox.database.records("divisions", Code=code)[0])


def _change(call: Call) -> dict[str, object]:
    database, body, code = call.sandbox.database, call.body, call.division().division
    if "name" in body:
        database.update("divisions", ("Code", code), {"Description": body["name"]})
    if "status" in body:
        set_status(database, code, body["status"])
    if "blocking_status" in body:
        set_blocking(database, code, body["blocking_status"])
    if "hr_linked" in body:
        link_to_hr(database, code, linked=body["hr_linked"])
    return _show(call)


def _move(call: Call) -> dict[str, object]:
    move_division(call.sandbox.database, call.division().division)
    return _show(call)


def _delete(call: Call) -> None:
    delete_division(call.sandbox.database, call.division().division)


def _let_in(call: Call) -> dict[str, object]:
    code, user = call.division().division, named_user(call, call.body["username"])
    if code not in user.divisions:
        set_divisions(call.sandbox.database, user, (*user.divisions, code))
    return _show(call)


def _keep_out(call: Call) -> None:
    code, user = call.division().division, named_user(call, call.path["username"], status=404)
    remaining = [division for division in user.divisions if division != code]
    set_divisions(call.sandbox.database, user, remaining)


_BLOCKING = whole(
    ", ".join(f"{number} {meaning}" for number, meaning in BLOCKINGS.items()),
    minimum=0,
    maximum=6,
)
_STATUS = text(enum=list(STATUSES))

SUBJECT = Subject(
    "divisions",
    "The divisions: made, archived, blocked, moved, and who may see them.",
    (
        Route("GET", "/_sandbox/divisions", _list, "Every division", response=ref("Divisions")),
        Route(
            "POST",
            "/_sandbox/divisions",
            _create,
            "Make a division with its country's chart of accounts, lists and relations",
            request=fields(
                "country name",
                country=text("Of the plan.", enum=list(PLANS)),
                name=text(maxLength=60),
                customer=text("Who owns it; the group of the seed without."),
                users=many(text("E-mail address of who may see it; Anna without.")),
            ),
            response=ref("Division"),
            status=201,
            example={"country": "BE", "name": "Studio Haven BV"},
        ),
        Route(
            "GET",
            "/_sandbox/divisions/{division}",
            _show,
            "One division",
            response=ref("Division"),
        ),
        Route(
            "PATCH",
            "/_sandbox/divisions/{division}",
            _change,
            "Rename, archive, block (403 with its Reason) or link to HR, which renews Timestamps",
            request=fields(
                name=text(maxLength=60),
                status=_STATUS,
                blocking_status=_BLOCKING,
                hr_linked=yes_no(),
            ),
            response=ref("Division"),
            example={"blocking_status": 1},
        ),
        Route(
            "DELETE",
            "/_sandbox/divisions/{division}",
            _delete,
            "Delete a division with all that is in it",
        ),
        Route(
            "POST",
            "/_sandbox/divisions/{division}/move",
            _move,
            "Move a division: every Timestamp begins anew, so that old cursors are wrong",
            response=ref("Division"),
        ),
        Route(
            "POST",
            "/_sandbox/divisions/{division}/users",
            _let_in,
            "Give a user access",
            request=fields("username", username=text("The e-mail address.")),
            response=ref("Division"),
            example={"username": _ANNA},
        ),
        Route(
            "DELETE",
            "/_sandbox/divisions/{division}/users/{username}",
            _keep_out,
            "Take a user's access away",
        ),
    ),
    schemas={
        "Division": fields(
            "code name country",
            code=whole(),
            name=text(),
            country=text(),
            customer=text(),
            main=yes_no(),
            status=_STATUS,
            blocking_status=_BLOCKING,
            moved_at=or_null(text("UTC.")),
            hr_linked=yes_no(),
            hr_changed_at=or_null(text("UTC.")),
            users=many(text()),
        ),
        "Divisions": fields("divisions", divisions=many(ref("Division"))),
    },
)
