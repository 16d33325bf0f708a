"""Faults: order one, see which wait, call them off."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from markupsafe import Markup

from exact_sandbox.faults import FAULTS, FaultError
from exact_sandbox.html import table
from exact_sandbox.pages.page import Done, Form, Page, Refused, Screen, Visit
from exact_sandbox.pages.parts import button, card, code, empty, field, form, join, select

_NUMBERS = {
    "skip": "Good ones first",
    "delay_s": "Delay",
    "probability": "Chance",
    "seed": "Seed",
}


def show(visit: Visit) -> Screen:
    """Return the faults that wait and the form to order one."""
    waiting = visit.sandbox.faults.as_json()
    if waiting:
        shown = join(
            table(
                [
                    "Fault",
                    "Method",
                    "Address contains",
                    "How often",
                    "Good first",
                    "Delay",
                    "Change",
                ],
                [_line(fault) for fault in waiting],
            ),
            form("/faults/clear", button("Call all faults off", kind="plain")),
        )
    else:
        shown = empty("None waits: every request is answered as it should be.")
    known: list[list[object]] = [[code(name), meaning] for name, meaning in FAULTS.items()]
    content = join(
        Markup("<h1>Faults</h1>"),
        Markup(
            '<p class="lead">Misbehavior on demand. A fault waits for the first request that fits, '
            "happens as often as ordered, and is gone.</p>"
        ),
        card("Waiting", shown),
        card("Order a fault", _order_form(visit)),
        card("What each does", table(["Fault", "What happens"], known)),
    )
    return Screen("Faults", content, "/faults")


def _line(fault: dict[str, object]) -> list[object]:
    chance = fault["probability"]
    often = "always" if fault["times"] is None else f"{fault['times']} times"
    if fault["times"] == 1:
        often = "once"
    if chance is not None:
        often = f"{often}, with chance {chance}, seed {fault['seed']}"
    return [
        fault["fault"],
        fault["method"] or "any",
        fault["path"] or "any",
        often,
        fault["skip"],
        f"{fault['delay_s']} s",
        form(
            f"/faults/{fault['id']}/call-off",
            button("Call off", kind="plain", label=f"Call {fault['fault']} off"),
        ),
    ]


def _order_form(visit: Visit) -> Markup:
    sent = visit.form
    return form(
        "/faults",
        Markup('<div class="filters upper">'),
        select("Fault", "fault", [(name, name) for name in FAULTS], sent.get("fault", "")),
        select(
            "Method",
            "method",
            [("", "any"), *((name, name) for name in ("GET", "POST", "PUT", "DELETE"))],
            sent.get("method", ""),
        ),
        field("Address contains", "path", sent.get("path", ""), hint="Such as SalesEntries."),
        field(
            "How often",
            "times",
            sent.get("times", "1"),
            more='inputmode="numeric"',
            hint="Empty: every time.",
        ),
        field("Good ones first", "skip", sent.get("skip", "0"), more='inputmode="numeric"'),
        field("Delay in seconds", "delay_s", sent.get("delay_s", "1"), more='inputmode="decimal"'),
        field(
            "Chance",
            "probability",
            sent.get("probability", ""),
            more='inputmode="decimal"',
            hint="From 0 to 1; empty: each.",
        ),
        field(
            "Seed",
            "seed",
            sent.get("seed", "0"),
            more='inputmode="numeric"',
            hint="The same seed, the same requests.",
        ),
        field("Text", "text", sent.get("text", ""), hint="What validation_500 says."),
        Markup("</div>"),
        button("Order"),
    )


def order(visit: Visit) -> Done:
    """Order the fault that was filled in."""
    sent = visit.form
    asked: dict[str, object] = {
        "fault": sent.get("fault", ""),
        "method": sent.get("method", ""),
        "path": sent.get("path", "").strip(),
        "text": sent.get("text", ""),
        "times": _read(sent.get("times", ""), "How often"),
    }
    for name, label in _NUMBERS.items():
        value = _read(sent.get(name, ""), label)
        if value is not None:
            asked[name] = value
    fault = visit.sandbox.faults.add(asked)
    return Done("/faults", f"{fault.fault} waits for the next request that fits.")


def call_off(visit: Visit) -> Done:
    """Call one fault off."""
    if not visit.sandbox.faults.call_off(visit.path["fault"]):
        raise Refused("This fault does not wait any more.")
    return Done("/faults", "The fault is called off.")


def _read(text: str, label: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as error:
        raise Refused(f"{label}: '{text}' is not a number.") from error
    if not number.is_finite() or not 0 <= number < 10**9:
        raise Refused(f"{label} must be from 0 up.")
    return number


def clear(visit: Visit) -> Done:
    """Call all faults off."""
    visit.sandbox.faults.clear()
    return Done("/faults", "All faults are called off.")


PAGE = Page("/faults", show)
PAGES = (
    PAGE,
    Form("/faults", order, PAGE, (FaultError, Refused)),
    Form("/faults/clear", clear, PAGE),
    Form("/faults/{fault}/call-off", call_off, PAGE),
)
