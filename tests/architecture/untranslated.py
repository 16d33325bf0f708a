"""Finds texts for people that are not marked as translatable, by reading templates and Python, not by running pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

# Names, and what is the same in every language.
SAME_EVERYWHERE = frozenset(
    {
        "Connector",
        "Exact",
        "Exact Online",
        "PSA",
        "CSV",
        "API",
        "ms",
        "x",
        "ID",
        "UBL",
        "PDF",
        "JSON",
        "innerHTML",
    }
)
_ATTRIBUTES = frozenset(
    {"aria-label", "aria-description", "title", "placeholder", "alt", "data-label", "data-confirm"}
)
_CODE = frozenset({"code", "kbd", "pre", "script", "style"})
_PUNCTUATION = " ·:,.()\u2013\u00d7"
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_LITERAL = re.compile(r"""(?<!_\()(?P<quote>["'])(?P<text>(?:(?!(?P=quote)).)*)(?P=quote)""")
_PRINTING_FILTER = re.compile(r"\|(?:default|default_if_none|yesno|pluralize|add|cut|join):$")
_PASSED_ON = re.compile(r"(?:^|\s)[a-z_]+=$")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in _CODE
        values = dict(attrs)
        for name, value in attrs:
            is_button = name == "value" and tag == "input" and values.get("type") == "submit"
            if value and (name in _ATTRIBUTES or is_button):
                self._look(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._code -= tag in _CODE

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in _CODE

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._look(data)

    def _look(self, text: str) -> None:
        words = " ".join(text.split())
        if _LETTERS.search(words) and not SAME_EVERYWHERE.issuperset(
            re.split(r"\s*·\s*", words.strip(_PUNCTUATION))
        ):
            self.found.append(words)


def in_template(path: Path) -> list[str]:
    """This function will return the texts of a page or mail that are outside translate tags."""
    page = _Page()
    outside, literals = _split(Lexer(path.read_text(encoding="utf-8")).tokenize())
    if path.suffix == ".html":
        page.feed(outside)
        page.close()
    else:
        page.handle_data(outside)
    return [*page.found, *literals]


def _split(tokens: list[Token]) -> tuple[str, list[str]]:
    """Take out what is marked, and make marks of values, so that markup is left."""
    parts: list[str] = []
    literals: list[str] = []
    ends_with = ""
    for token in tokens:
        name = token.contents.split(" ", 1)[0] if token.token_type == TokenType.BLOCK else ""
        if ends_with:
            ends_with = "" if name == ends_with else ends_with
        elif name in {"blocktranslate", "blocktrans", "comment"}:
            ends_with = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            parts.append(token.contents)
        elif token.token_type != TokenType.COMMENT:
            parts.append(" ")
            if name not in {"translate", "trans", "url", "load", "static", "extends"}:
                literals += _literals(token.contents, name)
    return "".join(parts), literals


def _literals(contents: str, name: str) -> Iterator[str]:
    for found in _LITERAL.finditer(contents):
        before, text = contents[: found.start()], found["text"]
        is_code = text.islower() and text.replace("-", "").isalpha() and "default" in before
        is_read = not is_code and (
            _PRINTING_FILTER.search(before)
            or (_PASSED_ON.search(before) and (text[:1].isupper() or " " in text.strip()))
            or (name in {"navigation_link", "firstof"} and text[:1].isupper())
        )
        if is_read and _LETTERS.search(text) and text not in SAME_EVERYWHERE:
            yield text


# --- Python -----------------------------------------------------------------------------------------------------

MARKS = frozenset(
    {
        "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext",
        "pgettext_lazy", "npgettext", "sentence", "counted_sentence",
    }
)  # fmt: skip
# What operators, developers and programs read stays English.
_NOT_FOR_PEOPLE = frozenset(
    {
        "debug", "info", "warning", "error", "exception", "critical", "log", "compile", "extend_schema",
        "RuntimeError", "ValueError", "TypeError", "KeyError", "LookupError", "AssertionError",
        "NotImplementedError", "ImproperlyConfigured", "CommandError", "RunSQL", "Http404",
    }
)  # fmt: skip
_NAMED = frozenset(
    {"label", "help_text", "verbose_name", "empty_label", "title", "note", "word", "words"}
)
_VALUE = "\ue000"
_SENTENCE = re.compile(rf"[A-Z“{_VALUE}].*\s.*[.!?…:]$", re.DOTALL)


class _Code(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        is_logger = isinstance(node.func, ast.Attribute) and "logger" in ast.dump(node.func.value)
        if name in MARKS or (name in _NOT_FOR_PEOPLE and (is_logger or name not in _LOGGING)):
            return
        if "messages" in ast.dump(node.func) and len(node.args) > 1:
            self._take(node.args[1])
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg == "description":
            # What the API's reference says of a field.
            return
        if node.arg in _NAMED:
            self._take(node.value)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any("Choices" in _name_of(base) for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
                    self._take(line.value.elts[-1])
        self._body(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._body(node)

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._look(_text_of(node))

    def visit_Expr(self, node: ast.Expr) -> None:
        # A text that stands by itself describes what is above it.
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._look(_text_of(node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _body(self, node: ast.ClassDef | ast.FunctionDef | ast.Module) -> None:
        for line in node.body:
            self.visit(line)

    def _take(self, node: ast.expr) -> None:
        text = _text_of(node)
        if _LETTERS.search(text) and text[:1].isupper() and text not in SAME_EVERYWHERE:
            self._note(text)

    def _look(self, text: str) -> None:
        if _SENTENCE.match(text) and _LETTERS.search(text.replace(_VALUE, "")):
            self._note(text)

    def _note(self, text: str) -> None:
        if text not in self.found:
            self.found.append(text)


_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def in_python(path: Path) -> list[str]:
    """This function will return the texts for people in a module that no mark takes to the catalogs."""
    code = _Code()
    code.visit(ast.parse(path.read_text(encoding="utf-8")))
    return code.found


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else _VALUE for part in node.values
        )
    return ""
