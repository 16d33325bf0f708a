"""What may come with an invoice as a file: a PDF or an UBL document that is what it says, and of a size we can keep."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from typing import Any, NoReturn
from xml.parsers import expat

from pydantic_core import PydanticCustomError

from connector.sentences import sentence
from integrations.psa.fields import clean_line, refuse, shortened

# Of all files of one invoice together, decoded.
MAX_BYTES = 8 * 2**20
EXTENSIONS = {"pdf": ".pdf", "ubl": ".xml"}
_PDF_START = b"%PDF-"
_UBL_ROOTS = ("Invoice", "CreditNote")
_SPACES = re.compile(r"[ \t\r\n]+")
# What parts the namespace of an element from its name; a namespace holds no spaces.
_AFTER_NAMESPACE = " "


def decode(value: Any) -> Any:
    """This function will return the bytes that a base64 text stands for, or raise a sentence; bytes stay as they are."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise refuse(sentence("Send the file as base64 text."))
    if len(value) > MAX_BYTES * 3 // 2:
        # Base64 is a third longer than what it stands for; the rest is room for its line breaks.
        raise _too_large()
    try:
        return base64.b64decode(_SPACES.sub("", value), validate=True)
    except (binascii.Error, ValueError):
        raise refuse(
            sentence(
                "This is not base64. Send the bytes of the file in base64, without “data:” in front."
            )
        ) from None


def _too_large() -> PydanticCustomError:
    return refuse(
        sentence(
            "The files of an invoice hold at most %(most)s MB together.", most=MAX_BYTES // 2**20
        )
    )


def check_content(kind: str, content: bytes) -> None:
    """This function will raise a sentence unless the bytes are a file of the kind ("pdf" or "ubl")."""
    if not content:
        raise refuse(sentence("The file is empty."))
    if kind == "pdf" and not content.startswith(_PDF_START):
        raise refuse(sentence("This is not a PDF: a PDF begins with %PDF-."))
    if kind == "ubl":
        _check_ubl(content)


def check_sizes(sizes: list[int]) -> None:
    """This function will raise a sentence when files of these sizes, in bytes, are too much for one invoice."""
    if sum(sizes) > MAX_BYTES:
        raise _too_large()


def check_name(value: Any) -> Any:
    """This function will return the name of a file, or raise a sentence when it could be taken for more than a name."""
    if not isinstance(value, str):
        raise refuse(sentence("Send this as text, in quotation marks."))
    if any(c in "/\\" or unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        raise refuse(
            sentence("The name of a file holds no folder (/ or \\) and no control characters.")
        )
    return clean_line(value)


def check_extension(kind: str, name: str) -> None:
    """This function will raise a sentence unless the name ends as files of the kind do.

    A computer opens a downloaded file by the end of its name: XML called .html would be run as a page.
    """
    extension = EXTENSIONS[kind]
    if len(name) <= len(extension) or not name.casefold().endswith(extension):
        raise refuse(
            sentence(
                "“%(name)s” is no name for this kind of file: end it in %(extension)s.",
                name=shortened(name),
                extension=extension,
            )
        )


def _check_ubl(content: bytes) -> None:
    """Read the document without building it. It may not declare entities: those can grow without end or name our files."""
    roots: list[str] = []
    parser = expat.ParserCreate(namespace_separator=_AFTER_NAMESPACE)

    def note_root(name: str, attributes: Any) -> None:
        roots.append(name.rpartition(_AFTER_NAMESPACE)[2])
        parser.StartElementHandler = None

    def refuse_doctype(*declaration: Any) -> NoReturn:
        raise refuse(sentence("UBL holds no DOCTYPE and no entities of its own. Leave them out."))

    parser.StartElementHandler = note_root
    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(content, True)
    except PydanticCustomError:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise refuse(
            sentence("This is not well-formed XML: %(error)s.", error=str(error))
        ) from None
    if roots[0] not in _UBL_ROOTS:
        raise refuse(
            sentence(
                "UBL begins with Invoice or CreditNote; this begins with “%(name)s”.",
                name=shortened(roots[0]),
            )
        )
