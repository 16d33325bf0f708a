"""What the typed rows of all resources share: Exact's names, dates and numbers, and rows that do not fit.

A row that does not fit is set aside with its reason and the page goes on (RELIABILITY B9, B14), so that one odd
record never hides the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from integrations.exact import odata

# A page of documents with all their lines is larger than other answers.
PAGE_WITH_LINES_BYTES = 32 * 1024 * 1024


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _stripped(value: object) -> object:
    # Account codes are padded to 18 places and VAT codes to 3; no screen and no comparison wants the spaces.
    return odata.storable(value).strip() if isinstance(value, str) else value


def _text(value: object) -> object:
    return odata.storable(value) if isinstance(value, str) else ("" if value is None else value)


def _number(value: object) -> object:
    # Numbers come as JSON numbers or, for 64 bits, as text; a float would be a rounding we did not choose.
    if isinstance(value, bool | float):
        raise ValueError("Not an exact number")  # noqa: TRY004  # pydantic reports ValueError as a field's problem
    return value


def _money_sized(number: Decimal) -> Decimal:
    # What columns hold; the largest amounts of a ledger are far below it.
    if abs(number) >= _TOO_LARGE:
        raise ValueError("Too large")
    return number


def _flag(value: object) -> object:
    # Byte flags come as 0 and 1; absent means no.
    return False if value is None else value


_TOO_LARGE = Decimal(10) ** 15

Code = Annotated[str, BeforeValidator(_stripped)]
OptionalCode = Annotated[str | None, BeforeValidator(_none_if_empty), BeforeValidator(_stripped)]
Text = Annotated[str, BeforeValidator(_text)]
Amount = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_money_sized)]
Whole = Annotated[int, BeforeValidator(_number), Field(ge=-(2**31), lt=2**31)]  # Exact's Int32
Long = Annotated[int, BeforeValidator(_number), Field(ge=-(2**63), lt=2**63)]  # Exact's Int64
Flag = Annotated[bool, BeforeValidator(_flag)]
Moment = Annotated[datetime, BeforeValidator(odata.parse_moment)]
Day = Annotated[date, BeforeValidator(odata.parse_day)]
OptionalId = Annotated[UUID | None, BeforeValidator(_none_if_empty)]


def exact_name(name: str, info: FieldInfo) -> str:
    """Return the name Exact gives a field of ours."""
    return info.validation_alias if isinstance(info.validation_alias, str) else name


class Row(BaseModel):
    """A record of Exact: unknown properties ignored, declared ones required unless they have a default."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True
    )

    @classmethod
    def select(cls) -> str:
        """Return the ``$select`` list: exactly the declared properties, so that nothing unneeded is transferred."""
        return ",".join(exact_name(name, info) for name, info in cls.model_fields.items())


class Draft(BaseModel):
    """A record to send. Takes our names and Exact's, and survives ``model_dump(mode="json")`` unchanged."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )

    @classmethod
    def exact_names(cls) -> frozenset[str]:
        """Return the names Exact gives the properties that can be sent."""
        return frozenset(exact_name(name, info) for name, info in cls.model_fields.items())

    def to_body(self) -> dict[str, Any]:
        """Return what to send, in Exact's names; empty values are left out (Exact refuses "" for ids and codes)."""
        body: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if value is None or value == "":
                continue
            is_lines = isinstance(value, tuple)
            body[exact_name(name, info)] = [line.to_body() for line in value] if is_lines else value
        return body


def check_changeable(changes: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Raise `ValueError` when a change names a property (in Exact's words) that is not among the allowed ones."""
    unknown = sorted(changes.keys() - allowed)
    if unknown:
        raise ValueError(f"Not changeable: {unknown}")


def lines_if_there(value: object) -> object:
    """Return the lines of an answer, or None: right after a POST they can be a mere link, which says nothing."""
    try:
        return odata.nested_rows(value)
    except ValueError:
        return None


class DivisionRow(Row):
    """A record that names the division it belongs to, which must be the client's own."""

    division: Whole | None = Field(default=None, validation_alias="Division")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was set aside. ``raw`` may hold personal data, so it is not shown in ``repr``."""

    reason: str
    raw: Any = field(repr=False)

    def id_under(self, name: str) -> UUID | None:
        """Return the id that the row has under a name of Exact's; None when that cannot be read either."""
        value = self.raw.get(name) if isinstance(self.raw, Mapping) else None
        try:
            return UUID(value) if isinstance(value, str) else None
        except ValueError:
            return None


R = TypeVar("R")
RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of rows, those that were set aside, and the address of the next page."""

    rows: Sequence[R]
    quarantined: Sequence[Quarantined]
    next: str | None

    def __add__(self, other: Page[R]) -> Page[R]:
        return Page([*self.rows, *other.rows], [*self.quarantined, *other.quarantined], other.next)


def sort_rows(
    kind: type[RowT], raw_rows: Sequence[Any], *, division: int | None, next_page: str | None
) -> Page[RowT]:
    """Turn raw records into rows, setting aside those that do not fit or belong to another division."""
    rows: list[RowT] = []
    quarantined: list[Quarantined] = []
    for raw in raw_rows:
        fitted = fit(kind, raw, division=division)
        if isinstance(fitted, Quarantined):
            quarantined.append(fitted)
        else:
            rows.append(fitted)
    return Page(rows, quarantined, next_page)


def fit(kind: type[RowT], raw: Any, *, division: int | None) -> RowT | Quarantined:
    """Turn one raw record into a row, or say why it does not fit; values are never part of the reason."""
    try:
        row = kind.model_validate(raw)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        places = (f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in problems)
        return Quarantined("; ".join(places), raw)
    if (
        isinstance(row, DivisionRow)
        and None not in (row.division, division)
        and row.division != division
    ):
        return Quarantined(f"Division: {row.division} instead of {division}", raw)
    return row
