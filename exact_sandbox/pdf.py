"""Writes small PDF files by hand: pages of text and lines in Helvetica, WinAnsi characters.

Enough for an invoice that any reader opens; PDF 1.4, two of the fonts every reader has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842  # A4 in points
_ENCODING = "cp1252"  # WinAnsi, which has the euro sign
# Widths of the characters 32 to 126, in thousandths of the size; others count as a digit.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_BOLD_WIDTHS = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
    *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
    *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
    *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584),
)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is, in points."""
    known = _BOLD_WIDTHS if bold else _WIDTHS
    widths = (
        known[ord(character) - 32] if 32 <= ord(character) <= 126 else 556
        for character in text.replace("\u00a0", " ")
    )
    return sum(widths) * size / 1000


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Return the lines a text takes within a width; a word that is too long is cut."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0.0
        for piece in (piece for word in paragraph.split() for piece in _pieces(word, size, width)):
            space = text_width(" ", size) if line else 0.0
            taken = text_width(piece, size)
            if line and used + space + taken > width:
                lines.append(line)
                line, used, space = "", 0.0, 0.0
            line = f"{line} {piece}" if line else piece
            used += space + taken
        lines.append(line)
    return lines


def _pieces(word: str, size: float, width: float) -> Iterator[str]:
    """Yield a word in pieces that fit into a width; most words are one."""
    start, used = 0, 0.0
    for index, character in enumerate(word):
        taken = text_width(character, size)
        if index > start and used + taken > width:
            yield word[start:index]
            start, used = index, 0.0
        used += taken
    yield word[start:]


@dataclass(slots=True)
class Page:
    """One page; places are in points from its left and upper edge."""

    commands: list[bytes] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, size: float = 9, bold: bool = False) -> None:
        """Write a text that starts at x."""
        escaped = text.encode(_ENCODING, "replace")
        for character in (b"\\", b"(", b")"):
            escaped = escaped.replace(character, b"\\" + character)
        font = b"F2" if bold else b"F1"
        place = f"{x:.2f} {HEIGHT - y:.2f}".encode()
        self.commands.append(
            b"BT /%s %s Tf %s Td (%s) Tj ET" % (font, f"{size:g}".encode(), place, escaped)
        )

    def right(self, x: float, y: float, text: str, *, size: float = 9, bold: bool = False) -> None:
        """Write a text that ends at x."""
        self.text(x - text_width(text, size, bold=bold), y, text, size=size, bold=bold)

    def line(self, x1: float, y: float, x2: float) -> None:
        """Draw a thin horizontal line."""
        height = f"{HEIGHT - y:.2f}"
        self.commands.append(f"0.5 w {x1:.2f} {height} m {x2:.2f} {height} l S".encode())


def pdf_file(pages: list[Page], title: str) -> bytes:
    """Return a PDF file of the pages; at least one is needed."""
    first_page = 5
    numbers = [first_page + 2 * index for index in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    fonts = b"/Font << /F1 3 0 R /F2 4 0 R >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for number, page in zip(numbers, pages, strict=True):
        content = b"\n".join(page.commands)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << %s >> "
            b"/Contents %d 0 R >>" % (WIDTH, HEIGHT, fonts, number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    information = title.encode("utf-16-be").hex().upper().encode()
    objects.append(b"<< /Title <FEFF%s> /Producer (Exact Online sandbox) >>" % information)
    return _assembled(objects)


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
    )


def _assembled(objects: list[bytes]) -> bytes:
    """Number the objects, of which the last is the information, and add the table of their places."""
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        data += b"%010d 00000 n \n" % place
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(data)
