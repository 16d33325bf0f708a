"""The answer of current/Me: who is logged on and in which division."""

from __future__ import annotations

from datetime import datetime, timedelta

from exact_sandbox.errors import BadRequest
from exact_sandbox.resources import Resource
from exact_sandbox.resources.resource import COMPUTED
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User
from exact_sandbox.values import Record, milliseconds

ME = Resource("current/Me", "System.Me", COMPUTED, key="UserID")
# Exact's numbers for a legislation are not documented but for their type; 1 was seen in Dutch data.
_LEGISLATIONS = {"NL": 1, "BE": 2, "DE": 3, "FR": 4, "ES": 5, "GB": 6, "US": 7}


def me_record(sandbox: Sandbox, user: User, root: str, select: list[str]) -> Record:
    """Return the one record of current/Me.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemMe
    """
    properties = ME.properties
    for name in select:
        if name != "*" and name not in properties:
            raise BadRequest(f"Could not find a property named '{name}' on type '{ME.type_name}'.")
    record = sandbox.database.find("userrecords", UserID=user.id) or {}
    known = {name: record.get(name) for name in _SHARED}
    known |= _division_values(sandbox, user)
    customer = sandbox.database.find("divisions", Customer=record.get("Customer")) or {}
    known |= {
        "UserID": user.id,
        "CustomerCode": customer.get("CustomerCode"),
        "Language": user.language,
        "LanguageCode": user.culture,
        "ServerTime": f"/Date({milliseconds(sandbox.clock.naive_now())})/",
        "ServerUtcOffset": 7200 if is_summer_time(sandbox.clock.naive_now()) else 3600,
        "IsClientUser": False,
        "IsEmployeeSelfServiceUser": False,
        "IsMyFirmLiteUser": False,
        "IsMyFirmPortalUser": False,
        "IsOEIMigrationMandatory": False,
        "IsStarterUser": False,
    }
    wanted = [name for name in properties if not select or "*" in select or name in select]
    metadata = {
        "uri": f"{root}/api/v1/current/Me(guid'{user.id}')",
        "type": ME.type_name,
    }
    return {"__metadata": metadata, **{name: known.get(name) for name in wanted}}


# What current/Me tells as system/Users does.
_SHARED = (
    "Email",
    "FirstName",
    "FullName",
    "Gender",
    "Initials",
    "LastName",
    "MiddleName",
    "Mobile",
    "Nationality",
    "Phone",
    "PhoneExtension",
    "Title",
    "UserName",
)


def _division_values(sandbox: Sandbox, user: User) -> Record:
    """Return what current/Me tells about the user's current division and its owner."""
    division = sandbox.database.find("divisions", Code=user.current_division)
    if division is None:
        return {}
    return {
        "AccountingDivision": division["Code"],
        "CurrentDivision": division["Code"],
        "DivisionCustomer": division["Customer"],
        "DivisionCustomerCode": division["CustomerCode"],
        "DivisionCustomerName": division["CustomerName"],
        "DivisionCustomerSiretNumber": division["SiretNumber"],
        "DivisionCustomerVatNumber": division["VATNumber"],
        "Legislation": str(_LEGISLATIONS.get(division["Legislation"], 0)),
    }


def is_summer_time(moment: datetime) -> bool:
    """Whether clocks in Amsterdam are two hours ahead of a UTC moment instead of one.

    Summer time lasts from 01:00 UTC on the last Sunday of March to the last Sunday of October.
    """
    return _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1)  # noqa: DTZ001 - UTC, as all stored times
    return last - timedelta(days=(last.weekday() + 1) % 7)
