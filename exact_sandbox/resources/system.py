"""Divisions, users, deletions, webhook subscriptions."""

from __future__ import annotations

from exact_sandbox.resources.resource import Navigation, Resource

_DIVISION_CLASSES = {f"Class_0{number}": Navigation() for number in range(1, 6)}
RESOURCES: tuple[Resource, ...] = (
    Resource(
        "system/Divisions",
        "System.Division",
        "divisions",
        key="Code",
        everywhere=True,
        navigations=_DIVISION_CLASSES,
    ),
    Resource(
        "hrm/Divisions",
        "HRM.Division",
        "divisions",
        key="Code",
        everywhere=True,
        navigations=_DIVISION_CLASSES,
        expressions={
            "Status": 'CASE t."Status" WHEN 2 THEN 1 ELSE 0 END',
            "Main": 't."IsMainDivision"',
            "HID": 't."Hid"',
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
    ),
    Resource(
        "users/Users",
        "Users.User",
        "userrecords",
        key="UserID",
        everywhere=True,
        navigations={"UserRoles": Navigation(), "UserRolesPerDivision": Navigation()},
    ),
    Resource(
        "read/sync/Sync/SyncTimestamp", "Read.Sync.SyncTimestamp", "synctimestamps", key="Modified"
    ),
    Resource(
        "webhooks/WebhookSubscriptions", "Webhooks.WebhookSubscription", "webhooksubscriptions"
    ),
)
