"""What the totals of an invoice have to be, and what is said when they are not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.psa.source import SourceInvoice, SourceTaxRate, read_invoice
from integrations.psa.totals import complete, content_hash, file_marks

HIGH, LOW, NO_RATE = {"id": "r21", "percentage": "21"}, {"id": "r9", "percentage": "9"}, {"id": "r"}

ZERO = {"id": "r0", "percentage": "0"}


def line(net: str, rate: dict[str, str] | None = HIGH, **fields: Any) -> dict[str, Any]:
    return {"net_amount": net, "tax_rate": rate, **fields}


def invoice(*lines: dict[str, Any], **fields: Any) -> SourceInvoice:
    return read_invoice(
        {
            "id": "1",
            "invoice_date": "2026-11-01",
            "currency": "EUR",
            "client": {"id": "c", "name": "Client"},
            "lines": list(lines) or [line("100.00")],
        }
        | fields
    )


def percentage_of(rate: SourceTaxRate) -> Decimal | None:
    return rate.percentage


def totals(given: SourceInvoice) -> tuple[str, str, str]:
    """Net, VAT and gross as they are written once nothing is wrong."""
    completed, problems = complete(given, percentage_of)
    assert problems == []
    written = (str(completed.net_amount), str(completed.vat_amount), str(completed.gross_amount))
    return written


def said(given: SourceInvoice) -> list[tuple[str, str]]:
    """What is wrong; the invoice comes back as it was."""
    completed, problems = complete(given, percentage_of)
    assert completed is given or problems == []
    return [(problem.field, problem.sentence) for problem in problems]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (invoice(), ("100.00", "21.00", "121.00")),
        (invoice(line("100"), line("50.5", LOW)), ("150.50", "25.55", "176.05")),
        # Per rate over the invoice: 2 x 0.0063 is one cent.
        (invoice(line("0.03"), line("0.03")), ("0.06", "0.01", "0.07")),
        (invoice(line("0.03"), line("0.03"), vat_amount="0.02"), ("0.06", "0.02", "0.08")),
        (invoice(line("0.03"), line("0.03"), gross_amount="0.08"), ("0.06", "0.02", "0.08")),
        # The line's own VAT stays, and the rest is computed.
        (invoice(line("10.03", vat_amount="2.11"), line("10.00")), ("20.03", "4.21", "24.24")),
        (invoice(*[line("10.00", vat_amount="2.10")] * 2), ("20.00", "4.20", "24.20")),
        (invoice(line("100.00", ZERO), vat_amount="0"), ("100.00", "0.00", "100.00")),
        (invoice(line("100.00", ZERO)), ("100.00", "0.00", "100.00")),
        (invoice(line("10.00", None, vat_amount="1.50")), ("10.00", "1.50", "11.50")),
        # Without a rate the invoice's own VAT is all there is.
        (invoice(line("10.00", None), vat_amount="3"), ("10.00", "3.00", "13.00")),
        (invoice(line("10.00", NO_RATE), gross_amount="13.00"), ("10.00", "3.00", "13.00")),
        (invoice(line("100"), currency="JPY"), ("100", "21", "121")),
        (invoice(line("100.001"), currency="KWD"), ("100.001", "21.000", "121.001")),
        (
            invoice(net_amount="100", vat_amount="21", gross_amount="121"),
            ("100.00", "21.00", "121.00"),
        ),
        (invoice(line("0"), line("0", None, vat_amount="0")), ("0.00", "0.00", "0.00")),
        (
            invoice(line("999999999999.99", {"id": "0", "percentage": "0"})),
            ("999999999999.99", "0.00", "999999999999.99"),
        ),
    ],
)
def test_totals_are_computed_where_they_are_left_out(given, expected):
    assert totals(given) == expected


def test_a_line_keeps_its_amounts_with_the_currencys_decimals():
    completed, _ = complete(invoice(line("100", vat_amount="21")), percentage_of)

    assert (str(completed.lines[0].net_amount), str(completed.lines[0].vat_amount)) == (
        "100.00",
        "21.00",
    )
    assert complete(invoice(line("100")), percentage_of)[0].lines[0].vat_amount is None


@pytest.mark.parametrize(
    ("lines", "vat", "is_taken"),
    [
        (1, "21.00", True),
        (1, "21.01", False),
        (1, "20.99", False),
        # Each line may have been rounded by itself: half a cent each.
        (2, "42.01", True),
        (2, "41.99", True),
        (2, "42.02", False),
        (2, "41.98", False),
        (4, "84.02", True),
        (4, "84.03", False),
    ],
)
def test_i2_the_vat_may_differ_by_what_rounding_each_line_makes(lines, vat, is_taken):
    given = invoice(*[line("100.00")] * lines, vat_amount=vat)

    if is_taken:
        assert totals(given)[1] == vat
        return
    assert said(given) == [
        (
            "vat_amount",
            (
                f"VAT is {vat} EUR, but the lines give {21 * lines}.00 EUR. "
                "Correct the VAT or the tax rates of the lines."
            ),
        )
    ]


def test_i2_a_line_whose_vat_is_given_leaves_no_room_for_rounding():
    lines = [line("100.00", vat_amount="21.00")] * 2

    assert totals(invoice(*lines, vat_amount="42.00"))[1] == "42.00"
    assert [field for field, _ in said(invoice(*lines, vat_amount="42.01"))] == ["vat_amount"]


@pytest.mark.parametrize(
    ("net", "vat", "is_taken"),
    [
        ("100.004", "21.000", True),
        ("100.004", "21.001", True),
        ("100.004", "21.002", False),
        ("100.000", "21.000", True),
        ("100.000", "21.001", False),
        ("100.000", "20.999", False),
    ],
)
def test_the_vat_of_a_line_fits_its_rate_to_less_than_the_smallest_unit(net, vat, is_taken):
    given = invoice(line(net, vat_amount=vat), currency="KWD")

    sentence = f"VAT is {vat} KWD, but 21 % of {net} KWD is "
    assert [text.startswith(sentence) for _, text in said(given)] == ([] if is_taken else [True])


def test_the_vat_of_a_line_is_compared_with_the_rate_as_it_is_written():
    half = {"id": "h", "percentage": "5.50"}

    assert said(invoice(line("1.00"), line("100.00", half, vat_amount="9.00"))) == [
        ("lines.1.vat_amount", "VAT is 9.00 EUR, but 5.5 % of 100.00 EUR is 5.50 EUR.")
    ]


def test_i1_totals_that_the_lines_do_not_make_are_named():
    assert said(invoice(net_amount="99.00", vat_amount="21.00", gross_amount="120.00")) == [
        ("net_amount", "The net total is 99.00 EUR, but the lines add up to 100.00 EUR."),
        (
            "gross_amount",
            "The total is 120.00 EUR, but net 100.00 EUR plus VAT 21.00 EUR is 121.00 EUR.",
        ),
    ]


def test_a_total_that_contradicts_the_rates_is_named_by_its_vat():
    assert said(invoice(gross_amount="125.00")) == [
        (
            "vat_amount",
            (
                "VAT is 25.00 EUR, but the lines give 21.00 EUR. "
                "Correct the VAT or the tax rates of the lines."
            ),
        )
    ]


def test_a_line_without_a_rate_is_asked_for_one():
    sentence = "Without a tax rate VAT cannot be computed: give a rate, or the invoice's VAT."

    assert said(invoice(line("1.00"), line("2.00", None), line("3.00", NO_RATE))) == [
        ("lines.1.tax_rate", sentence),
        ("lines.2.tax_rate", sentence),
    ]
    assert said(invoice(line("999999999999.99", None))) == [("lines.0.tax_rate", sentence)]
    # What is wrong as well is said at once.
    assert [
        field for field, _ in said(invoice(line("1.00", vat_amount="9.00"), line("2.00", None)))
    ] == [
        "lines.0.vat_amount",
        "lines.1.tax_rate",
    ]


def test_every_amount_has_the_currencys_decimals_at_most():
    given = invoice(
        line("100.001", vat_amount="21.001"),
        line("1.5"),
        net_amount="1.001",
        vat_amount="2.001",
        gross_amount="3.001",
    )

    def sentence(amount: str) -> str:
        return f"{amount} has more decimals than EUR allows (2). Round it before sending."

    assert said(given) == [
        ("net_amount", sentence("1.001")),
        ("vat_amount", sentence("2.001")),
        ("gross_amount", sentence("3.001")),
        ("lines.0.net_amount", sentence("100.001")),
        ("lines.0.vat_amount", sentence("21.001")),
    ]


@pytest.mark.parametrize(
    ("begins", "ends", "is_wrong"),
    [
        ("2026-02-02", "2026-02-01", True),
        ("2026-02-01", "2026-02-01", False),
        ("2026-02-01", None, False),
        (None, "2026-02-01", False),
    ],
)
def test_a_period_ends_when_it_begins_or_later(begins, ends, is_wrong):
    given = invoice(line("1.00"), line("1.00", period_from=begins, period_to=ends))

    expected = [("lines.1.period_to", "The period ends before it begins.")]
    assert said(given) == (expected if is_wrong else [])


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("lines", "vat"),
    [
        ([("999999999999.99", ZERO), ("0.01", ZERO)], None),
        ([("900000000000.00", HIGH)], None),
        ([("999999999999.99", None)], "0.01"),
    ],
)
def test_a_total_of_more_than_twelve_digits_is_refused(lines, vat, sign):
    given = invoice(
        *(line(sign + amount, rate) for amount, rate in lines),
        vat_amount=None if vat is None else sign + vat,
    )

    assert said(given) == [
        ("lines", "The lines add up to more than twelve digits before the point.")
    ]


def test_a_net_total_of_more_than_twelve_digits_is_refused_whatever_the_vat():
    given = invoice(line("999999999999.99", None), line("0.01", None), vat_amount="-1.00")

    assert [field for field, _ in said(given)] == ["lines"]


def test_i3_a_total_below_zero_is_a_credit_note_with_positive_amounts():
    given = invoice(
        line("-100.00", quantity="-2", vat_amount="-21.00"),
        line("10.00", quantity="1"),
        line("0.00"),
    )

    completed, problems = complete(given, percentage_of)

    assert (problems, completed.kind) == ([], "credit_note")
    assert totals(given) == ("90.00", "18.90", "108.90")
    assert [
        tuple(map(str, (one.net_amount, one.vat_amount, one.quantity))) for one in completed.lines
    ] == [("100.00", "21.00", "2"), ("-10.00", "None", "-1"), ("0.00", "None", "None")]


@pytest.mark.parametrize(
    ("lines", "vat", "kind"),
    [
        ([line("-100.00", None)], "100.00", "credit_note"),
        ([line("100.00", None)], "-100.00", "invoice"),
        ([line("100.00"), line("-100.00")], None, "invoice"),
        ([line("-0.01", None)], "0.00", "credit_note"),
        ([line("0.00", None)], "-0.01", "credit_note"),
    ],
)
def test_i3_an_invoice_of_nothing_keeps_its_kind_unless_its_net_is_negative(lines, vat, kind):
    completed, problems = complete(invoice(*lines, vat_amount=vat), percentage_of)

    assert (problems, completed.kind) == ([], kind)
    assert not str(completed.gross_amount).startswith("-")


def test_the_hash_counts_kept_files_only_where_the_invoice_says_nothing_of_files():
    pdf = {"kind": "pdf", "name": "1.pdf", "content": "JVBERi0xLjQK"}
    silent, none, one = invoice(), invoice(files=[]), invoice(files=[pdf])
    (mark,) = file_marks(one)
    other = ("pdf", "2.pdf", "0" * 64)

    assert mark[:2] == ("pdf", "1.pdf")
    assert len(mark[2]) == 64
    assert file_marks(silent) == []
    assert content_hash(silent, [mark]) == content_hash(one) == content_hash(one, [other])
    assert content_hash(none, [mark]) == content_hash(none) == content_hash(silent)
    assert content_hash(silent, [mark, other]) == content_hash(silent, [other, mark])


def test_an_invoice_that_is_stored_with_files_and_contact_is_still_the_same():
    """What was hashed when the format grew to these; a changed hash would call every copy outdated."""
    stored = invoice(
        line("0.00", None, quantity="0", description="Café"),
        contact={"id": "p", "email": "p@x.example"},
        files=[
            {"kind": "ubl", "name": "1.xml", "content": "PEludm9pY2UvPg=="},
            {"kind": "pdf", "name": "1.pdf", "content": "JVBERi0xLjQK"},
        ],
    )

    assert (
        content_hash(stored) == "f147dab08d2e6ff763d67f19da129e44107456b1f9d5defbb866055a274a7fb3"
    )


def test_a_zero_has_no_sign_in_the_hash():
    one, other = (invoice(line("1.00", quantity=zero)) for zero in ("0", "-0.00"))

    assert content_hash(one) == content_hash(other)
