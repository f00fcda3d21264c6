"""The reference: graphql-core's own executor over naive resolvers, to judge the planner by.

It knows the schema's text and nothing of plans, SQL text or declarations: every resolver works on
lists of rows in memory.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute,
)

from graphql_api import __version__
from graphql_api.schema import sdl
from tests.reference.lists import Order, Page, Refused, cursor, page, snake_case
from tests.reference.rows import Row, Rows


@dataclass(frozen=True)
class Request:
    """What resolvers may know: whose rows there are, and which one a mutation wrote."""

    viewer_id: UUID | None
    rows: Rows
    written: Mapping[str, Callable[[Rows, Mapping[str, Any]], Row | None]]


Info: TypeAlias = "GraphQLResolveInfo[Request]"


@dataclass(frozen=True)
class Edge:
    """A row in a list."""

    kind: str
    row: Row
    cursor: str


class ReferenceExecutor:
    """Executes operations on rows in memory."""

    def __init__(self) -> None:
        self.schema = make_schema()

    def execute(
        self,
        document: DocumentNode,
        variables: Mapping[str, Any],
        operation_name: str | None,
        request: Request,
    ) -> dict[str, Any] | None:
        """Give the data.

        Raises:
            Refused: the API would refuse the whole request.
        """
        result = execute(
            self.schema,
            document,
            variable_values=dict(variables),
            operation_name=operation_name,
            context_value=request,
        )
        assert isinstance(result, ExecutionResult)
        for error in result.errors or ():
            if isinstance(error.original_error, Refused):
                raise error.original_error
            raise AssertionError(f"The reference failed: {error}") from error.original_error
        return result.data


def make_schema() -> GraphQLSchema:
    """Build the schema from its text and give every field a resolver."""
    schema = build_schema(sdl())
    _set_scalar(schema, "UUID", str, UUID)
    _set_scalar(schema, "DateTime", _moment_text, datetime.fromisoformat)
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            own = RESOLVERS.get(name, {})
            for field_name, field in kind.fields.items():
                field.resolve = own.get(field_name) or _default(name, field_name)
    return schema


def _set_scalar(
    schema: GraphQLSchema,
    name: str,
    written: Callable[[Any], Any],
    read: Callable[[str], Any],
) -> None:
    scalar: Any = schema.type_map[name]
    scalar.coerce_output_value = scalar.serialize = written
    scalar.coerce_input_value = scalar.parse_value = read
    scalar.coerce_input_literal = lambda node: read(node.value)
    scalar.parse_literal = lambda node, _variables=None: read(node.value)


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _default(type_name: str, field_name: str) -> Callable[..., Any]:
    if type_name.endswith("Connection"):
        return CONNECTION[field_name]
    if type_name.endswith("Edge"):
        return EDGE[field_name]
    if field_name == "nodeId":
        return lambda row, _info: node_id(row)
    return lambda row, _info: row[snake_case(field_name)]


# Ids -----------------------------------------------------------------------------------------------


def node_id(row: Row) -> str:
    """Give the opaque id of a row: base64 of `Type:uuid`."""
    return base64.b64encode(f"{row['__typename']}:{row['id']}".encode()).decode()


def find(rows: Rows, kind: str, row_id: UUID | None) -> Row | None:
    """Give the row of this id, if the viewer may see it."""
    return next((row for row in rows[kind] if row["id"] == row_id), None)


def find_node(rows: Rows, text: str) -> Row | None:
    """Give the row of a nodeId; None for what is none."""
    try:
        kind, _, row_id = base64.b64decode(text, validate=True).decode().partition(":")
        return find(rows, kind, UUID(row_id)) if kind in rows else None
    except (ValueError, binascii.Error):
        return None


# Lists ---------------------------------------------------------------------------------------------

ORDERS = {
    ("Query", "conversations"): Order("LAST_MESSAGE_AT_DESC"),
    ("Query", "messages"): Order("CREATED_AT_DESC"),
    ("Conversation", "messages"): Order("TURN_ASC", unique="turn"),
    ("Conversation", "summaries"): Order("THROUGH_TURN_DESC", unique="through_turn"),
    ("Conversation", "threads"): Order("CREATED_AT_ASC"),
    ("User", "sessions"): Order("LAST_ACTIVITY_AT_DESC"),
}


def _list(kind: str, owner_column: str | None = None) -> Callable[..., Page]:
    def resolve(row: Row | None, info: Info, **arguments: Any) -> Page:
        rows: Sequence[Row] = info.context.rows[kind]
        if owner_column is not None:
            assert row is not None
            rows = [one for one in rows if one[owner_column] == row["id"]]
        order = ORDERS[info.parent_type.name, info.field_name]
        return page(kind, rows, order, arguments)

    return resolve


CONNECTION: dict[str, Callable[..., Any]] = {
    "edges": lambda page, _info: [
        Edge(page.kind, row, cursor(row, page.keys)) for row in page.rows
    ],
    "nodes": lambda page, _info: page.rows,
    "pageInfo": lambda page, _info: page,
    "totalCount": lambda page, _info, mode: (
        page.total if mode == "EXACT" else min(page.total, 1_000)
    ),
}
EDGE: dict[str, Callable[..., Any]] = {
    "node": lambda edge, _info: edge.row,
    "cursor": lambda edge, _info: edge.cursor,
}
PAGE_INFO: dict[str, Callable[..., Any]] = {
    "hasNextPage": lambda page, _info: page.has_next,
    "hasPreviousPage": lambda page, _info: page.has_previous,
    "startCursor": lambda page, _info: cursor(page.rows[0], page.keys) if page.rows else None,
    "endCursor": lambda page, _info: cursor(page.rows[-1], page.keys) if page.rows else None,
}


# Fields --------------------------------------------------------------------------------------------


def _conversation(row: Row, info: Info) -> Row | None:
    return find(info.context.rows, "Conversation", row["conversation_id"])


def _answered(row: Row, info: Info) -> Row | None:
    return find(info.context.rows, "Message", row["in_reply_to"])


def _reply(row: Row, info: Info) -> Row | None:
    messages = info.context.rows["Message"]
    return next((one for one in messages if one["in_reply_to"] == row["id"]), None)


def _row(kind: str) -> Callable[..., Row | None]:
    return lambda _root, info, id: find(info.context.rows, kind, id)


def _viewer(_root: None, info: Info) -> Row | None:
    return find(info.context.rows, "User", info.context.viewer_id)


def _node(_root: None, info: Info, nodeId: str) -> Row | None:
    return find_node(info.context.rows, nodeId)


def _nodes(_root: None, info: Info, nodeIds: list[str]) -> list[Row | None]:
    if len(nodeIds) > 100:
        raise Refused
    return [find_node(info.context.rows, one) for one in nodeIds]


def _minutes(row: Row, _info: Info) -> float:
    return float((row["last_message_at"] - row["created_at"]).total_seconds() / 60)


def _written(verb: str, _root: None, info: Info, input: Any) -> Row | None:
    found: Row | None = info.context.written[verb](info.context.rows, input)
    return found


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {
        "viewer": _viewer,
        "node": _node,
        "nodes": _nodes,
        "server": lambda _root, _info: {"version": __version__},
        "conversation": _row("Conversation"),
        "message": _row("Message"),
        "conversations": _list("Conversation"),
        "messages": _list("Message"),
    },
    "Mutation": {
        verb: partial(_written, verb)
        for verb in (
            "updateViewer",
            "endSession",
            "startConversation",
            "renameConversation",
            "pauseConversation",
            "resumeConversation",
            "completeConversation",
            "archiveConversation",
            "restoreConversation",
            "deleteConversation",
            "findOrStartConversation",
            "sendMessage",
            "editMessage",
            "retryReply",
            "cancelReply",
        )
    },
    "User": {"sessions": _list("UserSession", "user_id")},
    "Conversation": {
        "messages": _list("Message", "conversation_id"),
        "summaries": _list("ConversationSummary", "conversation_id"),
        "threads": _list("ThreadMapping", "conversation_id"),
        "totalDurationMinutes": _minutes,
    },
    "Message": {"conversation": _conversation, "inReplyTo": _answered, "reply": _reply},
    "ConversationSummary": {"conversation": _conversation},
    "ThreadMapping": {"conversation": _conversation},
    "SendMessagePayload": {
        "message": lambda row, _info: row,
        "reply": _reply,
        "conversation": _conversation,
    },
    "ReplyPayload": {
        "reply": lambda row, _info: row,
        "message": _answered,
        "conversation": _conversation,
    },
    "DeleteConversationPayload": {"deletedId": lambda row, _info: row["id"]},
    "PageInfo": PAGE_INFO,
}
