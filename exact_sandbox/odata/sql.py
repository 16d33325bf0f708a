"""Translates a parsed `$filter` into an SQLite condition with parameters.

Comparisons treat null as .NET does: `ne 'x'` is true for null. Texts compare without regard to
case, as SQL Server's usual collation does; leading spaces count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import (
    FUNCTIONS,
    Call,
    Comparison,
    Literal,
    Logical,
    Name,
    Negation,
    Node,
)
from exact_sandbox.values import to_store

NUMBERS = frozenset({"Byte", "Int16", "Int32", "Int64", "Double"})
_OPERATORS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "IS", "ne": "IS NOT"}
_SQL_FUNCTIONS = {
    "substringof": "instr(lower({1}), lower({0})) > 0",
    "startswith": "substr(lower({0}), 1, length({1})) = lower({1})",
    "endswith": "substr(lower({0}), length({0}) - length({1}) + 1) = lower({1})",
    "indexof": "instr(lower({0}), lower({1})) - 1",
    "length": "length({0})",
    "trim": "trim({0})",
    "tolower": "lower({0})",
    "toupper": "upper({0})",
    "concat": "({0} || {1})",
    "year": "CAST(strftime('%Y', {0} / 1000, 'unixepoch') AS INTEGER)",
    "month": "CAST(strftime('%m', {0} / 1000, 'unixepoch') AS INTEGER)",
    "day": "CAST(strftime('%d', {0} / 1000, 'unixepoch') AS INTEGER)",
}

ColumnOf = Callable[[str], tuple[str, str]]  # property name → SQL and Edm type; raises BadRequest


@dataclass(slots=True)
class Translation:
    """Collects the parameters while the tree is translated."""

    column_of: ColumnOf
    parameters: list[object] = field(default_factory=list)

    def condition(self, node: Node) -> str:
        """Return SQL for a node that must be true or false."""
        match node:
            case Logical(operator, parts):
                return "(" + f" {operator.upper()} ".join(map(self.condition, parts)) + ")"
            case Negation(operand):
                return f"NOT COALESCE({self.condition(operand)}, 0)"
            case Comparison():
                return self._comparison(node)
        sql, edm_type = self.value(node)
        if edm_type != "Boolean":
            raise BadRequest("Bad Request - The filter expression must evaluate to true or false.")
        return f"({sql})"

    def value(self, node: Node, wanted: str | None = None) -> tuple[str, str]:
        """Return SQL and Edm type of a node that stands for a value."""
        match node:
            case Name(name):
                return self.column_of(name)
            case Literal(edm_type, value):
                stored_type = wanted if wanted == "Double" and edm_type in NUMBERS else edm_type
                self.parameters.append(to_store(stored_type, value))
                return "?", edm_type
            case Call():
                return self._call(node)
        return self.condition(node), "Boolean"

    def _call(self, node: Call) -> tuple[str, str]:
        wanted, result = FUNCTIONS[node.function]
        pieces = []
        first_parameter = len(self.parameters)
        for argument, argument_type in zip(node.arguments, wanted, strict=True):
            sql, actual = self.value(argument)
            if actual not in (argument_type, "Null"):
                raise BadRequest(
                    f"No applicable function found for '{node.function}' at position "
                    f"{node.position} with the specified arguments.",
                )
            pieces.append((sql, self.parameters[first_parameter:]))
            del self.parameters[first_parameter:]
        return self._filled(_SQL_FUNCTIONS[node.function], pieces), result

    def _filled(self, template: str, pieces: list[tuple[str, list[object]]]) -> str:
        """Fill a template in which a piece may stand more than once or in another order."""
        sql = ""
        rest = template
        while "{" in rest:
            before, _, after = rest.partition("{")
            index, _, rest = after.partition("}")
            piece, parameters = pieces[int(index)]
            sql += before + piece
            self.parameters.extend(parameters)
        return sql + rest

    def _comparison(self, node: Comparison) -> str:
        left_type, right_type = self._type(node.left), self._type(node.right)
        wanted = "Double" if "Double" in (left_type, right_type) else None
        if not _comparable(left_type, right_type):
            raise BadRequest(
                f"Operator '{node.operator}' incompatible with operand types "
                f"'System.{left_type}' and 'System.{right_type}' at position {node.position}.",
            )
        left = self._side(node.left, wanted)
        right = self._side(node.right, wanted)
        collation = " COLLATE NOCASE" if "String" in (left_type, right_type) else ""
        return f"({left} {_OPERATORS[node.operator]} {right}{collation})"

    def _side(self, node: Node, wanted: str | None) -> str:
        sql, edm_type = self.value(node, wanted)
        if wanted == "Double" and edm_type in NUMBERS - {"Double"} and sql != "?":
            return f"({sql}) * 1000000"
        return sql

    def _type(self, node: Node) -> str:
        match node:
            case Literal(edm_type):
                return edm_type
            case Name(name):
                return self.column_of(name)[1]
            case Call(function):
                return FUNCTIONS[function][1]
        return "Boolean"


def _comparable(left: str, right: str) -> bool:
    return left == right or "Null" in (left, right) or {left, right} <= NUMBERS
