"""Operations of hypothesis-graphql, made answerable: it knows the schema, and not which ids exist."""

from __future__ import annotations

from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    IntValueNode,
    ListValueNode,
    Visitor,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from tests.reference.documents import Operation
from tests.reference.executor import node_id
from tests.reference.values import World

# All but `server`, whose clock moves.
ROOTS = ["node", "nodes", "viewer", "conversation", "conversations", "message", "messages"]
MOMENTS = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000001+00:00",
    "1969-12-31T23:59:59.999999Z",
]


def skeletons(world: World, viewer: str) -> st.SearchStrategy[Operation]:
    """Make queries of `viewer`."""
    rows = world.rows[viewer]
    ids = [str(row["id"]) for kind in ("Conversation", "Message") for row in rows[kind]]
    node_ids = [node_id(row) for table in rows.values() for row in table]
    made: st.SearchStrategy[Any] = queries(
        world.schema,
        fields=ROOTS,
        custom_scalars={
            "UUID": st.sampled_from(ids).map(nodes.String),
            "DateTime": st.sampled_from(MOMENTS).map(nodes.String),
        },
        print_ast=lambda document: document,
        allow_x00=False,
    )
    return st.builds(
        lambda document, offset: _operation(document, node_ids[offset:], viewer),
        made,
        st.integers(0, len(node_ids) - 1),
    )


def _operation(document: DocumentNode, node_ids: list[str], viewer: str) -> Operation:
    answerable = visit(document, Answerable(node_ids))
    return Operation(viewer, print_ast(answerable), {}, None, {})


class Answerable(Visitor):
    """Puts page sizes in their range, and real ids for invented ones."""

    def __init__(self, node_ids: list[str]) -> None:
        super().__init__()
        self._node_ids = node_ids

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | Any:
        """Mend an argument; no cursor can be invented, and `last` cannot stand beside `first`."""
        name, value = node.name.value, node.value
        if name in ("after", "before", "last"):
            return REMOVE
        if name == "first" and isinstance(value, IntValueNode):
            return ArgumentNode(name=node.name, value=nodes.Int(abs(int(value.value)) % 8))
        if name == "nodeId":
            return ArgumentNode(name=node.name, value=nodes.String(self._node_ids[0]))
        if name == "nodeIds" and isinstance(value, ListValueNode):
            known = [nodes.String(one) for one in self._node_ids[:3]]
            return ArgumentNode(name=node.name, value=nodes.List([*known, *value.values[:5]]))
        if name == "orderBy" and isinstance(value, ListValueNode):
            return ArgumentNode(name=node.name, value=nodes.List(list(value.values[:3])))
        return None
