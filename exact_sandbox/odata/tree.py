"""The tree a `$filter` is parsed into."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.values import Value

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
ARITHMETIC = ("add", "sub", "mul", "div", "mod")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the filter, with its Edm type ("Null" for null)."""

    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A property of the endpoint, or a path such as SalesEntryLines/AmountFC."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers joined by one of add, sub, mul, div, mod."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Minus:
    """A number after `-`."""

    operand: Node
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and one of eq, ne, gt, ge, lt, le."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more conditions joined by `and` or `or`; never one inside another of its kind."""

    operator: str
    parts: tuple[Node, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class Negation:
    """A condition after `not`."""

    operand: Node
    position: int = 0


Node = Literal | Name | Call | Arithmetic | Minus | Comparison | Logical | Negation


def names_in(node: Node) -> list[str]:
    """Return the names of all properties a filter uses."""
    match node:
        case Name(name):
            return [name]
        case Call(_, parts) | Logical(_, parts):
            return [name for part in parts for name in names_in(part)]
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            return names_in(left) + names_in(right)
        case Negation(operand) | Minus(operand):
            return names_in(operand)
    return []
