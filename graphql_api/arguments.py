"""Arguments as the planner sees them: their shape is known, their values come at each request.

A plan is cached for a document and the *shape* of its variables (which are null, which keys an
input has, which enum value is named), so that the same SQL text serves every request of that shape
and only the leaves are bound.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast,
)
from graphql.language import FieldNode

from graphql_api.errors import BadInput

Variables: TypeAlias = Mapping[str, Any]
Read: TypeAlias = Callable[[Variables], Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar, an enum value, or a list of such.

    Attributes:
        sample: the value in the request that was planned; only its shape may be relied upon.
        read: gives the value of the request at hand.
    """

    sample: Any
    read: Read


Symbol: TypeAlias = "Leaf | dict[str, Symbol] | list[Symbol]"


def resolve_arguments(
    field: GraphQLField, node: FieldNode, variables: Variables
) -> dict[str, Symbol]:
    """Give the arguments of `node` by name; what the client left out and has no default is absent.

    Raises:
        BadInput: a variable that is null stands where null may not.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    symbols: dict[str, Symbol] = {}
    for name, declared in field.args.items():
        symbol = _argument(declared, given.get(name), variables)
        if symbol is not None:
            symbols[name] = symbol
    return symbols


def _argument(
    declared: GraphQLArgument, value: ValueNode | None, variables: Variables
) -> Symbol | None:
    if value is not None and not _is_absent(value, variables):
        return _symbol(value, declared.type, variables)
    if declared.default_value is not Undefined:
        return constant(declared.default_value)
    return None


def constant(value: Any) -> Leaf:
    """Give a leaf that is the same in every request."""
    return Leaf(value, lambda _variables: value)


def _symbol(value: ValueNode, kind: GraphQLInputType, variables: Variables) -> Symbol:
    if isinstance(kind, GraphQLNonNull):
        symbol = _symbol(value, kind.of_type, variables)
        if is_null(symbol):
            # Only a nullable variable with a default can be null here: validation saw the rest.
            raise BadInput("This cannot be null.", field=_variable_name(value))
        return symbol
    if isinstance(value, VariableNode):
        name = value.name.value
        return _from_variable(variables.get(name), kind, lambda all_: all_.get(name))
    if isinstance(value, NullValueNode):
        return constant(None)
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, ObjectValueNode):
        return _object(value, kind, variables)
    if isinstance(kind, GraphQLList):
        nodes = value.values if isinstance(value, ListValueNode) else (value,)
        items = [_symbol(node, kind.of_type, variables) for node in nodes]
        return _joined(items) if _is_leaf(kind.of_type) else items
    if isinstance(value, ObjectValueNode | ListValueNode):
        # A scalar such as JSON, written out; variables may stand inside.
        return Leaf(
            value_from_ast(value, kind, dict(variables)),
            lambda all_: value_from_ast(value, kind, dict(all_)),
        )
    return constant(value_from_ast(value, kind))


def _variable_name(value: ValueNode) -> str | None:
    return value.name.value if isinstance(value, VariableNode) else None


def _object(
    value: ObjectValueNode, kind: GraphQLInputObjectType, variables: Variables
) -> dict[str, Symbol]:
    given = {entry.name.value: entry.value for entry in value.fields}
    symbols: dict[str, Symbol] = {}
    for name, declared in kind.fields.items():
        entry = given.get(name)
        if entry is not None and not _is_absent(entry, variables):
            symbols[name] = _symbol(entry, declared.type, variables)
        elif declared.default_value is not Undefined:
            symbols[name] = constant(declared.default_value)
    return symbols


def _is_absent(value: ValueNode, variables: Variables) -> bool:
    return isinstance(value, VariableNode) and value.name.value not in variables


def _from_variable(value: Any, kind: GraphQLInputType, read: Read) -> Symbol:
    if isinstance(kind, GraphQLNonNull):
        return _from_variable(value, kind.of_type, read)
    if value is None or _is_leaf(kind):
        return Leaf(value, read)
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: _from_variable(item, kind.fields[name].type, _step(read, name))
            for name, item in value.items()
        }
    assert isinstance(kind, GraphQLList)  # noqa: S101 - the only input kind that is left
    if _is_leaf(kind.of_type):
        return Leaf(value, read)
    return [
        _from_variable(item, kind.of_type, _step(read, index)) for index, item in enumerate(value)
    ]


def _step(read: Read, key: Any) -> Read:
    return lambda variables: read(variables)[key]


def _joined(items: Sequence[Symbol]) -> Leaf:
    leaves = [item for item in items if isinstance(item, Leaf)]
    return Leaf(
        [leaf.sample for leaf in leaves],
        lambda variables: [leaf.read(variables) for leaf in leaves],
    )


def _is_leaf(kind: GraphQLInputType) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return not isinstance(inner, GraphQLInputObjectType | GraphQLList)


def value_of(symbol: Symbol, variables: Variables) -> Any:
    """Give the value that `symbol` has in this request, as plain Python."""
    if isinstance(symbol, Leaf):
        return symbol.read(variables)
    if isinstance(symbol, dict):
        return {name: value_of(item, variables) for name, item in symbol.items()}
    return [value_of(item, variables) for item in symbol]


def shape_of(value: Any, kind: GraphQLInputType, *, exact: bool = False) -> Hashable:
    """Give what the SQL text may depend on: two values of one shape share a plan.

    Args:
        value: a coerced variable.
        kind: its type; what is inside a custom scalar is one value.
        exact: whether numbers and the lengths of lists count (page sizes do: a literal limit
            plans best).
    """
    if isinstance(kind, GraphQLNonNull):
        return shape_of(value, kind.of_type, exact=exact)
    if value is None or isinstance(value, bool | enum.Enum):
        return value
    if isinstance(kind, GraphQLInputObjectType):
        return tuple((name, shape_of(item, kind.fields[name].type)) for name, item in value.items())
    if isinstance(kind, GraphQLList):
        if not _is_leaf(kind.of_type) or isinstance(get_named_type(kind), GraphQLEnumType):
            return tuple(shape_of(item, kind.of_type) for item in value)
        return ("list", None in value, len(value) if exact else 0)
    return value if exact and isinstance(value, int) else "value"


def moment(value: datetime, field: str) -> datetime:
    """Give a moment in UTC.

    Raises:
        BadInput: it has no offset, or lies outside of the years 1 to 9999.
    """
    if value.tzinfo is None:
        raise BadInput("A moment needs its offset, such as `Z`.", field=field)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise BadInput("This moment is out of range.", field=field) from error


def is_null(symbol: Symbol | None) -> bool:
    """Tell whether an argument is absent or null."""
    return symbol is None or (isinstance(symbol, Leaf) and symbol.sample is None)


__all__ = [
    "Leaf",
    "Read",
    "Symbol",
    "Variables",
    "constant",
    "is_null",
    "resolve_arguments",
    "shape_of",
    "value_of",
]
