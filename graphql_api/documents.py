"""Documents: parsed, validated and measured once, then remembered.

Limits are counted in the document before anything runs; fragments count as often as they are
spread, so that nothing hides in them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ListValueNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_variable_values,
    is_input_type,
    parse,
    print_ast,
    type_from_ast,
    validate,
)

from graphql_api.errors import ApiError, BadInput
from graphql_api.settings import Settings

# What the standard introspection query nests deeper than other operations may.
INTROSPECTION = frozenset({"__schema", "__type"})
INTROSPECTION_LEVELS = 8

# Arguments whose numbers (or list lengths) are part of a plan: a literal limit plans best.
EXACT_ARGUMENTS = frozenset({"first", "last", "nodeIds"})


# Longer documents are rare, and a thousand of them would fill the memory.
KEPT_CHARACTERS = 16_000


class RequestError(Exception):
    """The request is refused before anything runs.

    Attributes:
        errors: GraphQL errors with their extensions.
        status: the HTTP status that fits.
    """

    def __init__(self, errors: list[GraphQLError], status: int = 400) -> None:
        """Refuse with these errors."""
        super().__init__()
        self.errors = errors
        self.status = status


@dataclass(slots=True, eq=False)
class Prepared:
    """One operation of a document, ready to be planned.

    Attributes:
        document: as parsed.
        operation: the one that runs.
        fragments: by name.
        root: the type whose fields it asks.
        variable_types: of each variable.
        exact: variables whose numbers count for the plan.
        is_kept: whether it is remembered, so that plans of it are worth remembering.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    root: GraphQLObjectType
    variable_types: Mapping[str, GraphQLInputType]
    exact: frozenset[str]
    is_kept: bool

    @property
    def is_query(self) -> bool:
        """Whether the operation only reads."""
        return self.operation.operation is OperationType.QUERY

    @property
    def name(self) -> str | None:
        """The operation's own name."""
        return self.operation.name.value if self.operation.name else None


class Documents:
    """The documents seen lately; least recently used go first."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        """Keep up to `plan_cache_size` prepared operations for `schema`."""
        self._schema = schema
        self._settings = settings
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def prepare(self, query: str, operation_name: str | None) -> Prepared:
        """Give the operation to run.

        Raises:
            RequestError: it does not parse, is not valid, is too large, or cannot be told.
        """
        key = (query, operation_name)
        prepared = self._kept.get(key)
        if prepared is not None:
            self._kept.move_to_end(key)
            return prepared
        prepared = self._prepare(query, operation_name)
        if not prepared.is_kept:
            return prepared
        self._kept[key] = prepared
        if len(self._kept) > self._settings.plan_cache_size:
            self._kept.popitem(last=False)
        return prepared

    def _prepare(self, query: str, operation_name: str | None) -> Prepared:
        document = self._parse(query)
        operation = _operation(document, operation_name)
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        # Counted first: validation itself takes long on what is over the limits.
        census = Census(self._settings, fragments)
        census.walk(operation.selection_set, 1)
        errors = validate(self._schema, document, max_errors=20, hide_suggestions=True)
        if errors:
            raise RequestError([coded(error) for error in errors])
        root = self._schema.get_root_type(operation.operation)
        if root is None or operation.operation is OperationType.SUBSCRIPTION:
            raise refused(BadInput("This kind of operation is not served here."))
        return Prepared(
            document=document,
            operation=operation,
            fragments=fragments,
            root=root,
            variable_types=self._variable_types(operation),
            exact=frozenset(census.exact),
            is_kept=len(query) <= KEPT_CHARACTERS,
        )

    def _variable_types(self, operation: OperationDefinitionNode) -> dict[str, GraphQLInputType]:
        types: dict[str, GraphQLInputType] = {}
        for definition in operation.variable_definitions or ():
            kind = type_from_ast(self._schema, definition.type)
            assert is_input_type(kind)  # noqa: S101 - validated
            types[definition.variable.name.value] = kind
        return types

    def _parse(self, query: str) -> DocumentNode:
        try:
            return parse(query, max_tokens=self._settings.max_tokens)
        except GraphQLSyntaxError as error:
            raise RequestError([coded(error)]) from error
        except RecursionError as error:
            raise refused(BadInput("The document is nested too deeply.")) from error


class Census:
    """Counts what an operation holds, and refuses too much of it."""

    def __init__(self, settings: Settings, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        """Count against the limits of `settings`."""
        self._settings = settings
        self._fragments = fragments
        self._aliases = 0
        self._directives = 0
        self._fields = 0
        self._open: set[str] = set()
        self.exact: set[str] = set()

    def walk(self, selection_set: SelectionSetNode, depth: int) -> None:
        """Count below `selection_set`, whose fields lie `depth` levels deep.

        Raises:
            RequestError: a limit is passed.
        """
        if depth > self._settings.max_depth:
            raise refused(BadInput(f"At most {self._settings.max_depth} levels of fields."))
        for selection in selection_set.selections:
            self._directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                self._count(selection)
                if selection.selection_set is not None:
                    # graphql-core's MaxIntrospectionDepthRule bounds the lists among these levels.
                    extra = INTROSPECTION_LEVELS if selection.name.value in INTROSPECTION else 0
                    self.walk(selection.selection_set, depth + 1 - extra)
            elif isinstance(selection, InlineFragmentNode):
                self.walk(selection.selection_set, depth)
            elif isinstance(selection, FragmentSpreadNode):
                self._walk_fragment(selection.name.value, depth)

    def _walk_fragment(self, name: str, depth: int) -> None:
        # An unknown or cyclic fragment is validation's to refuse.
        if name in self._fragments and name not in self._open:
            self._open.add(name)
            self.walk(self._fragments[name].selection_set, depth)
            self._open.discard(name)

    def _count(self, node: FieldNode) -> None:
        self._fields += 1
        self._aliases += node.alias is not None
        for argument in node.arguments or ():
            if argument.name.value in EXACT_ARGUMENTS:
                self.exact |= _variables_in(argument.value)
        limits = (
            ("fields", self._fields, self._settings.max_tokens),
            ("aliases", self._aliases, self._settings.max_aliases),
            ("directives", self._directives, self._settings.max_directives),
        )
        for what, number, limit in limits:
            if number > limit:
                raise refused(BadInput(f"At most {limit} {what} in an operation."))


def _variables_in(value: object) -> set[str]:
    if isinstance(value, VariableNode):
        return {value.name.value}
    if isinstance(value, ListValueNode):
        return set().union(*(_variables_in(item) for item in value.values))
    return set()


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if not operations:
        raise refused(BadInput("The document holds no operation."))
    if name is None:
        if len(operations) > 1:
            raise refused(
                BadInput("Several operations: say which by `operationName`.", field="operationName")
            )
        return operations[0]
    for operation in operations:
        if operation.name is not None and operation.name.value == name:
            return operation
    raise refused(BadInput("There is no operation of this name.", field="operationName"))


def coerce(schema: GraphQLSchema, prepared: Prepared, given: dict[str, Any]) -> dict[str, Any]:
    """Give the variables as the schema's types have them.

    Raises:
        RequestError: a variable is missing or not of its type.
    """
    definitions = prepared.operation.variable_definitions
    if not definitions:
        return {}
    values = get_variable_values(schema, definitions, given, max_errors=10, hide_suggestions=True)
    if isinstance(values, list):
        raise RequestError([_of_variable(prepared, error) for error in values])
    return dict(values.coerced)


def _of_variable(prepared: Prepared, error: GraphQLError) -> GraphQLError:
    """Say which variable does not fit, and where; graphql-core's text would quote its value."""
    found = VARIABLE_ERROR.match(error.message)
    variable, place = (found[1], (found[2] or "").lstrip(".")) if found else ("", "")
    declared = {
        one.variable.name.value: print_ast(one.type)
        for one in prepared.operation.variable_definitions or ()
    }
    where = f" at `{place}`" if place else ""
    message = f"Variable `${variable}` does not fit `{declared.get(variable, '?')}`{where}."
    source = BadInput(message, field=f"{variable}.{place}" if place else variable)
    return GraphQLError(message, nodes=error.nodes, extensions=source.extensions)


# "Variable '$input' has invalid value at .content: …"; the place is made of names and indexes.
VARIABLE_ERROR = re.compile(
    r"Variable '\$(\w+)'(?: has invalid value)?(?: at ((?:\.\w+|\[\d+\])+))?"
)


def coded(error: GraphQLError) -> GraphQLError:
    """Give an error of the request its code; a value that does not fit is pointed at, not quoted."""
    message = error.message
    place = error.nodes[0] if error.nodes else None
    if " represent " in message or isinstance(place, ValueNode | ObjectFieldNode):
        message = "This value does not fit the type of its place."
    source = BadInput(message)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=source.extensions,
    )


def refused(error: ApiError) -> RequestError:
    """Give the refusal of a whole request for one of our own errors."""
    return RequestError([GraphQLError(error.message, extensions=error.extensions)], error.status)
