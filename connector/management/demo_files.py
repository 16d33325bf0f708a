"""The PDF of a demo invoice: one page that says what it is, small and always the same bytes."""

from __future__ import annotations

from typing import Any

_PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def invoice_pdf(document: dict[str, Any]) -> dict[str, Any]:
    """This function will return the PDF of an invoice as the REST API takes it, but for base64."""
    lines = [
        f"Invoice {document['number']}",
        document["client"]["name"],
        document["subject"],
        *(f"{line['description']}: {line['net_amount']}" for line in document["lines"]),
    ]
    return {"kind": "pdf", "name": f"{document['number']}.pdf", "content": _pdf(lines)}


def _pdf(lines: list[str]) -> bytes:
    """One page with the lines on it; letters outside Western Europe become "?"."""
    shown = " ".join(f"({_escaped(line)}) ' " for line in lines)
    stream = f"BT /F 14 Tf 20 TL 72 770 Td {shown}ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        f"<< /Length {len(_bytes(stream))} >>\nstream\n{stream}\nendstream",
        _FONT,
    )
    document = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(document))
        document += _bytes(f"{number} 0 obj\n{content}\nendobj\n")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R >>"
    return document + _bytes(
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(document)}\n%%EOF\n"
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _bytes(text: str) -> bytes:
    return text.encode("cp1252", errors="replace")
