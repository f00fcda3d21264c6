"""Documents: parsed, validated and measured once, then remembered.

Limits are counted in the document before anything runs; fragments count as often as they are
spread, so that nothing hides in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    is_input_type,
    parse,
    print_ast,
    type_from_ast,
    validate,
)

from graphql_api.census import count
from graphql_api.errors import BadInput
from graphql_api.recent import Recent
from graphql_api.refusal import RequestError, coded, refused
from graphql_api.settings import Settings

# Longer documents are rare. Anybody may send one without a token, so that those are kept only short.
KEPT_CHARACTERS = 16_000
KEPT_CHARACTERS_OF_ANYBODY = 2_000
# Of all documents together: a parsed one takes about 120 bytes a character.
KEPT_CHARACTERS_IN_ALL = 500_000


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
        weight: characters of the document.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    root: GraphQLObjectType
    variable_types: Mapping[str, GraphQLInputType]
    exact: frozenset[str]
    is_kept: bool
    weight: int

    @property
    def is_query(self) -> bool:
        """Whether the operation only reads."""
        return self.operation.operation is OperationType.QUERY

    @property
    def is_subscription(self) -> bool:
        """Whether the operation goes on and on."""
        return self.operation.operation is OperationType.SUBSCRIPTION

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
        self._kept: Recent[Prepared] = Recent(
            number=settings.plan_cache_size, weight=KEPT_CHARACTERS_IN_ALL
        )

    def prepare(
        self, query: str, operation_name: str | None, *, anonymous: bool = False
    ) -> Prepared:
        """Give the operation to run.

        Args:
            query: the text of the document.
            operation_name: which of its operations.
            anonymous: whether somebody without a token asks, for whom less is remembered.

        Raises:
            RequestError: it does not parse, is not valid, is too large, or cannot be told.
        """
        key = (query, operation_name)
        prepared = self._kept.get(key)
        if prepared is None:
            limit = KEPT_CHARACTERS_OF_ANYBODY if anonymous else KEPT_CHARACTERS
            prepared = self._prepare(query, operation_name, is_kept=len(query) <= limit)
            if prepared.is_kept:
                self._kept.keep(key, prepared, len(query))
        return prepared

    def _prepare(self, query: str, operation_name: str | None, *, is_kept: bool) -> Prepared:
        document = self._parse(query)
        operation = _operation(document, operation_name)
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        # Counted first: validation itself takes long on what is over the limits.
        exact = count(document, fragments, self._settings)
        errors = validate(self._schema, document, max_errors=20, hide_suggestions=True)
        if errors:
            raise RequestError([coded(error) for error in errors])
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise refused(BadInput("This kind of operation is not served here."))
        return Prepared(
            document=document,
            operation=operation,
            fragments=fragments,
            root=root,
            variable_types=self._variable_types(operation),
            exact=exact,
            is_kept=is_kept,
            weight=len(query),
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
