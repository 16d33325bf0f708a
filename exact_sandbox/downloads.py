"""Answers the addresses under /docs: an attachment's `Url` and a document's `DocumentViewUrl`.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
says of Url: "To get the file in its original format (xml, jpg, pdf, etc.) append &Download=1".
"""

from __future__ import annotations

import base64
import mimetypes
from urllib.parse import quote

from werkzeug import Request, Response

from exact_sandbox.access import Caller, check_access, read_caller
from exact_sandbox.answers import refusal
from exact_sandbox.errors import ExactError, NotFound
from exact_sandbox.html import Markup, page
from exact_sandbox.messages import say
from exact_sandbox.negotiation import Format
from exact_sandbox.resources import by_path
from exact_sandbox.sandbox import Sandbox

LONGEST_DIVISION = 9  # digits
_ADDRESSES = {  # endpoint of the record, parameter that holds its key
    "/docs/sysattachment.aspx": ("documents/DocumentAttachments", "id"),
    "/docs/docview.aspx": ("documents/Documents", "documentid"),
}


def download(sandbox: Sandbox, request: Request) -> Response:
    """Return the file or the page that an address under /docs stands for.

    User and application need the same rights as for reading the endpoint; whether the call counts
    against the limits is a switch. Refusals are in Exact's form.
    """
    try:
        return _answer(sandbox, request, read_caller(sandbox, request))
    except ExactError as error:
        return refusal(error, Format.JSON)


def _answer(sandbox: Sandbox, request: Request, caller: Caller) -> Response:
    query = {name.lower(): value for name, value in request.args.items()}
    address = _ADDRESSES.get(request.path.lower())
    division = query.get("_division_", "")
    if address is None or not division.isdecimal() or len(division) > LONGEST_DIVISION:
        raise _not_found(caller)
    path, parameter = address
    resource = by_path()[path.lower()]
    check_access(sandbox, caller, int(division), resource, writing=False)
    headers = {}
    if sandbox.switches["downloads_counted"]:
        headers = sandbox.limits.count(caller.client_id, int(division))
    key = query.get(parameter, "").strip("{}").lower()
    record = sandbox.database.find(resource.table, ID=key, Division=int(division))
    if record is None:
        raise _not_found(caller)
    if "Attachment" in record and query.get("download") == "1":
        response = _file(record["FileName"], base64.b64decode(record["Attachment"]))
    else:
        response = _about(record.get("FileName") or record["Subject"])
    response.headers.update(headers)
    return response


def _not_found(caller: Caller) -> NotFound:
    return NotFound(say(caller.user.language, "no_such_data"))


def _file(name: str, content: bytes) -> Response:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, content_type=kind, headers={"Content-Disposition": disposition})


def _about(title: str) -> Response:
    text = Markup("<h1>{}</h1><p>Exact shows this in its own screens.</p>").format(title)
    return Response(page(title, text), content_type="text/html; charset=utf-8")
