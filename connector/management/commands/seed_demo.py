"""Loads the demo: four organizations, their people, forty invoices, and two hundred of a month-end, taken in like any others."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from connector.management import demo_data, demo_month_end
from connector.tenancy.models import Plan, Role, User
from connector.tenancy.organizations import add_member, create_organization
from connector.tenancy.scope import membership_transaction, tenant_transaction
from integrations.psa.registry import REST_PUSH
from invoices.intake import take_in
from invoices.models import Invoice

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed for everybody who starts the demo
MONTH_END = "Maandwerk"
PEOPLE = (
    # organization, its plan, role, address, name
    ("Studio Noord", Plan.PROFESSIONAL, Role.ADMIN, "admin@demo.example", "Anna de Vries"),
    ("Studio Noord", Plan.PROFESSIONAL, Role.FINANCE, "finance@demo.example", "Femke Smit"),
    ("Studio Noord", Plan.PROFESSIONAL, Role.VIEWER, "viewer@demo.example", "Vincent Bos"),
    (MONTH_END, Plan.PROFESSIONAL, Role.ADMIN, "monthend-admin@demo.example", "Marit Kok"),
    (MONTH_END, Plan.PROFESSIONAL, Role.FINANCE, "monthend@demo.example", "Milan Visser"),
    ("Other Agency", Plan.ULTIMATE, Role.ADMIN, "other@demo.example", "Olivia Peeters"),
    ("Small Studio", Plan.ESSENTIAL, Role.ADMIN, "essential@demo.example", "Emil Kruse"),
)


class Command(BaseCommand):
    """Makes what is missing and prints the sign-ins; a second run changes nothing."""

    help = "Load the demo's organizations, people and invoices."

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add --really, without which an installation that is not a trial stays untouched."""
        parser.add_argument("--really", action="store_true", help="load it although DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will load the demo. Raises CommandError when DEBUG is off and --really was not given."""
        if not settings.DEBUG and not options["really"]:
            raise CommandError(
                "DEBUG is off, so this may be a real installation: the demo's passwords are public. "
                "Add --really to load it anyway."
            )
        for organization_name, plan, role, email, name in PEOPLE:
            user = _user(email, name)
            organization_id = _organization_of(user) or _organization_of_colleague(
                organization_name
            )
            if organization_id is None:
                organization_id = create_organization(name=organization_name, plan=plan).pk
            if not _organization_of(user):
                add_member(organization_id=organization_id, user=user, role=role)
            if role == Role.ADMIN:
                _load_invoices(organization_name, organization_id)
        for organization_name, _, role, email, _ in PEOPLE:
            place = "" if organization_name == PEOPLE[0][0] else f" of {organization_name}"
            self.stdout.write(f"{role.label}{place}: {email} / {PASSWORD}")


def _load_invoices(organization_name: str, organization_id: int) -> None:
    now = timezone.now()
    with tenant_transaction(organization_id):
        if organization_name == "Studio Noord":
            take_in(source=REST_PUSH.name, invoices=demo_data.invoices(), now=now)
        # Its dates follow the day of the first start; later ones leave it as it is.
        elif organization_name == MONTH_END and not Invoice.objects.exists():
            take_in(
                source=REST_PUSH.name,
                invoices=demo_month_end.invoices(timezone.localdate(now)),
                now=now,
            )


def _user(email: str, name: str) -> User:
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(email, PASSWORD, name=name)


def _organization_of(user: User) -> int | None:
    """The organization this person is already a member of; only they themselves may see that."""
    with membership_transaction(user.pk):
        place = user.memberships(manager="_base_manager").first()
        return place.organization_id if place else None


def _organization_of_colleague(organization_name: str) -> int | None:
    for other_name, _, _, email, _ in PEOPLE:
        user = User.objects.filter(email=email).first()
        if other_name == organization_name and user and (found := _organization_of(user)):
            return found
    return None
