"""Reads a Hasura CLI v3 metadata directory.

In: the path of a directory with version.yaml, databases/databases.yaml (or databases.yaml), actions.yaml and
actions.graphql. Includes are followed both as the CLI writes them (a string "!include path") and as YAML tags.
Out: `Metadata` of one source. Raises MetadataError naming the file when a file is missing or malformed.
Never: touches the network or a database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from graphql import DocumentNode, GraphQLSyntaxError, parse

from lictor.engine.metadata.model import (
    Action,
    ActionRelationship,
    ComputedField,
    Function,
    Header,
    InheritedRole,
    Metadata,
    QualifiedName,
    Relationship,
    Table,
)

INCLUDE = "!include"
PERMISSION_KINDS = ("select_permissions", "insert_permissions", "update_permissions", "delete_permissions")
DEFAULT_ACTION_TIMEOUT = 30.0  # seconds, Hasura's default


class MetadataError(Exception):
    """The metadata directory cannot be read. The message names the file."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows the `!include` tag."""


_Loader.add_constructor(INCLUDE, lambda loader, node: f"{INCLUDE} {loader.construct_scalar(node)}")  # pyright: ignore[reportArgumentType]


def load(directory: Path, source: str = "default") -> Metadata:
    """The metadata of one source of `directory`, either the metadata directory or the project above it."""
    root = directory / "metadata" if (directory / "metadata" / "version.yaml").is_file() else directory
    version = read_document(root / "version.yaml")
    if not isinstance(version, dict) or version.get("version") != 3:
        raise MetadataError(
            f"{root / 'version.yaml'}: metadata format version 3 is expected, found {version!r}"
        )
    database = _find_source(root, source)
    actions, sdl, relationships = _load_actions(root)
    inherited = root / "inherited_roles.yaml"
    return Metadata(
        tables=tuple(_table(entry) for entry in database.get("tables") or ()),
        functions=tuple(_function(entry) for entry in database.get("functions") or ()),
        actions=actions,
        action_sdl=sdl,
        action_relationships=relationships,
        inherited_roles=tuple(
            InheritedRole(entry["role_name"], tuple(entry["role_set"]))
            for entry in (read_document(inherited) if inherited.is_file() else None) or ()
        ),
    )


def _find_source(root: Path, source: str) -> dict[str, Any]:
    for candidate in (root / "databases" / "databases.yaml", root / "databases.yaml"):
        if candidate.is_file():
            for database in read_document(candidate) or ():
                if database.get("name") == source:
                    return database
            raise MetadataError(f"{candidate}: no source named {source!r}")
    raise MetadataError(f"{root}: neither databases/databases.yaml nor databases.yaml exists")


def read_document(path: Path) -> Any:
    """The YAML document at `path` with every include replaced by the included document.

    Raises MetadataError naming the file that is missing or malformed.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            # _Loader derives from SafeLoader.
            document = yaml.load(stream, Loader=_Loader)
    except OSError as error:
        raise MetadataError(f"{path}: {error.strerror or error}") from error
    except yaml.YAMLError as error:
        raise MetadataError(f"{path}: {error}") from error
    return _resolve(document, path.parent)


def _resolve(node: Any, base: Path) -> Any:
    if isinstance(node, str) and node.startswith(INCLUDE + " "):
        return read_document(base / node[len(INCLUDE) + 1 :].strip())
    if isinstance(node, list):
        return [_resolve(item, base) for item in node]
    if isinstance(node, dict):
        return {key: _resolve(value, base) for key, value in node.items()}
    return node


def _qualified(value: Any) -> QualifiedName:
    if isinstance(value, str):
        return QualifiedName("public", value)
    return QualifiedName(value.get("schema", "public"), value["name"])


def _root_fields(configuration: dict[str, Any]) -> dict[str, str]:
    """custom_root_fields, each either a name or `{name, comment}`."""
    fields = {}
    for key, value in (configuration.get("custom_root_fields") or {}).items():
        name = value.get("name") if isinstance(value, dict) else value
        if name:
            fields[key] = name
    return fields


def _table(entry: dict[str, Any]) -> Table:
    configuration = entry.get("configuration") or {}
    column_config = configuration.get("column_config") or {}
    names = dict(configuration.get("custom_column_names") or {})
    names |= {column: c["custom_name"] for column, c in column_config.items() if c.get("custom_name")}
    relationships = [
        _relationship(rel, is_array)
        for key, is_array in (("object_relationships", False), ("array_relationships", True))
        for rel in entry.get(key) or ()
    ]
    return Table(
        name=_qualified(entry["table"]),
        custom_name=configuration.get("custom_name"),
        custom_root_fields=_root_fields(configuration),
        column_names=names,
        column_comments={column: c["comment"] for column, c in column_config.items() if c.get("comment")},
        comment=configuration.get("comment"),
        is_enum=bool(entry.get("is_enum")),
        relationships=tuple(relationships),
        permissions={kind: tuple(entry.get(kind) or ()) for kind in PERMISSION_KINDS},
        computed_fields=tuple(_computed_field(field) for field in entry.get("computed_fields") or ()),
    )


def _computed_field(entry: dict[str, Any]) -> ComputedField:
    definition = entry["definition"]
    return ComputedField(
        name=entry["name"],
        function=_qualified(definition["function"]),
        table_argument=definition.get("table_argument"),
        session_argument=definition.get("session_argument"),
        comment=entry.get("comment"),
    )


def _relationship(entry: dict[str, Any], is_array: bool) -> Relationship:
    name, comment, using = entry["name"], entry.get("comment"), entry["using"]
    if manual := using.get("manual_configuration"):
        return Relationship(
            name=name,
            is_array=is_array,
            comment=comment,
            remote_table=_qualified(manual["remote_table"]),
            columns=dict(manual["column_mapping"]),
        )
    key = using["foreign_key_constraint_on"]
    if isinstance(key, dict):
        columns = key.get("columns") or [key["column"]]
        table = _qualified(key["table"]) if "table" in key else None
    else:
        columns, table = ([key] if isinstance(key, str) else list(key)), None
    return Relationship(
        name=name, is_array=is_array, comment=comment, fk_table=table, fk_columns=tuple(columns)
    )


def _function(entry: dict[str, Any]) -> Function:
    configuration = entry.get("configuration") or {}
    return Function(
        name=_qualified(entry["function"]),
        custom_name=configuration.get("custom_name"),
        custom_root_fields=_root_fields(configuration),
        exposed_as=configuration.get("exposed_as"),
        session_argument=configuration.get("session_argument"),
        comment=entry.get("comment"),
        roles=tuple(permission["role"] for permission in entry.get("permissions") or ()),
    )


def _load_actions(
    root: Path,
) -> tuple[tuple[Action, ...], DocumentNode | None, tuple[ActionRelationship, ...]]:
    path, sdl_path = root / "actions.yaml", root / "actions.graphql"
    document = read_document(path) if path.is_file() else {}
    actions = tuple(_action(entry) for entry in (document or {}).get("actions") or ())
    text = sdl_path.read_text(encoding="utf-8") if sdl_path.is_file() else ""
    if not text.strip():
        if actions:
            raise MetadataError(f"{sdl_path}: missing, but {path} declares actions")
        return (), None, ()
    try:
        return actions, parse(text), _action_relationships(document or {})
    except GraphQLSyntaxError as error:
        raise MetadataError(f"{sdl_path}: {error}") from error


def _action_relationships(document: dict[str, Any]) -> tuple[ActionRelationship, ...]:
    objects = (document.get("custom_types") or {}).get("objects") or ()
    return tuple(
        ActionRelationship(
            type_name=entry["name"],
            name=relationship["name"],
            is_array=relationship.get("type") == "array",
            remote_table=_qualified(relationship["remote_table"]),
            fields=dict(relationship["field_mapping"]),
        )
        for entry in objects
        for relationship in entry.get("relationships") or ()
    )


def _action(entry: dict[str, Any]) -> Action:
    definition = entry["definition"]
    return Action(
        name=entry["name"],
        handler=definition["handler"],
        kind=definition.get("kind") or "synchronous",
        forward_client_headers=bool(definition.get("forward_client_headers")),
        headers=tuple(
            Header(h["name"], h.get("value"), h.get("value_from_env"))
            for h in definition.get("headers") or ()
        ),
        timeout=float(definition.get("timeout") or DEFAULT_ACTION_TIMEOUT),
        roles=tuple(p["role"] for p in entry.get("permissions") or ()),
        comment=entry.get("comment"),
    )
