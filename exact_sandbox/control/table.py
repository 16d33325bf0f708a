"""The table of all subjects of the control API."""

from __future__ import annotations

from exact_sandbox.control import (
    admin,
    applications,
    bank,
    books,
    clock,
    divisions,
    faults,
    limits,
    log,
    openapi,
    outbox,
    payments,
    reset,
    seed,
    stats,
    switches,
    users,
    webhooks,
)

SUBJECTS = (
    reset.SUBJECT,
    seed.SUBJECT,
    clock.SUBJECT,
    faults.SUBJECT,
    limits.SUBJECT,
    switches.SUBJECT,
    log.SUBJECT,
    stats.SUBJECT,
    users.SUBJECT,
    divisions.SUBJECT,
    applications.SUBJECT,
    books.SUBJECT,
    payments.SUBJECT,
    bank.SUBJECT,
    outbox.SUBJECT,
    admin.SUBJECT,
    webhooks.SUBJECT,
    openapi.SUBJECT,
)
