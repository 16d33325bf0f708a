"""The answers of a sandbox that misbehaves on purpose."""

from __future__ import annotations

import json

from werkzeug import Request, Response

from exact_sandbox.errors import GENERIC_500, body as error_body
from exact_sandbox.faults import EVIL_HOST, Fault
from exact_sandbox.json_answer import json_response
from exact_sandbox.limits import DAY, MINUTE
from exact_sandbox.sandbox import Sandbox

_USED_UP = {"too_many_requests_minute": MINUTE, "too_many_requests_day": DAY}
_MAINTENANCE = """<!DOCTYPE html><html><head><title>Exact Online - Maintenance</title></head>
<body><h1>Exact Online is temporarily unavailable</h1>
<p>We are carrying out maintenance. Please try again later.</p></body></html>"""

_PAGES = {
    "maintenance_html": (200, _MAINTENANCE),
    "unavailable_503": (503, "<html><body>Service Unavailable</body></html>"),
    "too_many_requests_html": (429, "<html><body>Too Many Requests</body></html>"),
}
# Without a text of their own they say what the order gives as text.
_REFUSALS = {
    "generic_500": (500, GENERIC_500),
    "validation_500": (500, ""),
    "validation_400": (400, ""),
    "forbidden_403": (403, "Forbidden"),
}


def instead_of_answer(fault: Fault, sandbox: Sandbox, division: int) -> Response | None:
    """Return the answer a fault gives without executing anything, or None."""
    name = fault.fault
    if name in _USED_UP:
        headers = sandbox.limits.used_up_headers("", division, _USED_UP[name])
        return Response(status=429, headers=headers)
    if name in _PAGES:
        status, page = _PAGES[name]
        return Response(page, status, content_type="text/html; charset=utf-8")
    if name in _REFUSALS:
        status, text = _REFUSALS[name]
        return json_response(error_body(text or fault.text), status)
    if name == "timeout_408":
        return Response(status=408)
    if name == "redirect":
        return Response(status=302, headers={"Location": f"{EVIL_HOST}/api/v1/"})
    return None


def after_answer(fault: str, response: Response) -> Response:
    """Return what a fault makes of an answer that was really given."""
    if fault == "error_500_after_commit":
        return json_response(error_body(GENERIC_500), 500)
    if fault == "empty_201":
        response.set_data(b"")
    if fault == "garbage_json":
        response.set_data(b'{"d":{"EntryID":"' + response.get_data()[:40])
    if fault in ("evil_next", "wrong_division") and response.is_json:
        body = json.loads(response.get_data())
        if fault == "evil_next":
            _point_elsewhere(body)
        else:
            _claim_other_division(body)
        response.set_data(json.dumps(body))
    return response


def _point_elsewhere(body: dict[str, object]) -> None:
    page = body.get("d")
    results = page.get("results") if isinstance(page, dict) else page
    if not isinstance(results, list):
        return  # one record has no next page
    body["d"] = {"results": results, "__next": f"{EVIL_HOST}/api/v1/1000001/next?$skiptoken=1"}


def _claim_other_division(body: dict[str, object]) -> None:
    page = body.get("d")
    results = page.get("results", [page]) if isinstance(page, dict) else page
    for row in results if isinstance(results, list) else []:
        if "Division" in row:
            row["Division"] = 7_654_321


def without_last_line(request: Request) -> None:
    """Take the last line out of a posted entry, as if Exact had lost it."""
    try:
        entry = json.loads(request.get_data())
    except ValueError:
        return
    nested = [
        value
        for name, value in (entry.items() if isinstance(entry, dict) else ())
        if name.endswith("Lines") and isinstance(value, list) and len(value) > 1
    ]
    for lines in nested:
        del lines[-1]
    if nested:
        request._cached_data = json.dumps(entry).encode()  # noqa: SLF001 - werkzeug reads its body from here


def lose_ledger_accounts(sandbox: Sandbox, response: Response) -> None:
    """Let the lines of the entry that was just booked name no ledger account, as if Exact had not taken them over."""
    entry = json.loads(response.get_data()).get("d", {}) if response.is_json else {}
    sandbox.database.execute(
        'UPDATE salesentrylines SET "GLAccount" = NULL WHERE "EntryID" = ?', [entry.get("EntryID")]
    )
