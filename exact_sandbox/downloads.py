"""Answers the addresses under /docs: an attachment's `Url` and a document's `DocumentViewUrl`.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
says of Url: "To get the file in its original format (xml, jpg, pdf, etc.) append &Download=1".
"""

from __future__ import annotations

import base64
import mimetypes
from urllib.parse import quote

from werkzeug import Request, Response

from exact_sandbox.access import read_caller
from exact_sandbox.errors import Forbidden, Unauthorized, body as error_body
from exact_sandbox.html import Markup, page
from exact_sandbox.json_answer import json_response
from exact_sandbox.messages import say
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import User

ATTACHMENT, DOCUMENT = "/docs/sysattachment.aspx", "/docs/docview.aspx"


def download(sandbox: Sandbox, request: Request) -> Response:
    """Return the file or the page that an address under /docs stands for.

    The user must see the division; whether the call counts against the limits is a switch.
    """
    try:
        caller = read_caller(sandbox, request)
    except Unauthorized:
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="Exact Online"'})
    except Forbidden as error:
        return json_response(error_body(error.text), 403, {"Reason": error.reason or ""})
    client_id, user = caller.client_id, caller.user
    path, query = (
        request.path.lower(),
        {name.lower(): value for name, value in request.args.items()},
    )
    context = _context(sandbox, user, query.get("_division_", ""))
    table, key = {
        ATTACHMENT: ("documentattachments", query.get("id", "")),
        DOCUMENT: ("documents", query.get("documentid", "")),
    }.get(path, ("", ""))
    if not table or context is None:
        return _not_found(user)
    headers = (
        sandbox.limits.count(client_id, context.division)
        if sandbox.switches["downloads_counted"]
        else {}
    )
    record = sandbox.database.find(table, ID=key.strip("{}").lower(), Division=context.division)
    if record is None:
        return _not_found(user)
    if path == ATTACHMENT and query.get("download") == "1":
        response = _file(record["FileName"], base64.b64decode(record["Attachment"]))
    else:
        response = _about(record.get("FileName") or record["Subject"])
    response.headers.update(headers)
    return response


def _context(sandbox: Sandbox, user: User, division: str) -> Context | None:
    if not division.isdecimal() or len(division) > 9 or int(division) not in user.divisions:
        return None
    return Context(sandbox, user, int(division))


def _not_found(user: User) -> Response:
    return json_response(error_body(say(user.language, "no_such_data")), 404)


def _file(name: str, content: bytes) -> Response:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, content_type=kind, headers={"Content-Disposition": disposition})


def _about(title: str) -> Response:
    text = Markup("<h1>{}</h1><p>Exact shows this in its own screens.</p>").format(title)
    return Response(page(title, text), content_type="text/html; charset=utf-8")
