"""The answer of current/Me: who is logged on and in which division."""

from __future__ import annotations

from exact_sandbox.catalogue import endpoints
from exact_sandbox.errors import BadRequest
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User
from exact_sandbox.values import Record, milliseconds

_CULTURES = {"EN": "en-GB", "NL": "nl-NL", "DE": "de-DE", "FR": "fr-BE"}
TYPE_NAME = "Exact.Web.Api.Models.System.Me"


def me_record(sandbox: Sandbox, user: User, root: str, select: list[str]) -> Record:
    """Return the one record of current/Me; https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemMe"""
    properties = endpoints()["current/Me"].properties
    for name in select:
        if name != "*" and name not in properties:
            raise BadRequest(f"Could not find a property named '{name}' on type '{TYPE_NAME}'.")
    first, _, last = user.full_name.partition(" ")
    known: Record = {
        "UserID": user.id,
        "AccountingDivision": user.current_division,
        "CurrentDivision": user.current_division,
        "Email": user.username,
        "UserName": user.username,
        "FullName": user.full_name,
        "FirstName": first,
        "LastName": last,
        "Gender": "O",
        "Language": user.language,
        "LanguageCode": _CULTURES.get(user.language, "en-GB"),
        "ServerTime": f"/Date({milliseconds(sandbox.clock.naive_now())})/",
        "ServerUtcOffset": 3600,
        "IsClientUser": False,
        "IsEmployeeSelfServiceUser": False,
        "IsMyFirmLiteUser": False,
        "IsMyFirmPortalUser": False,
        "IsOEIMigrationMandatory": False,
        "IsStarterUser": False,
        "Legislation": "1",
        "DivisionCustomerName": "Studio Noord Groep",
    }
    wanted = [name for name in properties if not select or "*" in select or name in select]
    metadata = {
        "uri": f"{root}/api/v1/current/Me(guid'{user.id}')",
        "type": TYPE_NAME,
    }
    return {"__metadata": metadata, **{name: known.get(name) for name in wanted}}
