"""Execution: an operation becomes an answer. Data by plan, the rest by graphql-core, one JSON.

What is data runs as one statement that Postgres answers with finished JSON; the text is passed
through. A root field without a declaration (introspection, `server`) is graphql-core's; an
operation may hold both.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    get_named_type,
)

from graphql_api.arguments import resolve_arguments, shape_of
from graphql_api.auth import Viewer
from graphql_api.catalog import Catalog
from graphql_api.census import INTROSPECTION
from graphql_api.compile import Compiled, compile_plan, compile_separately
from graphql_api.documents import Documents, Prepared, coerce
from graphql_api.errors import ApiError, BadInput, Unauthenticated
from graphql_api.feeds import EventStream, FeedPlan, FeedPlanner, Feeds, Whose, compile_feed
from graphql_api.live import Hints, Hub
from graphql_api.meaning import Context, Verb, Write
from graphql_api.mutations import Mutations, Step, json_entries
from graphql_api.plan import Plan
from graphql_api.planner import VIEWER_ID, Planner
from graphql_api.recent import Recent
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
from graphql_api.selection import Collected, Document, collect
from graphql_api.session import Database, DatabaseError
from graphql_api.settings import Settings
from graphql_api.writes import WRITTEN_ID

T = TypeVar("T")

# Of all plans together: characters of their documents and of their SQL.
KEPT_PLANS_CHARACTERS = 2_000_000

# The schema is large, and asking for it reads no row: it costs as much as a full page.
INTROSPECTION_COST = 100
INTROSPECTION_FIELDS = 5

NOT_OVER_HTTP = "Subscribe over a WebSocket, or accept text/event-stream."


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as a client sent it."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedQuery:
    """A query's plan and statement.

    Attributes:
        plan: what the planned root fields read.
        compiled: the statement; None when nothing is read by plan.
        keys: response keys in the order of the answer.
        others: root fields that graphql-core executes, by response key.
    """

    plan: Plan
    compiled: Compiled | None
    keys: tuple[str, ...]
    others: Mapping[str, Sequence[FieldNode]]


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
        self._feeds = None if hub is None else Feeds(database, hub)
        self._mutations = Mutations(database, self._tell)
        self._plans: Recent[Any] = Recent(
            number=settings.plan_cache_size, weight=KEPT_PLANS_CHARACTERS
        )

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
        plan, compiled = self._planned_feed(viewer, prepared, variables)
        return self._feeds.open(plan, compiled, whose, variables, prepared.name)

    def _planned_feed(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> tuple[FeedPlan, Compiled]:
        key = (prepared, viewer.role, self._shape(prepared, variables))
        kept: tuple[FeedPlan, Compiled] | None = self._plans.get(key)
        if kept is not None:
            return kept
        document = Document(self._catalog.schema, prepared.fragments, variables)
        fields = collect(document, prepared.root, [prepared.operation.selection_set])
        plan = FeedPlanner(self._catalog, document).plan(prepared.root, fields)
        self._check_cost(plan.cost)
        compiled = compile_feed(plan, viewer.role)
        return self._remember(prepared, key, (plan, compiled), compiled.text)

    async def _query(
        self, viewer: Viewer, prepared: Prepared, variables: dict[str, Any], request: GraphQLRequest
    ) -> Answer:
        planned = self._planned_query(viewer, prepared, variables)
        self._allow(viewer, planned.plan.tables)
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

    def _planned_query(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> PlannedQuery:
        key = (prepared, viewer.role, self._shape(prepared, variables))
        kept: PlannedQuery | None = self._plans.get(key)
        if kept is not None:
            return kept
        document = Document(self._catalog.schema, prepared.fragments, variables)
        try:
            fields = collect(document, prepared.root, [prepared.operation.selection_set])
            ours, others = self._parted(prepared.root, fields)
            plan = Planner(self._catalog, document).plan(prepared.root, ours)
            plan = replace(plan, cost=plan.cost + self._introspection_cost(viewer, others))
        except ApiError as error:
            raise refused(error) from error
        self._check_cost(plan.cost)
        make = compile_separately if others else compile_plan
        compiled = make(plan, viewer.role) if ours or not others else None
        planned = PlannedQuery(plan, compiled, tuple(fields), others)
        return self._remember(prepared, key, planned, compiled.text if compiled else "")

    def _parted(self, root: GraphQLObjectType, fields: Collected) -> tuple[Collected, Collected]:
        """Part root fields into those that are planned here, and graphql-core's."""
        ours = {
            response_key: nodes
            for response_key, nodes in fields.items()
            if nodes[0].name.value == "__typename"
            or (root.name, nodes[0].name.value) in self._catalog.roots
        }
        return ours, {one: nodes for one, nodes in fields.items() if one not in ours}

    def _introspection_cost(self, viewer: Viewer, others: Collected) -> int:
        """Say what it costs to tell the schema, if she may ask for it.

        Raises:
            Unauthenticated: in production, somebody without a token.
            BadInput: more than one `__schema`, or more than five fields about the schema.
        """
        asked = [nodes[0].name.value for nodes in others.values()]
        asked = [name for name in asked if name in INTROSPECTION]
        if asked and viewer.user_id is None and self._settings.environment == "production":
            raise Unauthenticated
        if asked.count("__schema") > 1 or len(asked) > INTROSPECTION_FIELDS:
            raise BadInput(
                f"At most one `__schema`, and {INTROSPECTION_FIELDS} fields about the schema."
            )
        return INTROSPECTION_COST * len(asked)

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
        steps, cost = self._planned_mutation(viewer, prepared, variables)
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

    def _planned_mutation(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> tuple[list[tuple[str, Step | None]], int]:
        key = (prepared, viewer.role, self._shape(prepared, variables))
        kept: tuple[list[tuple[str, Step | None]], int] | None = self._plans.get(key)
        if kept is None:
            document = Document(self._catalog.schema, prepared.fragments, variables)
            try:
                fields = collect(document, prepared.root, [prepared.operation.selection_set])
            except BadInput as error:
                raise refused(error) from error
            steps = [
                (one, self._step(document, prepared, one, nodes)) for one, nodes in fields.items()
            ]
            cost = sum(step.answer.cost for _, step in steps if step is not None)
            self._check_cost(cost)
            kept = self._remember(prepared, key, (steps, cost))
        for _, step in kept[0]:
            if step is not None:
                self._allow(viewer, step.answer.tables)
                _refuse_bad_arguments(step, variables)
        return kept

    def _step(
        self, document: Document, prepared: Prepared, key: str, nodes: Sequence[FieldNode]
    ) -> Step | None:
        name = nodes[0].name.value
        if name == "__typename":
            return None
        field = prepared.root.fields[name]
        verb = self._catalog.roots[prepared.root.name, name]
        assert isinstance(verb, Verb)  # noqa: S101 - catalog.py refuses a mutation that is none
        try:
            arguments = resolve_arguments(field, nodes[0], document.variables)
            answer = Planner(self._catalog, document).plan_answer(field, nodes, _written)
        except BadInput as error:
            raise refused(error) from error
        taken = get_named_type(field.args["input"].type)
        return Step(key, nodes[0], verb, arguments["input"], json_entries(taken), answer)

    def _tell(self, user_id: UUID, write: Write) -> None:
        if self._hints is not None:
            self._hints.tell(user_id, jobs=write.wakes)

    def _shape(self, prepared: Prepared, variables: Mapping[str, Any]) -> Hashable:
        return tuple(
            (name, shape_of(variables[name], kind, exact=name in prepared.exact))
            for name, kind in prepared.variable_types.items()
            if name in variables
        )

    def _remember(self, prepared: Prepared, key: Hashable, planned: T, sql: str = "") -> T:
        if prepared.is_kept:
            self._plans.keep(key, planned, prepared.weight + len(sql))
        return planned

    def _check_cost(self, cost: int) -> None:
        if cost > self._settings.max_cost:
            raise refused(
                BadInput(
                    f"This may read {cost} rows; at most {self._settings.max_cost} at a time:"
                    " ask for smaller pages."
                )
            )

    def _allow(self, viewer: Viewer, tables: frozenset[str]) -> None:
        """Say plainly that a token is missing; the grants of role `anon` say the same below."""
        if viewer.user_id is not None:
            return
        if any(not self._catalog.types[name].table.anonymous for name in tables):
            raise refused(Unauthenticated())


def _refuse_bad_arguments(step: Step, variables: Mapping[str, Any]) -> None:
    """Read every argument of the answer before anything runs: a bad cursor must undo nothing."""
    try:
        step.read_back.bind({**variables, WRITTEN_ID: None})
    except BadInput as error:
        raise refused(error) from error


def _written(variables: Mapping[str, Any]) -> Any:
    return variables[WRITTEN_ID]


def _with_operation(prepared: Prepared, operation: OperationDefinitionNode) -> DocumentNode:
    return DocumentNode(definitions=(operation, *prepared.fragments.values()))
