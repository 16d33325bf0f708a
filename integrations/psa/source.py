"""The neutral invoice: what every source is translated into before `invoices.intake` stores it.

It knows no database and nothing of Exact. Its field names are also those of the REST API. All amounts are decimals in
major units of the invoice's currency, excluding VAT unless named otherwise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from django.utils.formats import number_format
from django.utils.translation import gettext_noop
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from connector.sentences import sentence
from integrations.psa import fields as f, files

MAX_LINES = 1_000


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with input: the field's path (`lines.0.net_amount`) and what to do about it."""

    field: str
    sentence: str


class BadInput(ValueError):
    """The input cannot become a SourceInvoice; `problems` names everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems


class SourceModel(BaseModel):
    """A part of the neutral invoice: unchangeable, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _id_alone(value: Any) -> Any:
    """A reference may be written as its id alone."""
    return {"id": value} if isinstance(value, str) else value


def _countable(lines: Any) -> Any:
    """Counted before the lines are read: pydantic's own count leaves out the lines that are wrong."""
    if isinstance(lines, list | tuple) and not 1 <= len(lines) <= MAX_LINES:
        raise f.refuse(
            sentence(
                "An invoice has at least one line and at most %(most)s; this one has %(count)s.",
                most=number_format(MAX_LINES, force_grouping=True),
                count=number_format(len(lines), force_grouping=True),
            )
        )
    return lines


class SourceSubsidiary(SourceModel):
    """The bill-from entity. Give a name to make or rename it; the id alone refers to one that is known."""

    source_id: f.Id = Field(alias="id", description="Your own id of the subsidiary.")
    name: f.Name = ""
    country: f.CountryCode = ""
    vat_number: f.Line40 = ""
    coc_number: f.Line40 = Field("", description="Number at the Chamber of Commerce.")
    currency: f.CurrencyCode = "EUR"


class SourceParty(SourceModel):
    """The client. Fields that are left out keep their stored value."""

    source_id: f.Id = Field(alias="id", description="Your own id of the client.")
    name: f.Name = Field("", description="Required the first time the client is sent.")
    vat_number: f.Line40 = ""
    coc_number: f.Line40 = Field("", description="Number at the Chamber of Commerce.")
    code: f.Line20 = Field("", description="Customer code, as a person types it.")
    email: f.Email = ""
    phone: f.Line50 = ""
    website: f.Name = ""
    address_line1: f.Name = ""
    address_line2: f.Name = ""
    postcode: f.Line20 = ""
    city: f.Line100 = ""
    country: f.CountryCode = ""


class SourceContact(SourceModel):
    """The person at the client who receives the invoice. Fields that are left out keep their stored value."""

    source_id: f.Id = Field(
        alias="id", description="Your own id of the person; it stays with one client."
    )
    first_name: f.Line100 = ""
    last_name: f.Line100 = ""
    email: f.EmailAddress = Field("", description="Where Exact sends the invoice, when it does.")
    phone: f.Line50 = ""


class SourceServiceType(SourceModel):
    """The kind of work: the key of the ledger mapping. With a name it is made when it is not known yet."""

    source_id: f.Id = Field(alias="id")
    name: f.Name = ""


class SourceTaxRate(SourceModel):
    """A tax rate: the key of the VAT mapping. With a percentage it is made when it is not known yet."""

    source_id: f.Id = Field(alias="id")
    name: f.Name = ""
    percentage: f.Percentage | None = None


class SourceLine(SourceModel):
    """One line. The net amount counts; quantity, price and discount are information."""

    source_id: f.OptionalId = Field("", alias="id")
    description: f.LongText = ""
    notes: f.LongText = ""
    quantity: f.SixDecimals | None = None
    unit: f.Line20 = ""
    unit_price: f.SixDecimals | None = None
    discount_percentage: f.Percentage | None = None
    net_amount: f.Amount = Field(description="After discount, excluding VAT.")
    vat_amount: f.Amount | None = Field(None, description="Only when you round VAT per line.")
    tax_rate: Annotated[SourceTaxRate | None, BeforeValidator(_id_alone)] = None
    service_type: Annotated[SourceServiceType | None, BeforeValidator(_id_alone)] = None
    period_from: f.Day | None = None
    period_to: f.Day | None = None
    cost_center: f.Line20 = ""
    cost_unit: f.Line20 = ""
    item_code: f.Line30 = Field(
        "", description="Code of an item in Exact, for this line; it wins over what is set there."
    )
    vat_code: f.Line10 = Field(
        "", description="Code of a VAT code in Exact, for this line; it wins over the tax rate's."
    )


class SourceFile(SourceModel):
    """The invoice as a file: a PDF or UBL 2 (XML)."""

    kind: Literal["pdf", "ubl"]
    name: Annotated[
        str, StringConstraints(min_length=1, max_length=120), BeforeValidator(files.check_name)
    ] = Field(description="A file name without folders, ending in .pdf or .xml.")
    content: Annotated[
        bytes,
        BeforeValidator(files.decode),
        WithJsonSchema({"type": "string", "format": "byte", "contentEncoding": "base64"}),
    ] = Field(description="The bytes of the file in base64.")

    @field_validator("name")
    @classmethod
    def _ends_as_its_kind(cls, name: str, info: ValidationInfo) -> str:
        if kind := info.data.get("kind"):
            files.check_extension(kind, name)
        return name

    @field_validator("content")
    @classmethod
    def _is_what_it_says(cls, content: bytes, info: ValidationInfo) -> bytes:
        if kind := info.data.get("kind"):
            files.check_content(kind, content)
        return content

    @cached_property
    def sha256(self) -> str:
        """This property will be the hash of the content, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


def _one_of_each_kind(given: tuple[SourceFile, ...] | None) -> tuple[SourceFile, ...] | None:
    kinds = [file.kind for file in given or ()]
    if len(kinds) > len(set(kinds)):
        raise f.refuse(
            sentence("An invoice has at most one PDF and one UBL document. Send one of each.")
        )
    files.check_sizes([len(file.content) for file in given or ()])
    return given


class SourceInvoice(SourceModel):
    """An invoice or credit note with its lines.

    A credit note has positive amounts; the kind carries the sign. A document whose total is negative is turned around:
    it becomes a credit note with positive amounts (`integrations.psa.totals`).
    """

    source_id: f.Id = Field(alias="id", description="Your own id of the invoice; it never changes.")
    kind: Literal["invoice", "credit_note"] = "invoice"
    state: Literal["draft", "finalized"] = Field(
        "draft", description="A finalized invoice never becomes a draft again."
    )
    number: f.Line60 = Field("", description="May stay empty when Exact generates the numbers.")
    subject: f.Line400 = ""
    reference: f.Line120 = Field("", description="The client's purchase order or reference.")
    note: f.LongText = ""
    invoice_date: f.Day
    due_date: f.Day | None = None
    delivery_date: f.Day | None = None
    paid_on: f.Day | None = Field(
        None, description="The day you call it paid. It is shown here and changes nothing in Exact."
    )
    currency: f.CurrencyCode
    exchange_rate: f.ExchangeRate | None = None
    net_amount: f.Amount | None = Field(None, description="Checked against the lines when given.")
    vat_amount: f.Amount | None = Field(
        None, description="Checked against the lines' tax rates; computed when left out."
    )
    gross_amount: f.Amount | None = Field(None, description="Checked: net plus VAT.")
    original_id: f.OptionalId = Field(
        "", description="Of a credit note: your id of the invoice that it credits."
    )
    original_number: f.Line60 = Field(
        "", description="Of a credit note: the number of the invoice that it credits."
    )
    source_url: f.Link = Field("", description="Where the invoice is in your own system.")
    subsidiary: Annotated[SourceSubsidiary | None, BeforeValidator(_id_alone)] = Field(
        None, description="May be left out while the organization has exactly one."
    )
    client: SourceParty
    contact: Annotated[SourceContact | None, BeforeValidator(_id_alone)] = Field(
        None, description="Who receives the invoice at the client. Left out, it names nobody."
    )
    files: Annotated[tuple[SourceFile, ...] | None, AfterValidator(_one_of_each_kind)] = Field(
        None,
        description="At most one PDF and one UBL document, together at most "
        f"{files.MAX_BYTES // 2**20} MB. Left out, the stored ones stay; an empty list removes them.",
    )
    lines: Annotated[tuple[SourceLine, ...], BeforeValidator(_countable)] = Field(
        json_schema_extra={"minItems": 1, "maxItems": MAX_LINES}
    )


_T = TypeVar("_T", bound=SourceModel)

_SENTENCES = {
    "missing": gettext_noop("This field is required."),
    "extra_forbidden": gettext_noop("There is no field with this name."),
    "string_type": gettext_noop("Send text."),
    "string_too_short": gettext_noop("This may not be empty."),
    "string_too_long": gettext_noop("This is longer than %(max_length)s characters."),
    "literal_error": gettext_noop("This must be one of %(expected)s."),
    "model_type": gettext_noop("Send an object with named fields."),
    "model_attributes_type": gettext_noop("Send an object with named fields."),
    "tuple_type": gettext_noop("Send a list."),
}


def read_invoice(data: Any) -> SourceInvoice:
    """This function will turn plain data into a SourceInvoice or raise BadInput with every problem in it."""
    return read(SourceInvoice, data)


def read(model: type[_T], data: Any) -> _T:
    """This function will turn plain data into the model or raise BadInput with every problem in it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise BadInput(
            [_as_problem(dict(detail)) for detail in error.errors(include_url=False)]
        ) from None


def _as_problem(detail: dict[str, Any]) -> Problem:
    path = ".".join(f.shortened(str(part)) for part in detail["loc"])
    if path == "client.id" or (path == "client" and detail["type"] == "missing"):
        return Problem(path, sentence("Name the client with your own id for it."))
    values = detail.get("ctx", {})
    if "sentence" in values:
        return Problem(path, values["sentence"])
    if message := _SENTENCES.get(detail["type"]):
        used = {name: str(value) for name, value in values.items() if f"%({name})s" in message}
        return Problem(path, sentence(message, **used))
    return Problem(path, str(detail["msg"]))
