"""The metadata document becomes frozen dataclasses.

In: the document of version 3 and the name of the source to serve. Out: `Metadata`. Raises MetadataError with the JSON
path of what is missing or malformed. What the engine does not serve is not an error: it is named in
`Metadata.unsupported`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lictor.engine.metadata.document import Document, MetadataError, Node, upgraded
from lictor.engine.metadata.model import (
    ComputedField,
    Function,
    InheritedRole,
    Metadata,
    Relationship,
    Table,
    Unsupported,
)
from lictor.engine.metadata.names import qualified
from lictor.engine.metadata.parse_actions import action_relationships, actions, custom_types

PERMISSION_KINDS = ("select_permissions", "insert_permissions", "update_permissions", "delete_permissions")
SOURCE_KINDS = frozenset({"postgres", "pg", "citus", "cockroach", "alloy"})

_FOREIGN_PARTS = {
    "remote_schemas": "remote_schema",
    "cron_triggers": "cron_trigger",
    "rest_endpoints": "endpoint",
}
_FOREIGN_TABLE_PARTS = {"event_triggers": "event_trigger", "remote_relationships": "remote_relationship"}
_NOT_SERVED = "this server does not support it"


def parse(document: Document, source: str = "default") -> Metadata:
    """The metadata of the source named `source`, or of the only one; of none if the document has none."""
    root = Node(upgraded(document))
    unsupported = _foreign(root, _FOREIGN_PARTS, "")
    chosen = _choose(list(root.items("sources")), source, unsupported)
    tables = tuple(_table(node) for node in chosen.items("tables")) if chosen else ()
    functions = tuple(_function(node) for node in chosen.items("functions")) if chosen else ()
    if chosen:
        source = chosen.text("name")
        _unsupported_in_source(chosen, source, tables, unsupported)
    types = root.maybe("custom_types")
    hidden = root.maybe("graphql_schema_introspection")
    return Metadata(
        tables=tables,
        functions=functions,
        actions=tuple(actions(root.items("actions"))),
        custom_types=custom_types(types),
        action_relationships=tuple(action_relationships(types)) if types else (),
        inherited_roles=tuple(
            InheritedRole(node.text("role_name"), _texts(node["role_set"]), node.place)
            for node in root.items("inherited_roles")
        ),
        introspection_disabled=frozenset(_texts(hidden["disabled_for_roles"]) if hidden else ()),
        source=source,
        unsupported=tuple(unsupported),
    )


def _choose(sources: list[Node], name: str, unsupported: list[Unsupported]) -> Node | None:
    """The source to serve; the others are noted."""
    served = [node for node in sources if (node.text_or_none("kind") or "postgres") in SOURCE_KINDS]
    chosen = next((node for node in served if node.text("name") == name), None)
    if chosen is None and len(served) > 1:
        raise MetadataError(f"no source named {name!r}", "$.sources")
    if chosen is None and served:
        chosen = served[0]
    for node in sources:
        if node is not chosen:
            kind = node.text_or_none("kind") or "postgres"
            reason = (
                f"this server serves one source, which is {chosen.text('name')!r}"
                if kind in SOURCE_KINDS and chosen
                else f"sources of the kind {kind!r} are not supported"
            )
            unsupported.append(
                Unsupported("source", f"source {node.text('name')}", reason, node.place, node.text("name"))
            )
    return chosen


def _foreign(node: Node, parts: Mapping[str, str], where: str) -> list[Unsupported]:
    """Entries of the arrays of `node` that are no business of this engine."""
    return [
        Unsupported(
            kind, f"{kind} {item.text_or_none('name') or ''}{where}", _NOT_SERVED, item.place, item.value
        )
        for key, kind in parts.items()
        for item in node.items(key)
    ]


def _unsupported_in_source(
    node: Node, source: str, tables: tuple[Table, ...], unsupported: list[Unsupported]
) -> None:
    for entry, table in zip(node.items("tables"), tables, strict=True):
        where = f" in table {table.name} in source {source}"
        unsupported += _foreign(entry, _FOREIGN_TABLE_PARTS, where)
    custom = node.maybe("customization")
    if custom and custom.object:
        reason = "names that are customized for a whole source are not supported"
        unsupported.append(Unsupported("source", f"source {source}", reason, custom.place, source))
    for key, kind in (
        ("native_queries", "native_query"),
        ("logical_models", "logical_model"),
        ("stored_procedures", "stored_procedure"),
    ):
        unsupported += _foreign(node, {key: kind}, f" in source {source}")


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(item.expect(str, what="a string") for item in node.elements())


def _text_map(node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    return {
        key: Node(value, (*node.place, key)).expect(str, what="a string")
        for key, value in node.object.items()
    }


def _custom_name(node: Node | None) -> str | None:
    """`custom_name` of a configuration; the console writes an empty one where there is none."""
    return node.graphql_name("custom_name") if node and node.text_or_none("custom_name") else None


def _root_fields(configuration: Node | None) -> dict[str, str]:
    """custom_root_fields, each either a name or `{name, comment}`."""
    fields: dict[str, str] = {}
    for key, node in configuration.members("custom_root_fields") if configuration else ():
        if isinstance(node.value, dict):
            if node.text_or_none("name"):
                fields[key] = node.graphql_name("name")
        elif node.value is not None and node.expect(str, what="a name, or an object with name and comment,"):
            fields[key] = node.as_graphql_name()
    return fields


def _root_comments(configuration: Node | None) -> dict[str, str]:
    """The comments of custom_root_fields; an empty one says that there shall be none."""
    found: dict[str, str] = {}
    for key, node in configuration.members("custom_root_fields") if configuration else ():
        comment = node.text_or_none("comment") if isinstance(node.value, dict) else None
        if comment is not None:
            found[key] = comment
    return found


def _table(node: Node) -> Table:
    name = qualified(node["table"])
    configuration = node.maybe("configuration")
    columns = dict(configuration.members("column_config")) if configuration else {}
    names = _text_map(configuration.maybe("custom_column_names") if configuration else None)
    names |= {column: custom for column, c in columns.items() if (custom := _custom_name(c))}
    return Table(
        name=name,
        custom_name=_custom_name(configuration),
        custom_root_fields=_root_fields(configuration),
        root_comments=_root_comments(configuration),
        column_names=names,
        column_comments={
            column: comment
            for column, c in columns.items()
            if (comment := c.text_or_none("comment")) is not None
        },
        comment=configuration.text_or_none("comment") if configuration else None,
        is_enum=node.flag("is_enum"),
        relationships=tuple(
            _relationship(item, is_array)
            for key, is_array in (("object_relationships", False), ("array_relationships", True))
            for item in node.items(key)
        ),
        permissions={
            kind: tuple(_permission(item) for item in node.items(kind)) for kind in PERMISSION_KINDS
        },
        computed_fields=tuple(_computed_field(item) for item in node.items("computed_fields")),
        place=node.place,
    )


def _permission(node: Node) -> Mapping[str, Any]:
    """As it stands; what it says is read when the roles are built."""
    node.text("role")
    _ = node["permission"].object
    return node.object


def _computed_field(node: Node) -> ComputedField:
    definition = node["definition"]
    return ComputedField(
        name=node.graphql_name("name"),
        function=qualified(definition["function"]),
        table_argument=definition.text_or_none("table_argument"),
        session_argument=definition.text_or_none("session_argument"),
        comment=node.text_or_none("comment"),
        place=node.place,
        raw=node.object,
    )


def _relationship(node: Node, is_array: bool) -> Relationship:
    name, comment, using = node.graphql_name("name"), node.text_or_none("comment"), node["using"]
    if manual := using.maybe("manual_configuration"):
        return Relationship(
            name=name,
            is_array=is_array,
            comment=comment,
            remote_table=qualified(manual["remote_table"]),
            columns=_text_map(manual["column_mapping"]),
            after_parent=manual.text_or_none("insertion_order") == "after_parent",
            place=node.place,
            raw=node.object,
        )
    key = using["foreign_key_constraint_on"]
    table = None
    if isinstance(key.value, dict):
        columns = _texts(key["columns"]) if key.maybe("columns") else (key.text("column"),)
        table = qualified(key["table"]) if key.maybe("table") else None
    else:
        columns = (key.value,) if isinstance(key.value, str) else _texts(key)
    return Relationship(
        name=name,
        is_array=is_array,
        comment=comment,
        fk_table=table,
        fk_columns=columns,
        place=node.place,
        raw=node.object,
    )


def _function(node: Node) -> Function:
    configuration = node.maybe("configuration")
    exposed_as = configuration.text_or_none("exposed_as") if configuration else None
    if configuration and exposed_as not in (None, "query", "mutation"):
        raise configuration["exposed_as"].refuse('"query" or "mutation" is expected')
    return Function(
        name=qualified(node["function"]),
        custom_name=_custom_name(configuration),
        custom_root_fields=_root_fields(configuration),
        root_comments=_root_comments(configuration),
        exposed_as=exposed_as,
        session_argument=configuration.text_or_none("session_argument") if configuration else None,
        comment=node.text_or_none("comment"),
        roles=tuple(item.text("role") for item in node.items("permissions")),
        place=node.place,
    )
