"""Execution: an operation becomes an answer. Data by plan, the rest by graphql-core, one JSON.

What is data runs as one statement that Postgres answers with finished JSON; the text is passed
through. A root field without a declaration (introspection, `server`) is graphql-core's; an
operation may hold both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
)

from graphql_api.auth import Viewer
from graphql_api.catalog import Catalog
from graphql_api.documents import Documents, Prepared, coerce
from graphql_api.errors import ApiError, BadInput, Unauthenticated
from graphql_api.feeds import EventStream, Feeds, Whose
from graphql_api.live import Hints, Hub
from graphql_api.meaning import Context, Write
from graphql_api.mutations import Mutations
from graphql_api.planner import VIEWER_ID
from graphql_api.plans import Plans
from graphql_api.refusal import RequestError, refused
from graphql_api.responses import (
    Answer,
    answer_body,
    failure_answer,
    known,
    masked,
    refusal_answer,
    visible_error,
)
from graphql_api.session import Database, DatabaseError
from graphql_api.settings import Settings

NOT_OVER_HTTP = "Subscribe over a WebSocket, or accept text/event-stream."


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as a client sent it."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


class Executor:
    """Executes operations of one schema against one database."""

    def __init__(
        self,
        catalog: Catalog,
        database: Database,
        settings: Settings,
        services: Mapping[str, Any] | None = None,
        *,
        hints: Hints | None = None,
        hub: Hub | None = None,
    ) -> None:
        """Execute against `database`.

        Args:
            catalog: the schema and what its fields mean.
            database: is read and written.
            settings: limits of one operation.
            services: what verbs may use, by name.
            hints: told of each commit; None tells nobody.
            hub: wakes subscriptions; None to serve none.
        """
        self._catalog = catalog
        self._database = database
        self._settings = settings
        self._services = services or {}
        self._documents = Documents(catalog.schema, settings)
        self._hints = hints
        self._feeds = (
            None if hub is None else Feeds(database, hub, max_of_user=settings.live_subscriptions)
        )
        self._mutations = Mutations(database, self._tell)
        self._plans = Plans(catalog, settings)

    async def execute(
        self, viewer: Viewer, request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer:
        """Answer one operation as `viewer`.

        Args:
            viewer: who asks.
            request: the operation.
            queries_only: refuse a mutation (HTTP GET must be safe).
        """
        operation = "none"
        prepared: Prepared | None = None
        try:
            prepared = self._documents.prepare(
                request.query, request.operation_name, anonymous=viewer.user_id is None
            )
            operation = prepared.operation.operation.value
            if prepared.is_subscription:
                raise refused(BadInput(NOT_OVER_HTTP))
            if queries_only and not prepared.is_query:
                raise RequestError(refused(BadInput("Send a mutation by POST.")).errors, 405)
            variables = coerce(self._catalog.schema, prepared, request.variables)
            variables[VIEWER_ID] = viewer.user_id
            if prepared.is_query:
                return await self._query(viewer, prepared, variables, request)
            return await self._mutate(viewer, prepared, variables)
        except RequestError as error:
            return refusal_answer(error, operation)
        except (ApiError, DatabaseError) as error:
            return failure_answer(error, operation, None if prepared is None else prepared.name)

    async def start(
        self, whose: Whose, request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer | EventStream:
        """Answer one operation, or open the stream of a subscription.

        Args:
            whose: gives the caller as she is now, or raises Unauthenticated when she may not go
                on: her token has expired, or she signed out. It is asked before each read of a
                subscription, and before each event.
            request: the operation.
            queries_only: refuse a mutation (HTTP GET must be safe).
        """
        operation = "none"
        try:
            viewer = whose()
            prepared = self._documents.prepare(
                request.query, request.operation_name, anonymous=viewer.user_id is None
            )
            if not prepared.is_subscription:
                return await self.execute(viewer, request, queries_only=queries_only)
            operation = prepared.operation.operation.value
            return self._subscribe(whose, viewer, prepared, request)
        except RequestError as error:
            return refusal_answer(error, operation)
        except ApiError as error:
            return refusal_answer(refused(error), operation)

    def _subscribe(
        self, whose: Whose, viewer: Viewer, prepared: Prepared, request: GraphQLRequest
    ) -> EventStream:
        if viewer.user_id is None:
            raise Unauthenticated
        if self._feeds is None:
            raise BadInput("This kind of operation is not served here.")
        variables = coerce(self._catalog.schema, prepared, request.variables)
        variables[VIEWER_ID] = viewer.user_id
        plan, compiled = self._plans.feed(viewer, prepared, variables)
        return self._feeds.open(plan, compiled, whose, variables, prepared.name)

    async def _query(
        self, viewer: Viewer, prepared: Prepared, variables: dict[str, Any], request: GraphQLRequest
    ) -> Answer:
        planned = self._plans.query(viewer, prepared, variables)
        try:
            statement = None if planned.compiled is None else planned.compiled.bind(variables)
        except BadInput as error:
            raise refused(error) from error
        if not planned.others:
            assert statement is not None  # noqa: S101 - every operation asks for something
            data = await self._database.run_text(viewer, statement)
            return Answer(200, answer_body(data or b"null", [], planned.plan.cost), "query")
        texts: list[str] = []
        if statement is not None:
            texts = await self._database.run(viewer, statement)
        result = await self._others(viewer, prepared, planned.others, request)
        if result.data is None:
            return Answer(
                200, answer_body(b"null", result.errors or [], planned.plan.cost), "query"
            )
        parts = dict(zip((key for key, _ in planned.plan.fields), texts, strict=True))
        for key in planned.others:
            if key in result.data:
                parts[key] = orjson.dumps(result.data[key], default=str).decode()
        joined = "{" + ",".join(f'"{key}":{parts[key]}' for key in planned.keys) + "}"
        return Answer(
            200, answer_body(joined.encode(), result.errors or [], planned.plan.cost), "query"
        )

    async def _others(
        self,
        viewer: Viewer,
        prepared: Prepared,
        others: Mapping[str, Sequence[FieldNode]],
        request: GraphQLRequest,
    ) -> ExecutionResult:
        """Execute the root fields that are not data, as a document of their own."""
        nodes = tuple(node for found in others.values() for node in found)
        given = prepared.operation
        operation = OperationDefinitionNode(
            operation=given.operation,
            name=given.name,
            variable_definitions=given.variable_definitions,
            directives=given.directives,
            selection_set=SelectionSetNode(selections=nodes),
        )
        document = _with_operation(prepared, operation)
        result = execute(
            self._catalog.schema,
            document,
            variable_values=request.variables,
            context_value=Context(viewer, self._services),
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        errors = [masked(error, prepared.name) for error in result.errors or ()]
        return ExecutionResult(result.data, errors or None)

    async def _mutate(
        self, viewer: Viewer, prepared: Prepared, variables: dict[str, Any]
    ) -> Answer:
        steps, cost = self._plans.mutation(viewer, prepared, variables)
        context = Context(viewer, self._services)
        parts: list[str] = []
        errors: list[GraphQLError] = []
        for key, step in steps:
            text = f'"{prepared.root.name}"'
            if step is not None:
                try:
                    text = await self._mutations.perform(context, step, variables)
                except Exception as error:
                    # A fault of ours, too: it must not hide what the fields before it have done.
                    text = "null"
                    path: list[str | int] = [key]
                    errors.append(
                        visible_error(known(error), prepared.name, path=path, nodes=[step.node])
                    )
            parts.append(f'"{key}":{text}')
        data = "{" + ",".join(parts) + "}"
        return Answer(200, answer_body(data.encode(), errors, cost), "mutation")

    def _tell(self, user_id: UUID, write: Write) -> None:
        if self._hints is not None:
            self._hints.tell(user_id, jobs=write.wakes)


def _with_operation(prepared: Prepared, operation: OperationDefinitionNode) -> DocumentNode:
    return DocumentNode(definitions=(operation, *prepared.fragments.values()))
