"""The bare page and the table that all HTML of the sandbox is made with: no script, one style sheet."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "frame-ancestors 'none'"
)

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")

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
<a class="skip" href="#content">To the content</a>
<header class="top"><div><a class="brand" href="/">Exact Online sandbox</a>{navigation}</div></header>
{notice}
<main id="content" class="{kind}">
{content}
</main>
</body>
</html>
""",
)


def page(
    title: str,
    content: Markup,
    *,
    narrow: bool = False,
    navigation: Markup | str = "",
    notice: Markup | str = "",
) -> str:
    """Return a whole page around its content; a narrow one holds a single form."""
    kind = "narrow" if narrow else ""
    return str(
        _PAGE.format(title=title, content=content, kind=kind, navigation=navigation, notice=notice)
    )


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


__all__ = ["CONTENT_SECURITY_POLICY", "STYLE", "Markup", "page", "table"]
