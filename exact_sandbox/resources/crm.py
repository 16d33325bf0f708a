"""Relations and their contact persons."""

from __future__ import annotations

from exact_sandbox.expressions import ACCOUNT, lookup
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "crm/Accounts",
        "Account",
        "accounts",
        expressions=ACCOUNT,
        navigations={"BankAccounts": Navigation()},
    ),
    Resource(
        "sync/CRM/Accounts",
        "Sync.CRM.Account",
        "accounts",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        expressions=ACCOUNT,
        navigations={"BankAccounts": Navigation()},
    ),
    Resource(
        "crm/Contacts",
        "Contact",
        "contacts",
        expressions={
            "AccountName": lookup("accounts", "Name", "Account"),
            "Code": lookup("accounts", "Code", "Account"),
            "AccountMainContact": lookup("accounts", "MainContact", "Account"),
            "AccountIsCustomer": lookup("accounts", "IsSales", "Account"),
            "AccountIsSupplier": lookup("accounts", "IsSupplier", "Account"),
            "IsMainContact": f'({lookup("accounts", "MainContact", "Account")} IS t."ID")',
        },
    ),
)
