"""The frame around the sandbox's own pages: plain HTML, one style sheet, no script."""

from __future__ import annotations

from markupsafe import Markup, escape

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "frame-ancestors 'none'"
)

STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --paper: #f5f6f8; --card: #fff;
  --line: #8b93a5; --accent: #b3122a; --soft: #5a6375; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --paper: #14171f; --card: #1f2430;
  --line: #6b7488; --accent: #ff8296; --soft: #a8b1c4; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { padding: .75rem 1.5rem; border-bottom: 3px solid var(--accent); background: var(--card); }
header a { color: var(--ink); font-weight: 600; text-decoration: none; margin-right: 1.5rem; }
main { max-width: 70rem; margin: 1.5rem auto; padding: 0 1rem; }
main.narrow { max-width: 28rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: 1rem 1.25rem; margin-bottom: 1.25rem; overflow-x: auto; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 0; }
a { color: var(--accent); }
label { display: block; font-weight: 600; margin-top: .75rem; }
label.inline { display: inline; font-weight: 400; margin: 0; }
input, select { font: inherit; padding: .45rem .6rem; border: 1px solid var(--line);
  border-radius: .3rem; background: var(--paper); color: inherit; max-width: 100%; }
input[type=text], input[type=email], input[type=password] { width: 100%; }
input.amount { width: 8rem; text-align: right; }
button { font: inherit; font-weight: 600; padding: .5rem 1rem; margin: .75rem .5rem 0 0;
  border: 1px solid var(--accent); border-radius: .3rem; background: var(--accent);
  color: var(--card); cursor: pointer; }
button.plain { background: transparent; color: var(--accent); }
td button { margin: 0 .25rem .25rem 0; padding: .25rem .6rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td:not(:last-child) { white-space: nowrap; }
td:first-child { white-space: normal; }
@media (max-width: 44rem) {
  thead { position: absolute; left: -9999px; }
  tr, td { display: block; }
  tr { border-bottom: 2px solid var(--line); padding: .5rem 0; }
  td, td.number { border: 0; text-align: left; padding: .15rem 0; }
  td:not(:last-child) { white-space: normal; }
  td::before { content: attr(data-label) ": "; font-weight: 600; }
}
.soft { color: var(--soft); } .error { color: var(--accent); font-weight: 600; }
code { overflow-wrap: anywhere; }
"""

_PAGE = Markup(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Exact Online sandbox</title>
<link rel="stylesheet" href="/_sandbox/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header><a href="/">Exact Online sandbox</a><a href="/bank-desk">Bank desk</a></header>
<main class="{kind}">
{content}
</main>
</body>
</html>
""",
)


def page(title: str, content: Markup, *, narrow: bool = False) -> str:
    """Return a whole page around its content."""
    return str(_PAGE.format(title=title, content=content, kind="narrow" if narrow else ""))


def table(
    headings: list[str], rows: list[list[object]], *, numbers: frozenset[int] = frozenset()
) -> Markup:
    """Return a table; cells are escaped unless they are Markup, `numbers` are right-aligned."""

    def cell(tag: str, index: int, value: object) -> Markup:
        kind = Markup(' class="number"') if index in numbers else Markup("")
        if tag == "td":
            kind += Markup(' data-label="{}"').format(headings[index])
        return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), kind, value)  # noqa: S704 - our own tag

    head = Markup("").join(cell("th", index, text) for index, text in enumerate(headings))
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(cell("td", index, value) for index, value in enumerate(row))
        )
        for row in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def options(choices: list[tuple[object, str]], chosen: object) -> Markup:
    """Return the options of a select."""
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if str(value) == str(chosen) else "", text
        )
        for value, text in choices
    )


__all__ = ["CONTENT_SECURITY_POLICY", "STYLE", "Markup", "escape", "options", "page", "table"]
