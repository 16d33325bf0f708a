"""Divisions, users, deletions, webhook subscriptions."""

from __future__ import annotations

from exact_sandbox.expressions import described
from exact_sandbox.resources.resource import COMPUTED, Navigation, Resource

_DIVISION_CLASSES = {f"Class_0{number}": Navigation() for number in range(1, 6)}
_VISIBLE = 't."Code" IN ({divisions})'
# The owner of the division that the address names. Exact on hrm/Divisions: "Accountants will only
# see divisions that belong to a single license [...] that owns the division specified in the URI."
_OF_ONE_CUSTOMER = (
    't."Customer" = (SELECT d."Customer" FROM "divisions" d WHERE d."Code" = {division})'
)
_OF_THE_COUNTRY = (
    "('{country}' = '' OR t.\"UserID\" IN (SELECT u.id FROM users u WHERE u.country = '{country}'))"
)
_COLLEAGUES = f"{_OF_ONE_CUSTOMER} AND {_OF_THE_COUNTRY}"
_CURRENT = {"Current": '(t."Code" = {division})'}
RESOURCES: tuple[Resource, ...] = (
    Resource(
        "system/Divisions",
        "System.Division",
        "divisions",
        key="Code",
        everywhere=True,
        navigations=_DIVISION_CLASSES,
        where=_VISIBLE,
        expressions=_CURRENT,
    ),
    Resource(
        "hrm/Divisions",
        "HRM.Division",
        "divisions",
        key="Code",
        everywhere=True,
        where=f"{_VISIBLE} AND {_OF_ONE_CUSTOMER}",
        navigations=_DIVISION_CLASSES,
        expressions={
            "Status": 'CASE t."Status" WHEN 2 THEN 1 ELSE 0 END',
            "Main": 't."IsMainDivision"',
            "HID": 't."Hid"',
            "CountryDescription": described(
                "Country", {code: f"country_{code}" for code in ("NL", "BE", "DE")}
            ),
        },
    ),
    Resource(
        "sync/Deleted",
        "Sync.Deleted",
        "deleted",
        key="Timestamp",
        page_size=1000,
        sync=True,
        kept_days=61,
    ),
    Resource(
        "system/Users",
        "System.User",
        "userrecords",
        key="UserID",
        everywhere=True,
        without_division=True,
        where=_COLLEAGUES,
    ),
    Resource(
        "users/Users",
        "Users.User",
        "userrecords",
        key="UserID",
        everywhere=True,
        where=_COLLEAGUES,
        navigations={"UserRoles": Navigation(), "UserRolesPerDivision": Navigation()},
    ),
    Resource("read/sync/Sync/SyncTimestamp", "Read.Sync.SyncTimestamp", COMPUTED, key="Modified"),
    Resource(
        "webhooks/WebhookSubscriptions",
        "Webhooks.WebhookSubscription",
        "webhooksubscriptions",
        where="t.\"ClientID\" = '{application}'",  # an application sees its own
    ),
)
