"""When Exact lets go of a division.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
"""

from __future__ import annotations

from exact_sandbox.divisions import delete_division
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context


def delete(context: Context, division: str) -> None:
    """Delete a division; raises Refused for the main one and for the one the request is made in."""
    record = context.sandbox.database.find("divisions", Code=int(division)) or {}
    if record.get("IsMainDivision") or int(division) == context.division:
        raise Refused(context.say("in_use", what="division"))
    delete_division(context.sandbox.database, int(division))
