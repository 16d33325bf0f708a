"""What Exact accepts as a user.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemUsers
"""

from __future__ import annotations

from exact_sandbox.errors import Refused
from exact_sandbox.languages import is_language
from exact_sandbox.messages import property_word
from exact_sandbox.rules.checks import new_key, refuse
from exact_sandbox.rules.contacts import full_name
from exact_sandbox.rules.context import Context
from exact_sandbox.users import add_user, division_codes, set_divisions, user_by_id, user_by_name
from exact_sandbox.values import Record

FIRST_PASSWORD = "sandbox"  # noqa: S105 - a published sample, guards nothing
_NAME_PARTS = frozenset({"FirstName", "MiddleName", "LastName"})
_GENDERS = ("M", "V", "O")


def create(context: Context, sent: Record) -> str:
    """Store a new user with access to the listed divisions, and return their id; raises Refused.

    Without a list it is the division of the caller; the new user may do everything there.
    """
    database = context.sandbox.database
    user = {name: value for name, value in sent.items() if value is not None}
    user["UserName"] = (user.get("UserName") or user.get("Email") or "").strip()
    user.setdefault("Email", user["UserName"])
    user["FullName"] = user.get("FullName") or full_name(user)
    missing = [name for name in ("UserName", "FullName") if not user[name]]
    refuse(context.say("mandatory", what=property_word(name)) for name in missing)
    user.setdefault("UserDivisionList", str(context.division))
    user.setdefault("Language", context.user.culture)
    _check(context, user, set(sent))
    owner = database.find("divisions", Code=context.division) or {}
    user |= {
        "UserID": new_key(context, "userrecords", sent, "UserID"),
        "Customer": owner["Customer"],
        "CustomerName": owner["CustomerName"],
        "StartDivision": division_codes(user["UserDivisionList"])[0],
        **dict.fromkeys(("HasTwoStepVerification", "HasRegisteredForTwoStepVerification"), False),
        "IsAnonymised": False,
    }
    add_user(
        database,
        {**user, **context.created()},
        password=FIRST_PASSWORD,
        country=context.user.country,
    )
    return str(user["UserID"])


def update(context: Context, user_id: str, changes: Record) -> None:
    """Change a user; a new list of divisions is their access from then on. Raises Refused."""
    database = context.sandbox.database
    changes.pop("UserID", None)
    changes.pop("Customer", None)
    user = {**(database.find("userrecords", UserID=user_id) or {}), **changes}
    if "FullName" not in changes and _NAME_PARTS & changes.keys():
        user["FullName"] = full_name(user)
    empty = [name for name in ("UserName", "FullName") if not (user[name] or "").strip()]
    refuse(context.say("mandatory", what=property_word(name)) for name in empty)
    _check(context, user, set(changes))
    database.update("userrecords", ("UserID", user_id), {**user, **context.modified()})
    changed = user_by_id(database, user_id)
    if changed is not None and "UserDivisionList" in changes:
        set_divisions(database, changed, changed.divisions)


def _check(context: Context, user: Record, sent: set[str]) -> None:
    problems = []
    if "UserDivisionList" in sent and not _may_give(context, user["UserDivisionList"]):
        problems.append(context.say("invalid_reference", what="division"))
    if "Language" in sent and not is_language(user.get("Language") or ""):
        problems.append(context.say("invalid_reference", what="language"))
    if "Gender" in sent and user.get("Gender") not in (None, *_GENDERS):
        problems.append(context.say("invalid", what="Gender"))
    start, end = user.get("StartDate"), user.get("EndDate")
    if start is not None and end is not None and end < start:
        problems.append(context.say("invalid", what="end_date"))
    refuse(problems)
    namesake = user_by_name(context.sandbox.database, user["UserName"])
    if namesake is not None and namesake.id != user.get("UserID"):
        raise Refused(context.say("exists"))


def _may_give(context: Context, listed: str | None) -> bool:
    """Whether a list names divisions, and only those that the caller sees."""
    try:
        codes = division_codes(listed)
    except ValueError:
        return False
    return bool(codes) and set(codes) <= set(context.user.divisions)
