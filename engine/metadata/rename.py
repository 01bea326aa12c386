"""Tables and columns that were renamed in the database, renamed in the metadata document.

In: the document, the source's name, old and new names. Out: the document is changed in place: tracked tables,
relationships, permissions with their filters, actions' relationships. Never: changes what is shown by custom names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lictor.engine.metadata.document import Document, Node
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.metadata.names import qualified

Remote = Callable[[QualifiedName, str], QualifiedName | None]
"""The table that a relationship of a table leads to, by its name."""

_PERMISSIONS = ("select_permissions", "insert_permissions", "update_permissions", "delete_permissions")
_RELATIONSHIPS = ("object_relationships", "array_relationships")


def rename_table(document: Document, source: str, old: QualifiedName, new: QualifiedName) -> None:
    """`old` is called `new` wherever the source's metadata speak of it."""

    def swap(owner: Document, key: str) -> None:
        if owner.get(key) is not None and _name(owner[key]) == old:
            owner[key] = {"name": new.name, "schema": new.schema}

    for table in _tables(document, source):
        swap(table, "table")
        for _, using in _usings(table):
            if isinstance(key := using.get("foreign_key_constraint_on"), dict):
                swap(key, "table")
            if isinstance(manual := using.get("manual_configuration"), dict):
                swap(manual, "remote_table")
        for expression in _expressions(table):
            for exists in _exists(expression):
                swap(exists, "_table")
    for relationship in _action_relationships(document):
        swap(relationship, "remote_table")


def rename_column(
    document: Document, source: str, table: QualifiedName, names: dict[str, str], remote: Remote
) -> None:
    """Columns of `table`: each is now called what `names` says. `remote` is asked with the names before any change."""
    for entry in _tables(document, source):
        own = _name(entry["table"])
        if own == table:
            configuration = entry.get("configuration") or {}
            for key in ("column_config", "custom_column_names"):
                if isinstance(configuration.get(key), dict):
                    configuration[key] = _keys(configuration[key], names)
        _rename_in_relationships(entry, own, table, names)
        _rename_in_permissions(entry, own, _Walk(table, names, remote))
    for relationship in _action_relationships(document):
        if _name(relationship["remote_table"]) == table:
            relationship["field_mapping"] = _values(relationship["field_mapping"], names)


def _rename_in_permissions(entry: Document, own: QualifiedName, walk: _Walk) -> None:
    for key in _PERMISSIONS:
        for one in entry.get(key) or ():
            permission = one["permission"]
            for part in ("filter", "check"):
                if isinstance(permission.get(part), dict):
                    permission[part] = walk.expression(permission[part], own)
            if own != walk.table:
                continue
            if isinstance(permission.get("columns"), list):
                permission["columns"] = [walk.names.get(c, c) for c in permission["columns"]]
            if isinstance(permission.get("set"), dict):
                permission["set"] = _keys(permission["set"], walk.names)


def _rename_in_relationships(
    entry: Document, own: QualifiedName, table: QualifiedName, names: dict[str, str]
) -> None:
    for _, using in _usings(entry):
        key, manual = using.get("foreign_key_constraint_on"), using.get("manual_configuration")
        if isinstance(key, dict):
            if (_name(key["table"]) if key.get("table") is not None else own) == table:
                if "column" in key:
                    key["column"] = names.get(key["column"], key["column"])
                if "columns" in key:
                    key["columns"] = [names.get(c, c) for c in key["columns"]]
        elif own == table and isinstance(key, str):
            using["foreign_key_constraint_on"] = names.get(key, key)
        elif own == table and isinstance(key, list):
            using["foreign_key_constraint_on"] = [names.get(c, c) for c in key]
        if isinstance(manual, dict):
            mapping = manual["column_mapping"]
            if own == table:
                mapping = _keys(mapping, names)
            if _name(manual["remote_table"]) == table:
                mapping = _values(mapping, names)
            manual["column_mapping"] = mapping


@dataclass(frozen=True)
class _Walk:
    """Through the boolean expressions of permissions."""

    table: QualifiedName
    names: dict[str, str]
    remote: Remote

    def expression(self, expression: Any, at: QualifiedName, root: QualifiedName | None = None) -> Any:
        """`expression` over rows of `at`, in a permission of `root`, with the new names."""
        root = root or at
        if not isinstance(expression, dict):
            return expression
        renamed: Document = {}
        for key, value in expression.items():
            if key in ("_and", "_or", "$and", "$or") and isinstance(value, list):
                renamed[key] = [self.expression(one, at, root) for one in value]
            elif key in ("_not", "$not"):
                renamed[key] = self.expression(value, at, root)
            elif key in ("_exists", "$exists") and isinstance(value, dict) and "_table" in value:
                where = self.expression(value.get("_where"), _name(value["_table"]), root)
                renamed[key] = {**value, "_where": where}
            elif (target := self.remote(at, key)) is not None:
                renamed[key] = self.expression(value, target, root)
            else:
                column = self.names.get(key, key) if at == self.table else key
                renamed[column] = self.comparison(value, at, root)
        return renamed

    def comparison(self, value: Any, at: QualifiedName, root: QualifiedName) -> Any:
        """Operators that compare with another column name it: `_ceq: "name"` or `_ceq: ["$", "name"]`."""
        if not isinstance(value, dict):
            return value
        return {
            operator: self.column(operand, at, root) if operator.lstrip("_$").startswith("c") else operand
            for operator, operand in value.items()
        }

    def column(self, operand: Any, at: QualifiedName, root: QualifiedName) -> Any:
        if isinstance(operand, str):
            return self.names.get(operand, operand) if at == self.table else operand
        if isinstance(operand, list) and operand and isinstance(operand[-1], str):
            owner = root if operand[0] == "$" else at
            last = self.names.get(operand[-1], operand[-1]) if owner == self.table else operand[-1]
            return [*operand[:-1], last]
        return operand


def _name(value: Any) -> QualifiedName:
    return qualified(Node(value))


def _tables(document: Document, source: str) -> Iterator[Document]:
    for entry in document["sources"]:
        if entry["name"] == source:
            yield from entry.get("tables") or ()


def _usings(table: Document) -> Iterator[tuple[str, Document]]:
    for key in _RELATIONSHIPS:
        for relationship in table.get(key) or ():
            yield relationship["name"], relationship["using"]


def _expressions(table: Document) -> Iterator[Any]:
    for key in _PERMISSIONS:
        for one in table.get(key) or ():
            yield one["permission"].get("filter")
            yield one["permission"].get("check")


def _exists(expression: Any) -> Iterator[Document]:
    """Every `_exists` in `expression`, however deep."""
    if isinstance(expression, list):
        for one in expression:
            yield from _exists(one)
    elif isinstance(expression, dict):
        for key, value in expression.items():
            if key in ("_exists", "$exists") and isinstance(value, dict):
                yield value
            yield from _exists(value)


def _action_relationships(document: Document) -> Iterator[Document]:
    for entry in (document.get("custom_types") or {}).get("objects") or ():
        yield from entry.get("relationships") or ()


def _keys(mapping: Document, names: dict[str, str]) -> Document:
    return {names.get(key, key): value for key, value in mapping.items()}


def _values(mapping: Document, names: dict[str, str]) -> Document:
    return {key: names.get(value, value) for key, value in mapping.items()}
