"""Switches: each unsure fact about Exact with its meaning and position."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.pages.page import Done, Form, Page, Refused, Screen, Visit
from exact_sandbox.pages.parts import button, code, form, hidden, join, tag
from exact_sandbox.switches import SWITCHES, SwitchError


def show(visit: Visit) -> Screen:
    """Return every switch, the changed ones first."""
    switches = sorted(
        visit.sandbox.switches.as_json(), key=lambda each: each["value"] == each["default"]
    )
    changed = any(each["value"] != each["default"] for each in switches)
    content = join(
        Markup("<h1>Switches</h1>"),
        Markup(
            '<p class="lead">Facts about Exact that nobody is sure of. The likelier position is the '
            "default; turn a switch to see whether a client copes with the other.</p>"
        ),
        form("/switches/reset", button("Put all back to default", kind="plain")) if changed else "",
        Markup("<h2>Unsure facts</h2>"),
        *(_switch(each) for each in switches if SWITCHES[str(each["name"])].unsure),
        Markup("<h2>Settings of this sandbox</h2>"),
        *(_switch(each) for each in switches if not SWITCHES[str(each["name"])].unsure),
    )
    return Screen("Switches", content, "/switches")


def _switch(each: dict[str, object]) -> Markup:
    name = str(each["name"])
    is_default = each["value"] == each["default"]
    state = tag("default") if is_default else tag("changed", "warn")
    return Markup(
        '<section class="card"><h3 id="{name}">{shown} {state}</h3>'
        '<p id="{name}-meaning">{meaning}</p>{form}</section>'
    ).format(
        name=name,
        shown=code(name),
        state=state,
        meaning=each["meaning"],
        form=form(
            "/switches",
            hidden("name", name),
            _input(each),
            button("Set", label=f"Set {name}"),
            ""
            if is_default
            else button(
                f"Back to {_text(each['default'])}",
                name="default",
                value="1",
                kind="plain",
                label=f"Put {name} back to {_text(each['default'])}",
            ),
            kind="row",
        ),
    )


def _input(each: dict[str, object]) -> Markup:
    value = each["value"]
    positions = each["positions"]
    choices = ["true", "false"] if isinstance(value, bool) else list(positions)  # type: ignore[call-overload] # a list of texts
    naming = Markup('name="value" aria-label="{0}" aria-describedby="{0}-meaning"').format(
        each["name"]
    )
    if not choices:
        kind = Markup('inputmode="numeric"') if isinstance(value, int) else ""
        return Markup('<div class="field"><input type="text" {} {} value="{}"></div>').format(
            naming, kind, value
        )
    return Markup('<div class="field"><select {}>{}</select></div>').format(
        naming,
        Markup("").join(
            Markup("<option{}>{}</option>").format(
                Markup(" selected") if choice == _text(value) else "", choice
            )
            for choice in choices
        ),
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else "nothing"


def turn(visit: Visit) -> Done:
    """Put one switch in the position that was chosen."""
    name = visit.form.get("name", "")
    if name not in SWITCHES:
        raise Refused("There is no such switch.")
    default = visit.sandbox.switches.default(name)
    value = default if visit.form.get("default") else _read(visit.form.get("value", ""), default)
    visit.sandbox.switches.set(name, value)
    return Done(f"/switches#{name}", f"{name} is {_text(value)} now.")


def _read(raw: str, default: object) -> object:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(raw, raw)
    if isinstance(default, int):
        text = raw.strip()
        if not text.isdecimal() or len(text) > 15:
            raise Refused(f"'{raw}' is not a whole number.")
        return int(text)
    return raw.strip()


def reset(visit: Visit) -> Done:
    """Put all switches back."""
    visit.sandbox.switches.reset()
    return Done("/switches", "All switches are in their default position.")


PAGE = Page("/switches", show)
PAGES = (
    PAGE,
    Form("/switches", turn, PAGE, (SwitchError, Refused)),
    Form("/switches/reset", reset, PAGE),
)
