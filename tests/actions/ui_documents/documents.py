"""The documents of the original UI as its GraphQL client sends them.

In: the files documents/*.graphql. Out: each operation as a text of its own, `__typename` in every selection set as
Apollo Client adds it, and bodies of batches. Written from the tables of the contract (ui-and-cloud.md A).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

_FILES = Path(__file__).with_name("documents")
HEADERS = {
    "X-Prefect-UI": "true",
    "X-Backend": "SERVER",
    "X-Prefect-Tenant-ID": "null",
    "X-Prefect-User-ID": "null",
    "Authorization": "Bearer undefined",
}
"""What the UI sends with every request in Server mode while it has not chosen a tenant (A.0.2)."""


class _WithTypenames(Visitor):
    """Adds `__typename` to every selection set but an operation's own."""

    def leave_selection_set(self, node: SelectionSetNode, _key: Any, parent: Any, *_: Any) -> Any:
        if isinstance(parent, OperationDefinitionNode):
            return None
        typename = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
        return SelectionSetNode(selections=(*node.selections, typename))


@cache
def operations(file: str) -> dict[str, OperationDefinitionNode]:
    """The operations of documents/<file>.graphql by their names."""
    document = parse((_FILES / f"{file}.graphql").read_text(encoding="utf-8"), no_location=True)
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: node for node in found if node.name is not None}


@cache
def text(file: str, name: str) -> str:
    """One operation as Apollo Client prints it."""
    return print_ast(visit(DocumentNode(definitions=(operations(file)[name],)), _WithTypenames()))


def files() -> list[str]:
    """The names of all files with documents."""
    return sorted(path.stem for path in _FILES.glob("*.graphql"))


def roots(file: str, name: str) -> list[str]:
    """The names of the root fields an operation asks for."""
    selections = operations(file)[name].selection_set.selections
    return [node.name.value for node in selections if isinstance(node, FieldNode)]


def filters(file: str, name: str) -> set[str]:
    """The nullable variables of an operation that are values, lists of values, pages or orders: null means "without"."""
    declared = operations(file)[name].variable_definitions or ()
    return {
        node.variable.name.value
        for node in declared
        if node.type.kind != "non_null_type" and not _NEEDED.search(print_ast(node.type))
    }


_NEEDED = re.compile(r"(_exp|^_uuid|^order_by)\b")
"""Whole expressions, arguments of functions and single directions: Hasura takes no null there."""


def item(file: str, name: str, variables: dict[str, Any]) -> dict[str, Any]:
    """One element of a batch."""
    return {"operationName": name, "variables": variables, "query": text(file, name)}
