"""Making organizations and members, and noting what happened to them."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from connector.sentences import Words
from connector.tenancy.models import AuditEvent, Membership, Organization, Plan, Role, User
from connector.tenancy.scope import tenant_transaction


def create_organization(*, name: str, plan: Plan = Plan.PROFESSIONAL) -> Organization:
    """This function will store a new organization.

    Its id is drawn first, because the wall only lets a row in for the organization that is set.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('tenancy_organization', 'id'))")
            organization_id: int = cursor.fetchone()[0]
        with tenant_transaction(organization_id):
            return Organization.objects.create(pk=organization_id, name=name, plan=plan)


def list_ids() -> list[int]:
    """This function will return the ids of all organizations, for work that goes through each of them.

    No row tells them all, because each is behind its own wall. They are drawn from one sequence, so every number that
    it gave is tried. Call it outside any organization's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_serial_sequence('tenancy_organization', 'id')::regclass::text"
        )
        cursor.execute(f"SELECT last_value FROM {cursor.fetchone()[0]}")  # noqa: S608  # PostgreSQL's own name
        last: int = cursor.fetchone()[0]
    found = []
    for organization_id in range(1, last + 1):
        with tenant_transaction(organization_id):
            if Organization.objects.filter(pk=organization_id).exists():
                found.append(organization_id)
    return found


def add_member(*, organization_id: int, user: User, role: Role) -> Membership:
    """This function will give the user a place in the organization, or change the role of the place they have."""
    with tenant_transaction(organization_id):
        membership, _created = Membership.objects.update_or_create(
            user=user, organization_id=organization_id, defaults={"role": role}
        )
        return membership


def note(*, action: str, sentence: Words, user: User | None, now: datetime) -> AuditEvent:
    """This function will add an audit event to the open tenant transaction's organization."""
    return AuditEvent.objects.create(action=action, sentence=sentence, user=user, at=now)
