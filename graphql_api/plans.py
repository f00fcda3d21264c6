"""Plans: what an operation asks becomes what Postgres is asked, once for each shape of its variables.

A plan is remembered with its document. What counts for each request is looked at each time: who
asks, and the values of arguments that may be malformed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLObjectType, get_named_type

from graphql_api.arguments import resolve_arguments, shape_of
from graphql_api.auth import Viewer
from graphql_api.catalog import Catalog
from graphql_api.census import INTROSPECTION
from graphql_api.compile import Compiled, compile_plan, compile_separately
from graphql_api.documents import Prepared
from graphql_api.errors import ApiError, BadInput, Unauthenticated
from graphql_api.feeds import FeedPlan, FeedPlanner, compile_feed
from graphql_api.meaning import Verb
from graphql_api.mutations import Step, json_entries
from graphql_api.plan import Plan
from graphql_api.planner import Planner
from graphql_api.recent import Recent
from graphql_api.refusal import refused
from graphql_api.selection import Collected, Document, collect
from graphql_api.settings import Settings
from graphql_api.writes import WRITTEN_ID

T = TypeVar("T")

# Of all plans together: characters of their documents and of their SQL.
KEPT_PLANS_CHARACTERS = 2_000_000

# The schema is large, and asking for it reads no row: it costs as much as a full page.
INTROSPECTION_COST = 100
INTROSPECTION_FIELDS = 5


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


class Plans:
    """The plans of one schema's operations, the latest of them remembered."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        """Plan against `catalog`, within the limits of `settings`."""
        self._catalog = catalog
        self._settings = settings
        self._kept: Recent[Any] = Recent(
            number=settings.plan_cache_size, weight=KEPT_PLANS_CHARACTERS
        )

    def query(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> PlannedQuery:
        """Plan a query.

        Raises:
            RequestError: it asks for too much, for what needs a token, or an argument is malformed.
        """
        key = (prepared, viewer.role, self._shape(prepared, variables))
        planned: PlannedQuery | None = self._kept.get(key)
        if planned is None:
            planned = self._plan_query(viewer, prepared, variables)
            sql = planned.compiled.text if planned.compiled else ""
            self._remember(prepared, key, planned, sql)
        self._allow(viewer, planned.plan.tables)
        return planned

    def _plan_query(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> PlannedQuery:
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
        return PlannedQuery(plan, compiled, tuple(fields), others)

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

    def mutation(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> tuple[list[tuple[str, Step | None]], int]:
        """Plan the fields of a mutation, None for a bare `__typename`; give their cost with them.

        Raises:
            RequestError: as `query`; nothing was written.
        """
        key = (prepared, viewer.role, self._shape(prepared, variables))
        kept: tuple[list[tuple[str, Step | None]], int] | None = self._kept.get(key)
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

    def feed(
        self, viewer: Viewer, prepared: Prepared, variables: Mapping[str, Any]
    ) -> tuple[FeedPlan, Compiled]:
        """Plan a subscription.

        Raises:
            ApiError: as `query`.
        """
        key = (prepared, viewer.role, self._shape(prepared, variables))
        kept: tuple[FeedPlan, Compiled] | None = self._kept.get(key)
        if kept is not None:
            return kept
        document = Document(self._catalog.schema, prepared.fragments, variables)
        fields = collect(document, prepared.root, [prepared.operation.selection_set])
        plan = FeedPlanner(self._catalog, document).plan(prepared.root, fields)
        self._check_cost(plan.cost)
        compiled = compile_feed(plan, viewer.role)
        return self._remember(prepared, key, (plan, compiled), compiled.text)

    def _shape(self, prepared: Prepared, variables: Mapping[str, Any]) -> Hashable:
        return tuple(
            (name, shape_of(variables[name], kind, exact=name in prepared.exact))
            for name, kind in prepared.variable_types.items()
            if name in variables
        )

    def _remember(self, prepared: Prepared, key: Hashable, planned: T, sql: str = "") -> T:
        if prepared.is_kept:
            self._kept.keep(key, planned, prepared.weight + len(sql))
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
