"""The seeded users: an owner, bookkeepers in four languages, one who may only look, an accountant."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.database import Database
from exact_sandbox.rights import AREAS
from exact_sandbox.seed.division import seeded_id
from exact_sandbox.seed.plan import GROUP, PRACTICE
from exact_sandbox.users import CULTURES, add_user

PASSWORD = "sandbox"  # noqa: S105 - a published sample, guards nothing


@dataclass(frozen=True, slots=True)
class Person:
    """A user to be: `name` is first, middle (may be empty) and last name."""

    username: str
    name: tuple[str, str, str]
    language: str
    country: str
    divisions: tuple[int, ...]
    customer: str = GROUP
    may_write: bool = True
    gender: str = "V"

    @property
    def id(self) -> str:
        """The user's id."""
        return seeded_id("user", self.username)

    @property
    def full_name(self) -> str:
        """The name in one piece."""
        return " ".join(part for part in self.name if part)


PEOPLE = (
    Person(
        "anna@studio-noord.example",
        ("Anna", "de", "Vries"),
        "EN",
        "NL",
        (1000001, 1000002, 1000003, 1000009),
    ),
    Person("bram@studio-noord.example", ("Bram", "", "Jansen"), "NL", "NL", (1000001,), gender="M"),
    Person("claire@studio-zuid.example", ("Claire", "", "Dubois"), "FR", "BE", (1000002,)),
    Person(
        "dieter@studio-ost.example", ("Dieter", "", "Schäfer"), "DE", "DE", (1000003,), gender="M"
    ),
    Person(
        "viewer@studio-noord.example",
        ("Vera", "", "Kijker"),
        "EN",
        "NL",
        (1000001, 1000002, 1000003),
        may_write=False,
    ),
    Person(
        "eva@cijferkantoor.example",
        ("Eva", "", "Cijfer"),
        "NL",
        "NL",
        (1000011, 1000001, 1000009),
        customer=PRACTICE,
    ),
)


def load_people(database: Database) -> None:
    """Store the users."""
    now = database.clock.naive_now()
    owner = PEOPLE[0]
    for person in PEOPLE:
        first, middle, last = person.name
        record = {
            "Division": person.divisions[0],
            "UserID": person.id,
            "UserName": person.username,
            "Email": person.username,
            "FirstName": first,
            "MiddleName": middle or None,
            "LastName": last,
            "FullName": person.full_name,
            "Initials": f"{first[0]}.",
            "Gender": person.gender,
            "Language": CULTURES[person.language],
            "UserLanguage": CULTURES[person.language],
            "Customer": seeded_id("customer", person.customer),
            "CustomerName": person.customer,
            "UserDivisionList": ",".join(map(str, person.divisions)),
            "StartDivision": person.divisions[0],
            "AuthenticationType": 2,
            "HasRegisteredForTwoStepVerification": False,
            "HasTwoStepVerification": False,
            "IsAnonymised": False,
            "IsAPICall": False,
            "Created": now,
            "Creator": owner.id,
            "CreatorFullName": owner.full_name,
            "Modified": now,
            "Modifier": owner.id,
            "ModifierFullName": owner.full_name,
        }
        rights = {} if person.may_write else dict.fromkeys(AREAS, "read")
        add_user(database, record, password=PASSWORD, country=person.country, rights=rights)
