"""Answers `__schema` and `__type`.

In: the introspection fields of a document. Out: their JSON by response key. graphql-core executes them over the
role's schema as graphql-core objects, which are built on first use; answers are kept, because tools ask the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    execute_sync,
)

from lictor.engine.errors import invalid
from lictor.engine.plan.nodes import IntrospectionRoot
from lictor.engine.run.cache import LRU
from lictor.engine.run.documents import Document, Literals
from lictor.engine.run.introspection_check import check_introspection
from lictor.engine.schema.introspectable import build_graphql_schema
from lictor.engine.schema.model import RoleSchema

KEPT_ANSWERS = 16
_LITERAL_TYPES = {str: "String", int: "Int", float: "Float"}
_LETTERS = {str: "s", int: "i", float: "f", list: "l"}


class Introspection:
    """Introspection of one schema version, by role."""

    def __init__(self) -> None:
        self._schemas: dict[tuple[str, bool], GraphQLSchema] = {}
        self._answers: LRU[tuple[Document, Literals, str], dict[str, bytes]] = LRU(KEPT_ANSWERS)

    def schema(self, role: RoleSchema) -> GraphQLSchema:
        """The role's schema as graphql-core sees it."""
        key = (role.role, role.backend_only)
        if key not in self._schemas:
            self._schemas[key] = build_graphql_schema(role)
        return self._schemas[key]

    async def answer(
        self,
        document: Document,
        roots: Sequence[IntrospectionRoot],
        variables: Mapping[str, Any],
        literals: Literals,
    ) -> dict[str, bytes]:
        """The JSON of each field by its key. Raises GraphQLFailure if the selection is wrong."""
        hashable = tuple(item for item in literals if not isinstance(item, list))
        key = (document, hashable, repr(sorted(variables.items())))
        known = self._answers.get(key)
        if known is None:
            # some hundred milliseconds for a whole schema: other requests go on meanwhile
            known = await asyncio.to_thread(self._execute, document, roots, variables, literals)
            self._answers.put(key, known)
        return known

    def _execute(
        self,
        document: Document,
        roots: Sequence[IntrospectionRoot],
        variables: Mapping[str, Any],
        literals: Literals,
    ) -> dict[str, bytes]:
        schema = self.schema(document.schema)
        fragments = document.operation.fragments
        check_introspection([root.node for root in roots], fragments, len(schema.type_map))
        operation = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(_definitions(document, literals)),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(root.node for root in roots)),
        )
        values = dict(variables)
        values |= {f"__{_LETTERS[type(item)]}{i}": item for i, item in enumerate(literals)}
        result = execute_sync(
            schema,
            DocumentNode(definitions=(operation, *fragments.values())),
            variable_values=values,
        )
        if result.errors:
            raise invalid(result.errors[0].message, "$.selectionSet")
        return {root.key: orjson.dumps((result.data or {}).get(root.key)) for root in roots}


def _definitions(document: Document, literals: Literals) -> list[VariableDefinitionNode]:
    """Definitions of the variables introspection can use: its arguments are Strings and Booleans."""
    found = [
        definition
        for definition in document.operation.node.variable_definitions or ()
        if document.operation.variables[definition.variable.name.value].type.base in ("String", "Boolean")
    ]
    for i, item in enumerate(literals):
        type_name = _LITERAL_TYPES.get(type(item))
        if type_name is not None:
            name = f"__{_LETTERS[type(item)]}{i}"
            found.append(
                VariableDefinitionNode(
                    variable=VariableNode(name=NameNode(value=name)),
                    type=NamedTypeNode(name=NameNode(value=type_name)),
                    default_value=None,
                    directives=(),
                )
            )
    return found
