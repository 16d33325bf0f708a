"""Parses an OData v2 `$filter` into a small tree, without recursion: clients send long lists.

Grammar: https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (section 4.5)
Precedence is that of WCF Data Services: `not` and `-` bind tighter than everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.functions import FUNCTIONS
from exact_sandbox.odata.lexer import Token, syntax_error, tokens
from exact_sandbox.odata.tree import (
    ARITHMETIC,
    COMPARISONS,
    Arithmetic,
    Call,
    Comparison,
    Literal,
    Logical,
    Minus,
    Name,
    Negation,
    Node,
)

MAX_LENGTH = 65_536  # of a request line, so in practice a filter is as long as an address may be
MAX_DEPTH = 20  # of the tree; a chain of `or` or `and` is one level, in brackets or not

_PRECEDENCE = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    **dict.fromkeys(("gt", "ge", "lt", "le"), 4),
    **dict.fromkeys(("add", "sub"), 5),
    **dict.fromkeys(("mul", "div", "mod"), 6),
}
_UNARY_PRECEDENCE = 7
_OPEN = 0


@dataclass(slots=True)
class _Operator:
    """Something on the stack of operators: a binary one, `not`, `-`, or an open bracket."""

    text: str
    position: int
    precedence: int
    arguments: int = 0  # of an open call: those that are complete


class _Parser:
    """Two stacks, as in Dijkstra's shunting yard: operands with their depth, and operators."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.index = 0
        self.operands: list[tuple[Node, int]] = []
        self.operators: list[_Operator] = []

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def next_is(self, mark: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == "mark" and token.text == mark

    def parse(self) -> Node:
        """Read an operand and an operator in turn until the end."""
        wants_operand = True
        while True:
            token = self.take()
            if wants_operand:
                wants_operand = not self._operand(token)
            elif token.kind == "end":
                return self._finished(token)
            else:
                wants_operand = self._operator(token)

    def _finished(self, token: Token) -> Node:
        self._reduce(1)
        if self.operators:
            raise BadRequest(f"')' or operator expected at position {token.position}.")
        return self.operands[0][0]

    def _operand(self, token: Token) -> bool:
        """Take what may stand where a value is wanted; return whether the value is complete."""
        if token.literal is not None:
            self._push(token.literal, 1)
            return True
        if token.kind == "mark" and token.text == "(":
            self.operators.append(_Operator("(", token.position, _OPEN))
            return False
        if token.text in ("-", "not"):
            self.operators.append(_Operator(token.text, token.position, _UNARY_PRECEDENCE))
            return False
        if token.kind != "word":
            raise BadRequest(f"Expression expected at position {token.position}.")
        if self.next_is("("):
            self._open_call(token)
            return False
        self._push(Name(self._path(token), token.position), 1)
        return True

    def _path(self, token: Token) -> str:
        names = [token.text]
        while self.next_is("/"):
            self.take()
            step = self.take()
            if step.kind != "word":
                raise syntax_error(step.position)
            names.append(step.text)
        return "/".join(names)

    def _open_call(self, name: Token) -> None:
        if name.text not in FUNCTIONS:
            raise BadRequest(f"Unknown function '{name.text}' at position {name.position}.")
        self.take()
        self.operators.append(_Operator(name.text, name.position, _OPEN))

    def _operator(self, token: Token) -> bool:
        """Take what may stand after a value; return whether another value must follow."""
        precedence = _PRECEDENCE.get(token.text) if token.kind == "word" else None
        if precedence is not None:
            self._reduce(precedence)
            self.operators.append(_Operator(token.text, token.position, precedence))
            return True
        if token.kind == "mark" and token.text in "),":
            return self._close_or_continue(token)
        raise syntax_error(token.position)

    def _close_or_continue(self, token: Token) -> bool:
        self._reduce(1)
        opened = self.operators[-1] if self.operators else None
        if opened is None or (token.text == "," and opened.text == "("):
            raise syntax_error(token.position)
        if opened.text != "(":
            opened.arguments += 1
        if token.text == ",":
            return True
        self.operators.pop()
        if opened.text != "(":
            self._call(opened)
        return False

    def _call(self, opened: _Operator) -> None:
        if opened.arguments not in {len(form.arguments) for form in FUNCTIONS[opened.text]}:
            raise no_applicable_function(opened.text, opened.position)
        arguments = self.operands[-opened.arguments :]
        del self.operands[-opened.arguments :]
        nodes = tuple(node for node, _ in arguments)
        depth = max(depth for _, depth in arguments)
        self._push(Call(opened.text, nodes, opened.position), depth + 1)

    def _reduce(self, precedence: int) -> None:
        """Apply the operators on the stack that bind at least as tightly."""
        while self.operators and self.operators[-1].precedence >= precedence:
            operator = self.operators.pop()
            right, right_depth = self.operands.pop()
            if operator.precedence == _UNARY_PRECEDENCE:
                self._push(_unary(operator, right), right_depth + 1)
                continue
            left, left_depth = self.operands.pop()
            node = _binary(operator, left, right)
            if isinstance(node, Logical):
                depth = max(
                    _depth_inside(node, left, left_depth), _depth_inside(node, right, right_depth)
                )
            else:
                depth = max(left_depth, right_depth)
            self._push(node, depth + 1)

    def _push(self, node: Node, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise recursion_limit()
        self.operands.append((node, depth))


def _depth_inside(chain: Logical, side: Node, depth: int) -> int:
    """Return how deep the parts of a side lie: a chain takes in the parts of one of its kind."""
    merged = isinstance(side, Logical) and side.operator == chain.operator
    return depth - 1 if merged else depth


def _unary(operator: _Operator, operand: Node) -> Node:
    if operator.text == "not":
        return Negation(operand, operator.position)
    return Minus(operand, operator.position)


def _binary(operator: _Operator, left: Node, right: Node) -> Node:
    if operator.text in COMPARISONS:
        return Comparison(operator.text, left, right, operator.position)
    if operator.text in ARITHMETIC:
        return Arithmetic(operator.text, left, right, operator.position)
    parts: tuple[Node, ...] = ()
    for side in (left, right):
        same = isinstance(side, Logical) and side.operator == operator.text
        parts += side.parts if isinstance(side, Logical) and same else (side,)
    return Logical(operator.text, parts, operator.position)


def recursion_limit() -> BadRequest:
    """Return WCF's refusal of a filter that is nested too deeply."""
    return BadRequest("Recursion reached allowed limit.")


def no_applicable_function(name: str, position: int) -> BadRequest:
    """Return WCF's refusal of a call with the wrong arguments; it lists the forms there are."""
    forms = "; ".join(
        f"{name}({', '.join(_dotnet(kind) for kind in form.arguments)})" for form in FUNCTIONS[name]
    )
    return BadRequest(
        f"No applicable function found for '{name}' at position {position} with the specified "
        f"arguments. The functions considered are: {forms}.",
    )


def _dotnet(kind: str) -> str:
    return {"Number": "System.Double", "Integer": "System.Int32"}.get(kind, f"System.{kind}")


def parse_filter(text: str, *, spaced_guid: bool = False) -> Node:
    """Return the tree of a `$filter`; raises BadRequest when it cannot be read."""
    if len(text) > MAX_LENGTH:
        raise BadRequest("Bad Request - The query string is too long.")
    return _Parser(tokens(text, spaced_guid=spaced_guid)).parse()


def parse_literals(text: str, *, spaced_guid: bool = False) -> list[Literal]:
    """Return literals separated by commas, as in a `$skiptoken`; raises BadRequest."""
    found = tokens(text, spaced_guid=spaced_guid)
    literals = []
    for literal, separator in zip(found[::2], found[1::2], strict=False):
        if literal.literal is None or separator.text not in (",", ""):
            raise BadRequest("Bad Request - Error in query syntax.")
        literals.append(literal.literal)
    if len(found) != 2 * len(literals) or found[-1].kind != "end":
        raise BadRequest("Bad Request - Error in query syntax.")
    return literals


def parse_literal(text: str, *, spaced_guid: bool = False) -> Literal:
    """Return one literal, as in a key; raises BadRequest."""
    literals = parse_literals(text, spaced_guid=spaced_guid)
    if len(literals) != 1:
        raise BadRequest("Bad Request - Error in query syntax.")
    return literals[0]
