"""Random operations that are worth asking: everything the language has, on ids and cursors that exist.

They are valid by construction, so that a refusal is a finding.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.reference.executor import ORDERS
from tests.reference.lists import cursor, sort_keys
from tests.reference.values import NODE_TYPES, Enum, Values, World

T = TypeVar("T")

# Objects that a page may multiply to; the reference is slow.
MOST_ROWS = 150
DEEPEST = 7
LARGEST = 60

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
class Writer(Values):
    """Writes one document."""

    fragments: list[str] = field(default_factory=list)
    asks_schema: bool = False

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
            return f"{self.fresh('i')}: {self.introspection()}"
        names = ["viewer", "conversation", "message", "node", "nodes"]
        name = self.pick([*names, *["conversations", "messages"] * 3])
        return self.field(root, name, 0, 1)

    def introspection(self) -> str:
        """Ask about the schema; `__schema` may stand once in an operation."""
        known = [one for one in INTROSPECTION if not (self.asks_schema and "__schema" in one)]
        chosen = self.pick(known)
        self.asks_schema |= "__schema" in chosen
        return chosen

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
        if alias and target.name in ("String", "JSON"):
            alias = f"again_{name}: "  # a text may be asked under two names, and no more
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


def _is_leaf(declared: GraphQLField) -> bool:
    kind = declared.type
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        kind = kind.of_type
    return is_leaf_type(kind)
