"""What Exact accepts as a contact person of an account.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMContacts
"""

from __future__ import annotations

from exact_sandbox.books.ledger import CONTACTS, record_deletion
from exact_sandbox.errors import Refused
from exact_sandbox.languages import is_language
from exact_sandbox.resources import by_path
from exact_sandbox.rules.checks import (
    Reference,
    Use,
    emptied_problems,
    is_used,
    new_key,
    next_number,
    reference_problems,
    refuse,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

PATH = "crm/Contacts"
_REFERENCES = {
    "Account": Reference("accounts", word="account"),
    "IdentificationDocument": Reference("documents", word="document"),
    "IdentificationUser": Reference("userrecords", "UserID", "user", everywhere=True),
}
_USES = (
    Use("documents", "Contact"),
    Use("salesinvoices", "OrderedByContactPerson"),
    Use("salesinvoices", "InvoiceToContactPerson"),
    Use("salesinvoices", "DeliverToContactPerson"),
)
_NAMES = ("FirstName", "LastName")


def create(context: Context, sent: Record) -> str:
    """Store a new contact and return its ID; raises Refused.

    The first contact of an account becomes its main contact.
    """
    database = context.sandbox.database
    contact = {name: value for name, value in sent.items() if value is not None}
    contact["ID"] = new_key(context, "contacts", sent)
    contact["StartDate"] = contact.get("StartDate") or context.sandbox.clock.today()
    _check(context, contact, set(sent))
    if "HID" not in contact:
        contact["HID"] = next_number(context, "contacts")
    database.insert("contacts", {**contact, **context.created()})
    account = database.find("accounts", ID=contact["Account"]) or {}
    if account.get("MainContact") is None:
        database.update("accounts", ("ID", contact["Account"]), {"MainContact": contact["ID"]})
    return str(contact["ID"])


def update(context: Context, contact_id: str, changes: Record) -> None:
    """Change a contact; raises Refused."""
    changes.pop("ID", None)
    database = context.sandbox.database
    contact = {**(database.find("contacts", ID=contact_id) or {}), **changes}
    if context.sandbox.switches["contact_names"] == "both":
        refuse(emptied_problems(context, by_path()[PATH.lower()], changes))
    elif not any(str(contact.get(name) or "").strip() for name in _NAMES):
        raise Refused(context.say("mandatory", what="last_name"))
    _check(context, contact, set(changes))
    database.update("contacts", ("ID", contact_id), {**contact, **context.modified()})


def delete(context: Context, contact_id: str) -> None:
    """Delete a contact that nothing refers to; raises Refused.

    When it was the main contact of its account, the account's oldest other contact takes over.
    """
    database = context.sandbox.database
    contact = database.find("contacts", ID=contact_id) or {}
    if is_used(context, contact, _USES):
        raise Refused(context.say("in_use", what="contact"))
    remove(context, contact_id)
    for account in database.records("accounts", Division=context.division, MainContact=contact_id):
        others = database.records("contacts", Account=account["ID"], order='"HID"')
        main = others[0]["ID"] if others else None
        database.update("accounts", ("ID", account["ID"]), {"MainContact": main})


def remove(context: Context, contact_id: str) -> None:
    """Take a contact out of the store and tell readers of sync/Deleted."""
    context.sandbox.database.delete("contacts", ID=contact_id)
    record_deletion(context, CONTACTS, contact_id)


def full_name(contact: Record) -> str:
    """Return first, middle and last name as Exact joins them."""
    parts = (contact.get(name) or "" for name in ("FirstName", "MiddleName", "LastName"))
    return " ".join(part.strip() for part in parts if part.strip())


def _check(context: Context, contact: Record, sent: set[str]) -> None:
    contact["FullName"] = full_name(contact)
    problems = reference_problems(context, contact, _REFERENCES, sent)
    if "HID" in sent and contact.get("HID") is not None and contact["HID"] <= 0:
        problems.append(context.say("invalid", what="HID"))
    if contact.get("Language") and "Language" in sent and not is_language(contact["Language"]):
        problems.append(context.say("invalid_reference", what="language"))
    start, end = contact.get("StartDate"), contact.get("EndDate")
    if start is not None and end is not None and end < start:
        problems.append(context.say("invalid", what="end_date"))
    refuse(problems)
    if "HID" in sent and contact.get("HID") is not None:
        found = context.sandbox.database.find(
            "contacts", Division=context.division, HID=contact["HID"]
        )
        if found is not None and found["ID"] != contact["ID"]:
            raise Refused(context.say("exists"))
