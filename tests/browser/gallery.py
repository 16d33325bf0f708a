"""One page that shows every screenshot of the last run: `python -m tests.browser.gallery`, which CI does at its end."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from html import escape
from pathlib import Path

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results" / "screenshots"
_NAME = re.compile(r"(?P<page>.+)-(?P<width>\d+)-(?P<theme>light|dark)")
_STYLE = "body{font:14px system-ui;margin:24px}img{width:280px;border:1px solid #999;margin:4px;vertical-align:top}"


def write(folder: Path = SCREENSHOTS) -> str:
    """This function will write index.html beside the screenshots and return a line that says how many there are."""
    pages: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for file in folder.glob("*.jpg"):
        if found := _NAME.fullmatch(file.stem):
            pages[found["page"]].append((int(found["width"]), found["theme"], file.name))
    parts = [f"<!doctype html><html lang=en><title>Screenshots</title><style>{_STYLE}</style>"]
    for page, shots in sorted(pages.items()):
        parts.append(f"<h2>{escape(page)}</h2>")
        parts += [
            f'<a href="{escape(name)}"><img loading=lazy src="{escape(name)}" alt="{width} px, {theme}"></a>'
            for width, theme, name in sorted(shots)
        ]
    if pages:
        (folder / "index.html").write_text("\n".join(parts), encoding="utf-8")
    count = sum(map(len, pages.values()))
    return (
        f"{count} screenshots of {len(pages)} pages and states: test-results/screenshots/index.html"
    )


if __name__ == "__main__":
    sys.stdout.write(f"{write()}\n")
