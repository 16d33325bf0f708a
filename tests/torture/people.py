"""People who click in the connector's pages, and click again when the server died under them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from connector.local.pages import PageProblem, Visitor
from connector.tenancy.models import Role
from tests import factories
from tests.torture.offices import Office

_PATIENCE = 120.0


class Person:
    """Somebody of the office's finance department, signed in."""

    def __init__(self, office: Office, web_url: str) -> None:
        user = factories.make_user(organization=office.organization, role=Role.FINANCE)
        self._visitor = Visitor(f"{web_url}/")
        self._email = user.email
        self.deaths = 0

    def mistype(self) -> None:
        """This function will fail to sign in: with a letter too many in the password, and with it in the place of the address."""
        page = self._visitor.open("/sign-in/")
        for name, word in ((self._email, f"{factories.PASSWORD}x"), (factories.PASSWORD, "wrong")):
            self._visitor.press_in_vain(page, "Sign in", username=name, password=word)

    def sign_in(self) -> None:
        """This function will sign the person in."""
        page = self._visitor.open("/sign-in/")
        self._visitor.press(page, "Sign in", username=self._email, password=factories.PASSWORD)

    def copy(self, invoice_id: int) -> None:
        """This function will copy an invoice through its dialog; when the server dies, the person tries again."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                dialog = self._visitor.open(f"/invoices/{invoice_id}/copy/")
                if dialog.has_button("Copy and Finalize"):
                    self._visitor.press(dialog, "Copy and Finalize")
                    continue
            except PageProblem:
                # The click before was committed as the server died: the copy is there after all.
                assert time.monotonic() < end, "The page refuses the copy"
            except (OSError, http.client.HTTPException):
                self.deaths += 1
                assert time.monotonic() < end, "The web server did not come back"
                time.sleep(0.1)
            else:
                # The copy is under way, or done: the page offers it no more.
                return


def copy_by_hand(
    offices: Sequence[Office], made: dict[int, list[int]], web_url: str, *, at_once: int = 3
) -> int:
    """This function will let one person of each office copy its invoices; it returns how often the server died on them."""
    people = [Person(office, web_url) for office in offices]
    for person in people:
        person.sign_in()

    def work(place: int) -> None:
        for invoice_id in made[place]:
            people[place].copy(invoice_id)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, made))
    for place, ids in made.items():
        offices[place].asked += ids
    return sum(person.deaths for person in people)
