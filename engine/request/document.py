"""Parses a document and picks the operation.

In: the (literal-free) text, the text it was lifted from, an operation name, the limits. Out: `Operation`: its
kind, AST, fragments, declared and used variables and depth. Raises GraphQLFailure: kind "syntax" when the text
does not parse, "validation" when a limit is passed, the operation cannot be picked, or what `walk` refuses.
Never: looks at a schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    ValueNode,
    parse,
)

from lictor.engine.errors import GraphQLFailure, invalid
from lictor.engine.request.limits import RequestLimits, passed
from lictor.engine.request.parser import (
    NestingLimit,
    Parsed,
    TokenLimit,
    Unreadable,
    parse_document,
    position,
)
from lictor.engine.request.walk import merges_literals, walk
from lictor.engine.schema.gtypes import GType, from_node

OperationKind = Literal["query", "mutation", "subscription"]
QUERY_PATH = "$.query"
# Syntax errors of longer documents are worded without graphql-core, whose lexer would take seconds for them.
WORDED_BY_GRAPHQL_CORE = 16_384


@dataclass(frozen=True, slots=True)
class Declared:
    """One variable definition."""

    name: str
    type: GType
    default: ValueNode | None


@dataclass(frozen=True, eq=False)
class Operation:
    """`depth` counts fields below the root ones (`{ flow { id } }` is 1); introspection fields do not count.
    `used` are the variables that stand somewhere in the operation or in fragments it spreads."""

    kind: OperationKind
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Declared]
    used: frozenset[str]
    depth: int


def read_operation(
    text: str, operation_name: str | None, original: str, limits: RequestLimits
) -> tuple[Operation, str]:
    """The operation to run, and the text it was read from.

    That is `original`, the text before lifting, if the lifted one does not parse (a default value of a variable
    must be a literal, and the positions in syntax errors are those of the original), or if literals decide
    whether two selections of one field can be merged.
    """
    lifted = text is not original
    try:
        parsed = parse_document(text, limits.max_tokens, 2 * limits.max_depth)
    except Unreadable as unreadable:
        if lifted:
            return read_operation(original, operation_name, original, limits)
        parsed = _parse_otherwise(text, unreadable, limits)
    except TokenLimit:
        raise passed("the document has more than {} tokens", "max_tokens", limits.max_tokens) from None
    except NestingLimit:
        raise passed("the document is nested deeper than {} levels", "max_depth", limits.max_depth) from None
    node = _pick(parsed, operation_name)
    fragments = _fragments(parsed)
    variables: dict[str, Declared] = {}
    for definition in node.variable_definitions or ():
        name = definition.variable.name.value
        if name in variables:
            raise GraphQLFailure.of(f'multiple definitions for variable "{name}"', code="parse-failed")
        variables[name] = Declared(name, from_node(definition.type), definition.default_value)
    walked = walk(node, fragments, variables.keys(), limits, lifted)
    if walked.literals_may_merge and merges_literals(node.selection_set, fragments):
        return read_operation(original, operation_name, original, limits)
    operation = Operation(
        node.operation.value, node, fragments, variables, frozenset(walked.used), walked.depth
    )
    return operation, text


def _parse_otherwise(text: str, unreadable: Unreadable, limits: RequestLimits) -> Parsed:
    """graphql-core's reading of what our parser does not read: most often its words for an error."""
    if len(text) > WORDED_BY_GRAPHQL_CORE:
        line, column = position(text, unreadable.index)
        raise _syntax_failure("unexpected token", line, column)
    try:
        document: DocumentNode = parse(text, no_location=True, max_lexical_tokens=limits.max_tokens)
    except GraphQLSyntaxError as error:
        line, column = error.locations[0] if error.locations else (1, 1)
        raise _syntax_failure(error.message.removeprefix("Syntax Error: "), line, column) from error
    return Parsed(document.definitions, text.lstrip("\ufeff \t\r\n,").startswith("{"))


def _syntax_failure(what: str, line: int, column: int) -> GraphQLFailure:
    message = f"not a valid graphql query: {what} (line {line}, column {column})"
    return GraphQLFailure.of(message, path=QUERY_PATH, kind="syntax")


def _pick(parsed: Parsed, operation_name: str | None) -> OperationDefinitionNode:
    operations = [d for d in parsed.definitions if isinstance(d, OperationDefinitionNode)]
    if operation_name:
        if parsed.shorthand:
            raise invalid(
                "operationName cannot be used when an anonymous operation exists in the document", "$"
            )
        for operation in operations:
            if operation.name is not None and operation.name.value == operation_name:
                return operation
        raise invalid(f'no such operation found in the document: "{operation_name}"', "$")
    if len(operations) == 1:
        return operations[0]
    raise invalid(
        "exactly one operation has to be present in the document when operationName is not specified", "$"
    )


def _fragments(parsed: Parsed) -> dict[str, FragmentDefinitionNode]:
    found: dict[str, FragmentDefinitionNode] = {}
    for definition in parsed.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if name in found:
                raise GraphQLFailure.of(f'multiple definitions for fragment "{name}"', code="parse-failed")
            found[name] = definition
    return found
