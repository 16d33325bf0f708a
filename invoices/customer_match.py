"""Finds the customer account in Exact that a client most likely is, with the reason a person reads (D-10).

It reads the mirror only. The first rule that finds something decides; when it finds more than one, a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import CharField, F, Func, QuerySet, Value
from django.db.models.functions import Upper

from integrations.models import ExactConnection, ExactCustomer
from invoices.models import Client, CustomerLink, ExactRecordState

_MOST_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """The accounts that may be the client, and why. More than one: a person chooses. None: one is created."""

    candidates: tuple[ExactCustomer, ...] = ()
    reason: str = ""

    @property
    def customer(self) -> ExactCustomer | None:
        """The account when there is no doubt."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person has to choose."""
        return len(self.candidates) > 1


_Rows = QuerySet[ExactCustomer]


def match_customer(connection: ExactConnection, client: Client) -> CustomerMatch:
    """This function will find the client's account: remembered, VAT number, Chamber of Commerce number, code, name."""
    usable = ExactCustomer.objects.filter(connection=connection, is_gone=False, is_blocked=False)
    rules: tuple[tuple[str, Callable[[], _Rows | None]], ...] = (
        ("remembered from an earlier invoice", lambda: _remembered(usable, connection, client)),
        ("same VAT number", lambda: _same_sign(usable, "vat_number", client.vat_number)),
        (
            "same Chamber of Commerce number",
            lambda: _same_sign(usable, "coc_number", client.coc_number),
        ),
        ("same customer code", lambda: _same_code(usable, client.code)),
        ("same name", lambda: _same_name(usable, client.name)),
    )
    for reason, find in rules:
        rows = find()
        found = tuple(rows.order_by("name", "id")[:_MOST_CANDIDATES]) if rows is not None else ()
        if found:
            return CustomerMatch(found, reason)
    return CustomerMatch()


def _remembered(rows: _Rows, connection: ExactConnection, client: Client) -> _Rows | None:
    link = CustomerLink.objects.filter(
        connection=connection, client=client, state=ExactRecordState.LINKED
    ).first()
    return rows.filter(exact_id=link.exact_id) if link and link.exact_id else None


def _same_sign(rows: _Rows, column: str, sign: str) -> _Rows | None:
    """Compare numbers by their letters and digits only: NL 8543.21.987.B01 is NL854321987B01."""
    wanted = "".join(letter for letter in sign.upper() if letter.isalnum())
    if not wanted:
        return None
    bare = Func(
        Upper(F(column)),
        Value("[^A-Z0-9]"),
        Value(""),
        Value("g"),
        function="REGEXP_REPLACE",
        output_field=CharField(),
    )
    return rows.exclude(**{column: ""}).annotate(bare=bare).filter(bare=wanted)


def _same_code(rows: _Rows, code: str) -> _Rows | None:
    return rows.filter(code__iexact=code.strip()) if code.strip() else None


def _same_name(rows: _Rows, name: str) -> _Rows | None:
    """Compare names whatever their case and spaces."""
    wanted = " ".join(name.upper().split())
    if not wanted:
        return None
    spaced = Func(
        Func(Upper(F("name")), function="BTRIM", output_field=CharField()),
        Value(r"\s+"),
        Value(" "),
        Value("g"),
        function="REGEXP_REPLACE",
        output_field=CharField(),
    )
    return rows.annotate(spaced=spaced).filter(spaced=wanted)


def forget_customer(connection: ExactConnection, client: Client) -> None:
    """This function will forget the client's account, because a person asked for a new one instead."""
    CustomerLink.objects.filter(
        connection=connection, client=client, state=ExactRecordState.LINKED
    ).delete()
