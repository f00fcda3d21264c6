"""Random operations that are worth asking: everything the language has, on ids and cursors that exist.

They are valid by construction, so that a refusal is a finding.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar
from uuid import UUID

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.reference.executor import ORDERS, node_id
from tests.reference.lists import cursor, snake_case, sort_keys
from tests.reference.rows import Row, Rows

T = TypeVar("T")

# Objects that a page may multiply to; the reference is slow.
MOST_ROWS = 150
DEEPEST = 7
LARGEST = 60

VIEWERS = ["Ana", "Ana", "Ana", "Ben", "Ben", "Cleo", "Dora", "nobody"]
SERVER_FIELDS = ("server { version }", "server { __typename v: version }")
INTROSPECTION = (
    "__schema { queryType { name } mutationType { name } }",
    '__type(name: "Message") { kind name description fields { name args { name defaultValue } } }',
    '__type(name: "Nothing") { name }',
    "__schema { directives { name locations } }",
)


@dataclass(frozen=True)
class Operation:
    """What a client sends, and who she is.

    Attributes:
        twin: other variables for the same document, which then has another plan or the same one.
    """

    viewer: str
    query: str
    variables: dict[str, Any]
    operation_name: str | None
    twin: dict[str, Any]


@dataclass(frozen=True)
class World:
    """What operations are made from.

    Attributes:
        schema: of the API.
        rows: what each person may see, by name; nobody's is empty.
    """

    schema: GraphQLSchema
    rows: Mapping[str, Rows]


def operations(world: World) -> st.SearchStrategy[Operation]:
    """Make queries of somebody's.

    Hypothesis chooses the size and a seed, not each word: drawn word by word, two of three
    documents came twice, and making them took most of the time. It still finds a small one.
    """
    return st.builds(
        lambda size, seed: Writer(random.Random(seed), world, size).operation(),
        st.integers(1, LARGEST),
        st.integers(0, 2**64),
    )


@dataclass
class Variable:
    """A variable as it is declared and sent; without a value it is not sent."""

    declaration: str
    kind: str
    value: object = None
    is_sent: bool = True


@dataclass
class Writer:
    """Writes one document."""

    numbers: random.Random
    world: World
    # How many fields may still be asked for; then everything comes to an end.
    budget: int
    viewer: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    # Choices ---------------------------------------------------------------------------------------

    def __post_init__(self) -> None:
        self.viewer = self.viewer or self.pick(VIEWERS)

    def below(self, limit: int) -> int:
        return self.numbers.randrange(limit)

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def fresh(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    @property
    def rows(self) -> Rows:
        """Whose ids and cursors are used: her own, and now and then somebody else's."""
        others = [name for name in self.world.rows if name != "nobody"]
        whose = self.viewer if self.chance(85) else self.pick(others)
        return self.world.rows[whose]

    # Documents -------------------------------------------------------------------------------------

    def operation(self) -> Operation:
        root = self.world.schema.query_type
        assert root is not None
        fields = [self.root_field(root) for _ in range(1 + self.below(4))]
        if self.chance(10):
            fields.insert(0, "__typename")
        name = self.fresh("Q") if self.chance(50) else None
        declared = ", ".join(one.declaration for one in self.variables.values())
        header = f"query {name or ''}{f'({declared})' if declared else ''}".strip()
        parts = [f"{header} {{ {' '.join(fields)} }}", *self.fragments]
        if name is not None and self.chance(30):
            parts.insert(self.below(2), "query Another { viewer { id } }")
        elif name is not None and self.chance(50):
            name = None
        return Operation(self.viewer, "\n".join(parts), self.sent(), name, self.twin())

    def root_field(self, root: GraphQLObjectType) -> str:
        if self.chance(8):
            return self.directive(self.pick(SERVER_FIELDS))
        if self.chance(6):
            return f"{self.fresh('i')}: {self.pick(INTROSPECTION)}"
        names = ["viewer", "conversation", "message", "node", "nodes"]
        name = self.pick([*names, *["conversations", "messages"] * 3])
        return self.field(root, name, 0, 1)

    def mutation(self, name: str, given: Mapping[str, Any]) -> Operation:
        """Write a mutation whose input is settled and whose answer is not."""
        root = self.world.schema.mutation_type
        assert root is not None
        kind = get_named_type(root.fields[name].type)
        value = self.argument(f"{root.fields[name].args['input'].type}", given)
        selection = self.selection(kind, 1, 1)
        declared = ", ".join(one.declaration for one in self.variables.values())
        header = f"mutation({declared})" if declared else "mutation"
        text = "\n".join([f"{header} {{ m: {name}(input: {value}) {selection} }}", *self.fragments])
        return Operation(self.viewer, text, self.sent(), None, {})

    def sent(self) -> dict[str, Any]:
        """Give the variables that are sent."""
        return {key: one.value for key, one in self.variables.items() if one.is_sent}

    def twin(self) -> dict[str, Any]:
        """Give other values for some variables, as a second request would."""
        return {
            key: self.other(one.kind, one.value) if self.chance(60) else one.value
            for key, one in self.variables.items()
            if one.is_sent
        }

    def other(self, kind: str, value: object) -> object:
        if "Order" in kind:
            return value  # a cursor of this order may stand beside it
        if not kind.endswith("!") and self.chance(30):
            return None
        match kind.rstrip("!"):
            case "Boolean":
                return not value
            case "Int":
                return self.pick([0, 1, 2, 3])
            case "CountMode":
                return self.pick(["EXACT", "ESTIMATED"])
            case "UUID":
                return self.row_id(self.pick(["Conversation", "Message"]))
            case "ID":
                return self.node_id()
            case "[ID!]":
                return [self.node_id() for _ in range(self.below(4))]
            case "MessageRole":
                return self.pick(["USER", "ASSISTANT", "SYSTEM"])
            case "ConversationStatus":
                return self.pick(["ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"])
            case "NullTest":
                return self.pick(["NULL", "NOT_NULL"])
        if kind.endswith("Filter"):
            return {}
        return value

    # Selections ------------------------------------------------------------------------------------

    def selection(self, kind: Any, depth: int, times: int) -> str:
        items = [self.item(kind, depth, times)]
        for _ in range(self.below(5)):
            if self.budget > 0:
                items.append(self.item(kind, depth, times))
        return f"{{ {' '.join(items)} }}"

    def item(self, kind: Any, depth: int, times: int) -> str:
        self.budget -= 1
        if self.chance(6):
            return self.directive("__typename")
        may_nest = depth < DEEPEST and self.budget > 0
        if may_nest and self.chance(8):
            return self.directive(self.inline_fragment(kind, depth, times))
        if may_nest and self.chance(6):
            return self.directive(self.named_fragment(kind, depth, times))
        if isinstance(kind, GraphQLInterfaceType):
            if self.chance(25):
                return self.field(kind, "nodeId", depth, times)
            return self.inline_fragment(kind, depth, times)
        leaves = [name for name, one in kind.fields.items() if _is_leaf(one)]
        others = [name for name, one in kind.fields.items() if not _is_leaf(one)]
        # Of a list, rows are asked for more often than their number.
        go_on = others and may_nest and (not leaves or self.chance(70 if len(leaves) == 1 else 30))
        return self.field(
            kind, self.pick(others if go_on else leaves or ["__typename"]), depth, times
        )

    def inline_fragment(self, kind: Any, depth: int, times: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            possible = self.world.schema.get_possible_types(kind)
            chosen: Any = self.pick([one for one in possible if one.name in NODE_TYPES])
            return f"... on {chosen.name} {self.selection(chosen, depth + 1, times)}"
        if self.chance(15) and kind.name in NODE_TYPES:
            return "... on Node { nodeId }"
        condition = f"on {kind.name} " if self.chance(60) else ""
        return f"... {condition}{self.selection(kind, depth + 1, times)}"

    def named_fragment(self, kind: Any, depth: int, times: int) -> str:
        name = self.fresh("F")
        self.fragments.append(
            f"fragment {name} on {kind.name} {self.selection(kind, depth + 1, times)}"
        )
        return f"...{name} ...{name}" if self.chance(20) else f"...{name}"

    def directive(self, text: str) -> str:
        """Put @skip or @include on a field or fragment."""
        if not self.chance(10):
            return text
        word, value = self.pick(["skip", "include"]), self.chance(50)
        head, brace, rest = text.partition(" {")
        if "..." in text[3:] or "(" in head:
            return text  # two spreads, or arguments that may hold braces
        mark = f" @{word}(if: {self.argument('Boolean!', value)})"
        return f"{head}{mark}{brace}{rest}"

    def field(self, kind: Any, name: str, depth: int, times: int) -> str:
        declared: GraphQLField | None = kind.fields.get(name)
        if declared is None:
            return name
        target = get_named_type(declared.type)
        arguments, size = self.arguments(kind, name, declared, times)
        alias = f"{self.fresh('a')}: " if arguments or self.chance(20) else ""
        if is_leaf_type(target):
            return self.directive(f"{alias}{name}{arguments}")
        text = f"{alias}{name}{arguments} {self.selection(target, depth + 1, times * size)}"
        if not arguments:
            return self.directive(text)
        if self.chance(5):  # the same field once more: the selections are merged
            again = self.selection(target, depth + 1, times * size)
            text = f"{text} {alias}{name}{arguments} {again}"
        return text

    # Arguments -------------------------------------------------------------------------------------

    def arguments(
        self, kind: Any, name: str, declared: GraphQLField, times: int
    ) -> tuple[str, int]:
        """Give a field's arguments as text, and how many rows it may give at most."""
        values: dict[str, object] = {}
        size = 1
        if "first" in declared.args:
            values, size = self.page(kind, name, declared, times)
        elif name == "nodeId" or not declared.args:
            return "", 1
        elif "id" in declared.args:
            target = get_named_type(declared.type).name
            values["id"] = self.row_id(target)
        elif "nodeId" in declared.args:
            values["nodeId"] = self.node_id()
        elif "nodeIds" in declared.args:
            values["nodeIds"] = [self.node_id() for _ in range(self.below(5))]
            size = 5
        elif "mode" in declared.args and self.chance(60):
            values["mode"] = Enum(self.pick(["EXACT", "ESTIMATED"]))
        given = [
            f"{one}: {self.argument(str(declared.args[one].type), value)}"
            for one, value in values.items()
        ]
        return (f"({', '.join(given)})" if given else ""), size

    def page(
        self, kind: Any, name: str, declared: GraphQLField, times: int
    ) -> tuple[dict[str, object], int]:
        values: dict[str, object] = {}
        listed = get_named_type(declared.type).name.removesuffix("Connection")
        asked: list[str] = []
        if self.chance(40):
            orders = get_named_type(declared.args["orderBy"].type)
            assert isinstance(orders, GraphQLEnumType)
            asked = [self.pick(list(orders.values)) for _ in range(self.below(4))]
            values["orderBy"] = [Enum(one) for one in asked]
        keys = sort_keys(ORDERS[kind.name, name], asked)
        for side in ("after", "before"):
            candidates = self.rows[listed]
            if candidates and self.chance(25):
                values[side] = cursor(self.pick(candidates), keys)
        if "where" in declared.args and self.chance(40):
            where = get_named_type(declared.args["where"].type)
            values["where"] = self.where(where, listed, 2)
        size = self.pick([0, 1, 1, 2, 2, 3, 5, 20, 100])
        if times * size > MOST_ROWS:
            size = 1
        if self.chance(80) or times > 20:
            values[self.pick(["first", "first", "last"])] = size
        else:
            size = 20
        return values, max(size, 1)

    def where(self, kind: Any, listed: str, depth: int) -> dict[str, object]:
        assert isinstance(kind, GraphQLInputObjectType)
        conditions: dict[str, object] = {}
        for _ in range(self.below(3) + (depth == 2)):
            name = "not" if self.chance(15) else self.pick(list(kind.fields))
            if name in ("and", "or", "not"):
                if depth == 0:
                    continue
                below = [self.where(kind, listed, depth - 1) for _ in range(self.below(3))]
                conditions[name] = (below[0] if below else {}) if name == "not" else below
            elif self.chance(5):
                conditions[name] = None
            else:
                operators = get_named_type(kind.fields[name].type)
                conditions[name] = self.condition(operators, listed, snake_case(name))
        return conditions

    def condition(self, kind: Any, listed: str, column: str) -> dict[str, object]:
        assert isinstance(kind, GraphQLInputObjectType)
        condition: dict[str, object] = {}
        for _ in range(1 + self.below(2)):
            operator = self.pick(list(kind.fields))
            target = get_named_type(kind.fields[operator].type)
            if operator == "in":
                condition[operator] = [
                    self.operand(target, listed, column) for _ in range(self.below(4))
                ]
            elif self.chance(5):
                condition[operator] = None
            else:
                condition[operator] = self.operand(target, listed, column)
        return condition

    def operand(self, target: Any, listed: str, column: str) -> object:
        if isinstance(target, GraphQLEnumType):
            return Enum(self.pick(list(target.values)))
        present = [row[column] for row in self.rows[listed] if row[column] is not None]
        value = self.pick(present) if present and self.chance(90) else DEFAULTS[target.name]
        if isinstance(value, datetime):
            zone = timezone(timedelta(minutes=self.pick([0, 0, 90, -600])))
            return value.astimezone(zone).isoformat()
        return value

    def row_id(self, kind: str) -> str:
        candidates = self.rows[kind]
        if not candidates or self.chance(5):
            return "00000000-0000-7000-8000-000000000000"
        return str(self.pick(candidates)["id"])

    def node_id(self) -> str:
        rows = self.rows
        candidates: list[Row] = rows[self.pick(NODE_TYPES)]
        if not candidates or self.chance(5):
            return self.pick(["", "x", "Q29udmVyc2F0aW9uOg==", "TWVzc2FnZTp4"])
        return node_id(self.pick(candidates))

    # Values ----------------------------------------------------------------------------------------

    def argument(self, kind: str, value: object) -> str:
        """Write a value, as a literal, as a variable, or with variables in it."""
        if self.chance(45):
            return self.variable(kind, value)
        return self.literal(value, kind)

    def variable(self, kind: str, value: object) -> str:
        name = self.fresh("v")
        sent = _sent(value)
        if self.chance(20):
            # Its default is the value, and it is not sent; or another default, and it is.
            declaration = f"${name}: {kind} = {self.literal(value, kind, plain=True)}"
            self.variables[name] = Variable(declaration, kind, sent, is_sent=self.chance(40))
        else:
            strict = kind if kind.endswith("!") or value is None or self.chance(50) else f"{kind}!"
            self.variables[name] = Variable(f"${name}: {strict}", strict, sent)
        return f"${name}"

    def literal(self, value: object, kind: str, *, plain: bool = False) -> str:
        if value is None:
            return "null"
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, dict):
            inner = self._input_fields(kind)
            entries = [
                f"{name}: {self._inner(item, inner.get(name), plain)}"
                for name, item in value.items()
            ]
            return f"{{{', '.join(entries)}}}"
        if isinstance(value, list):
            item_kind = kind.rstrip("!").removeprefix("[").removesuffix("]")
            if (
                kind.startswith("[")
                and len(value) == 1
                and self.chance(30)
                and value[0] is not None
            ):
                return self.literal(value[0], item_kind, plain=plain)  # a list of one, unwrapped
            return f"[{', '.join(self._inner(item, item_kind, plain) for item in value)}]"
        return orjson.dumps(str(value) if isinstance(value, UUID) else value).decode()

    def _inner(self, value: object, kind: str | None, plain: bool) -> str:
        if kind and not plain and self.chance(15):
            return self.variable(kind, value)
        return self.literal(value, kind or "", plain=plain)

    def _input_fields(self, kind: str) -> dict[str, str]:
        declared = self.world.schema.type_map.get(kind.strip("[]!"))
        if not isinstance(declared, GraphQLInputObjectType):
            return {}
        return {name: str(one.type) for name, one in declared.fields.items()}


@dataclass(frozen=True)
class Enum:
    """The name of an enum's value."""

    name: str


NODE_TYPES = [
    "Conversation",
    "Message",
    "ConversationSummary",
    "ThreadMapping",
    "User",
    "UserSession",
]
DEFAULTS: dict[str, object] = {
    "String": "m",
    "Int": 3,
    "DateTime": "2026-06-15T12:00:00.000001Z",
    "Boolean": True,
    "UUID": "00000000-0000-7000-8000-000000000000",
}


def _sent(value: object) -> object:
    """Give a value as JSON has it."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, dict):
        return {name: _sent(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_sent(item) for item in value]
    return str(value) if isinstance(value, UUID) else value


def _is_leaf(declared: GraphQLField) -> bool:
    kind = declared.type
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        kind = kind.of_type
    return is_leaf_type(kind)
