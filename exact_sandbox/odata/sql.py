"""Translates a parsed `$filter` into an SQLite condition with parameters.

Comparisons treat null as .NET does: `ne 'x'` is true for null. Texts compare without regard to
case, as SQL Server's usual collation does; leading spaces count. Doubles are whole millionths in
the store, so numbers carry whether they are scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import no_applicable_function, recursion_limit
from exact_sandbox.odata.functions import FUNCTIONS, Function
from exact_sandbox.odata.tree import (
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
from exact_sandbox.values import to_store

INTEGERS = frozenset({"Byte", "Int16", "Int32", "Int64"})
NUMBERS = INTEGERS | {"Double"}
_ORDERED = NUMBERS | {"String", "DateTime", "Guid", "Null"}
_OPERATORS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "IS", "ne": "IS NOT"}
_MILLION = 1_000_000
_LONGEST_SQL = 200_000  # of one call: a template may name an argument several times

ColumnOf = Callable[[str, int], tuple[str, str]]  # property, position → SQL and Edm type


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of SQL with its Edm type and the parameters for its question marks, in order."""

    sql: str
    type: str
    parameters: tuple[object, ...] = ()

    @property
    def scaled(self) -> bool:
        """Whether its numbers are millionths."""
        return self.type == "Double"


def condition(node: Node, column_of: ColumnOf) -> Piece:
    """Return the SQL condition of a filter; raises BadRequest where types do not fit."""
    return _Translation(column_of).condition(node)


class _Translation:
    def __init__(self, column_of: ColumnOf) -> None:
        self.column_of = column_of

    def condition(self, node: Node) -> Piece:
        """Return SQL for a node that must be true or false; unknown (NULL) counts as false."""
        match node:
            case Logical(operator, parts):
                pieces = [self._operand(operator, part, node.position) for part in parts]
                return _joined(f" {operator.upper()} ", pieces)
            case Negation(operand, position):
                inner = self._operand("not", operand, position)
                return Piece(f"NOT COALESCE({inner.sql}, 0)", "Boolean", inner.parameters)
            case Comparison():
                return self._comparison(node)
        piece = self.value(node)
        if piece.type != "Boolean":
            raise BadRequest("Expression of type 'System.Boolean' expected at position 0.")
        return piece

    def _operand(self, operator: str, node: Node, position: int) -> Piece:
        if isinstance(node, Logical | Negation | Comparison):
            return self.condition(node)
        piece = self.value(node)
        if piece.type != "Boolean":
            raise BadRequest(
                f"Operator '{operator}' incompatible with operand type "
                f"'{_dotnet(piece.type)}' at position {position}.",
            )
        return piece

    def value(self, node: Node) -> Piece:
        """Return SQL for a node that stands for a value."""
        match node:
            case Name(name, position):
                return Piece(*self.column_of(name, position))
            case Literal(edm_type, value):
                return Piece("?", edm_type, (_stored(edm_type, value),))
            case Call():
                return self._call(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Minus():
                return self._minus(node)
        piece = self.condition(node)
        return Piece(f"COALESCE({piece.sql}, 0)", "Boolean", piece.parameters)

    def _minus(self, node: Minus) -> Piece:
        piece = self.value(node.operand)
        if piece.type not in NUMBERS:
            raise BadRequest(
                f"Operator '-' incompatible with operand type '{_dotnet(piece.type)}' "
                f"at position {node.position}.",
            )
        return Piece(f"(-{piece.sql})", piece.type, piece.parameters)

    def _call(self, node: Call) -> Piece:
        pieces = [self.value(argument) for argument in node.arguments]
        for form in FUNCTIONS[node.function]:
            if len(form.arguments) == len(pieces) and all(
                _fits(piece.type, wanted)
                for piece, wanted in zip(pieces, form.arguments, strict=True)
            ):
                return _filled(form, pieces)
        raise no_applicable_function(node.function, node.position)

    def _arithmetic(self, node: Arithmetic) -> Piece:
        left, right = self.value(node.left), self.value(node.right)
        if not {left.type, right.type} <= NUMBERS:
            raise _incompatible(node.operator, left, right, node.position)
        template, edm_type = _arithmetic_sql(node.operator, left.scaled, right.scaled)
        if edm_type != "Double":
            edm_type = "Int64" if "Int64" in (left.type, right.type) else "Int32"
        sql = template.format(left.sql, right.sql)
        return Piece(sql, edm_type, left.parameters + right.parameters)

    def _comparison(self, node: Comparison) -> Piece:
        left, right = self.value(node.left), self.value(node.right)
        types = {left.type, right.type}
        comparable = len(types) == 1 or "Null" in types or types <= NUMBERS
        if not comparable or (node.operator not in ("eq", "ne") and not types <= _ORDERED):
            raise _incompatible(node.operator, left, right, node.position)
        if "Double" in types and types <= NUMBERS:
            left, right = _scaled(left), _scaled(right)
        operator = _OPERATORS[node.operator]
        if operator == "IS" and "Null" not in types and "?" in (left.sql, right.sql):
            operator = "="  # what is not null may be looked up in an index, also in long `or` lists
        collation = " COLLATE NOCASE" if "String" in types else ""
        sql = f"({left.sql} {operator} {right.sql}{collation})"
        return Piece(sql, "Boolean", left.parameters + right.parameters)


def _joined(separator: str, pieces: Sequence[Piece]) -> Piece:
    """Join conditions as a balanced tree: SQLite refuses one that is a thousand levels deep."""
    if len(pieces) == 1:
        return pieces[0]
    middle = len(pieces) // 2
    left, right = _joined(separator, pieces[:middle]), _joined(separator, pieces[middle:])
    sql = f"({left.sql}{separator}{right.sql})"
    return Piece(sql, "Boolean", left.parameters + right.parameters)


def _stored(edm_type: str, value: object) -> object:
    if not isinstance(value, Decimal):
        return to_store(edm_type, value)
    # What is finer than the store's millionths still compares right, as a float.
    millionths = value.scaleb(6) if abs(value.adjusted()) < 300 else value
    whole = millionths.adjusted() < 18 and millionths == millionths.to_integral_value()
    return int(millionths) if whole else float(millionths)


def _scaled(piece: Piece) -> Piece:
    if piece.scaled:
        return piece
    if piece.sql == "?" and isinstance(piece.parameters[0], int):
        return Piece("?", "Double", (_stored("Double", Decimal(piece.parameters[0])),))
    return Piece(f"({piece.sql} * {_MILLION})", "Double", piece.parameters)


def _arithmetic_sql(operator: str, left: bool, right: bool) -> tuple[str, str]:
    """Return the template and type for two numbers of which either may be in millionths."""
    if not left and not right:
        return f"({{0}} {_SIGNS[operator]} {{1}})", "Int"
    if operator == "mul":
        return ("({0} * 1.0 * {1} / 1000000)" if left and right else "({0} * {1})"), "Double"
    if operator == "div":
        if left and right:
            return "({0} * 1000000.0 / {1})", "Double"
        return ("({0} * 1.0 / {1})" if left else "({0} * 1000000000000.0 / {1})"), "Double"
    first = "{0}" if left else f"({{0}} * {_MILLION})"
    second = "{1}" if right else f"({{1}} * {_MILLION})"
    return f"({first} {_SIGNS[operator]} {second})", "Double"


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}


def _fits(actual: str, wanted: str) -> bool:
    if wanted == "Number":
        return actual in NUMBERS or actual == "Null"
    if wanted == "Integer":
        return actual in INTEGERS or actual == "Null"
    return actual in (wanted, "Null")


def _filled(form: Function, pieces: list[Piece]) -> Piece:
    """Fill a template in which an argument may stand more than once or in another order."""
    if form.arguments == ("Number",):
        pieces = [_scaled(piece) if piece.type in NUMBERS else piece for piece in pieces]
    sql = ""
    parameters: tuple[object, ...] = ()
    rest = form.template
    while "{" in rest:
        before, _, after = rest.partition("{")
        index, _, rest = after.partition("}")
        piece = pieces[int(index)]
        sql += before + piece.sql
        parameters += piece.parameters
        if len(sql) > _LONGEST_SQL:
            raise recursion_limit()
    return Piece(sql + rest, form.result, parameters)


def _incompatible(operator: str, left: Piece, right: Piece, position: int) -> BadRequest:
    return BadRequest(
        f"Operator '{operator}' incompatible with operand types '{_dotnet(left.type)}' and "
        f"'{_dotnet(right.type)}' at position {position}.",
    )


def _dotnet(edm_type: str) -> str:
    return {"Binary": "System.Byte[]", "Null": "null"}.get(edm_type, f"System.{edm_type}")
