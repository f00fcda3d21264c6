"""Values of random operations: ids and filters of rows that exist, written out or as variables."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar
from uuid import UUID

import orjson
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, get_named_type

from tests.reference.executor import node_id
from tests.reference.lists import snake_case
from tests.reference.rows import Row, Rows

T = TypeVar("T")

VIEWERS = ["Ana", "Ana", "Ana", "Ben", "Ben", "Cleo", "Dora", "nobody"]


@dataclass(frozen=True)
class World:
    """What operations are made from.

    Attributes:
        schema: of the API.
        rows: what each person may see, by name; nobody's is empty.
    """

    schema: GraphQLSchema
    rows: Mapping[str, Rows]


@dataclass
class Variable:
    """A variable as it is declared and sent; without a value it is not sent."""

    declaration: str
    kind: str
    value: object = None
    is_sent: bool = True


@dataclass
class Values:
    """Chooses values, and keeps the variables of one document."""

    numbers: random.Random
    world: World
    # How many fields may still be asked for; then everything comes to an end.
    budget: int
    viewer: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    names: int = 0

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
