"""The pieces pages are built of; everything given to them is escaped unless it is Markup."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from markupsafe import Markup

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.pages.page import Visit

PER_PAGE = 50


def join(*parts: object) -> Markup:
    """Return parts one after another."""
    return Markup("").join(Markup("{}").format(part) for part in parts)


def card(heading: str, *content: object, lead: object = "") -> Markup:
    """Return a section with a heading, perhaps a sentence below it, and content."""
    sentence = Markup('<p class="soft">{}</p>').format(lead) if lead else ""
    return Markup('<section class="card"><h2>{}</h2>{}{}</section>').format(
        heading, sentence, join(*content)
    )


def empty(sentence: object) -> Markup:
    """Return what is shown where there is nothing yet."""
    return Markup('<p class="empty">{}</p>').format(sentence)


def tag(text: object, kind: str = "") -> Markup:
    """Return a short label; kind is good, warn, bad or nothing."""
    return Markup('<span class="tag {}">{}</span>').format(kind, text)


def link(address: str, text: object) -> Markup:
    """Return a link."""
    return Markup('<a href="{}">{}</a>').format(address, text)


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Return names with values; a pair without a value is left out."""
    items = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value)
        for name, value in pairs
        if value not in (None, "")
    )
    return Markup('<dl class="facts">{}</dl>').format(items)


def tabs(entries: Iterable[tuple[str, str]], current: str, label: str) -> Markup:
    """Return a second navigation; the entry whose address is the current one is marked."""
    items = Markup("").join(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            address, Markup(' aria-current="page"') if address == current else "", text
        )
        for address, text in entries
    )
    return Markup('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>').format(label, items)


def button(
    text: str, *, name: str = "", value: object = "", kind: str = "", label: str = ""
) -> Markup:
    """Return a button that sends its form; `label` is for who cannot see what it stands beside."""
    return Markup('<button type="submit"{}{}{}>{}</button>').format(
        Markup(' name="{}" value="{}"').format(name, value) if name else "",
        Markup(' class="{}"').format(kind) if kind else "",
        Markup(' aria-label="{}"').format(label) if label else "",
        text,
    )


def form(action: str, *content: object, method: str = "post", kind: str = "") -> Markup:
    """Return a form."""
    return Markup('<form method="{}" action="{}" class="{}">{}</form>').format(
        method, action, kind, join(*content)
    )


def hidden(name: str, value: object) -> Markup:
    """Return a field that nobody sees."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def field(
    label: str, name: str, value: object = "", *, kind: str = "text", more: str = "", hint: str = ""
) -> Markup:
    """Return a labeled input; `more` holds attributes of our own, `hint` a sentence below."""
    describing = Markup(' aria-describedby="{}-hint"').format(name) if hint else ""
    return Markup(
        '<div class="field"><label for="{name}">{label}</label>'
        '<input type="{kind}" id="{name}" name="{name}" value="{value}"{describing} {more}>{hint}</div>'
    ).format(
        name=name,
        label=label,
        kind=kind,
        value=value,
        describing=describing,
        more=Markup(more),  # noqa: S704 - attributes written in the code
        hint=Markup('<p class="soft hint" id="{}-hint">{}</p>').format(name, hint) if hint else "",
    )


def select(
    label: str,
    name: str,
    choices: Iterable[tuple[object, object]],
    chosen: object,
    *,
    hint: str = "",
) -> Markup:
    """Return a labeled choice."""
    return Markup(
        '<div class="field"><label for="{name}">{label}</label>'
        '<select id="{name}" name="{name}"{describing}>{choices}</select>{hint}</div>'
    ).format(
        name=name,
        label=label,
        describing=Markup(' aria-describedby="{}-hint"').format(name) if hint else "",
        choices=Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(
                value, Markup(" selected") if str(value) == str(chosen) else "", text
            )
            for value, text in choices
        ),
        hint=Markup('<p class="soft hint" id="{}-hint">{}</p>').format(name, hint) if hint else "",
    )


def search(visit: Visit, label: str, *more: object) -> Markup:
    """Return a form that searches this page."""
    return Markup(
        '<form method="get" action="{}" class="filters" role="search">{}{}{}</form>'
    ).format(
        visit.address,
        field(label, "q", visit.query.get("q", ""), kind="search", more='autocomplete="off"'),
        join(*more),
        button("Search"),
    )


def pager(visit: Visit, total: int, *, page: int, per_page: int = PER_PAGE) -> Markup:
    """Return where in a long list one is, and the way to the pages beside."""
    last = max(1, -(-total // per_page))
    if last == 1:
        return Markup("")
    first = (page - 1) * per_page + 1
    steps = [
        Markup("<span>{:,} to {:,} of {:,}</span>").format(
            first, min(page * per_page, total), total
        )
    ]
    if page > 1:
        steps.append(link(visit.with_query(page=page - 1), "Previous page"))
    if page < last:
        steps.append(link(visit.with_query(page=page + 1), "Next page"))
    return Markup('<nav class="pager" aria-label="Pages">{}</nav>').format(join(*steps))


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """Return an amount with the decimals of its currency."""
    if amount is None:
        return ""
    decimals = CURRENCIES[currency].decimals if currency in CURRENCIES else 2
    shown = f"{amount:,.{decimals}f}"
    return f"{currency} {shown}" if currency else shown


def day(moment: datetime | None) -> str:
    """Return the date of a moment."""
    return moment.date().isoformat() if moment else ""


def code(text: object) -> Markup:
    """Return something to be typed or copied to the letter."""
    return Markup("<code>{}</code>").format(text)


def example(text: str, label: str) -> Markup:
    """Return lines to copy; the keyboard can scroll them."""
    return Markup('<pre tabindex="0" role="region" aria-label="{}"><code>{}</code></pre>').format(
        label, text
    )


def in_path(text: object) -> str:
    """Return a text as one part of an address."""
    return quote(str(text), safe="")
