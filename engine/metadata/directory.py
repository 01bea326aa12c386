"""A Hasura CLI v3 metadata directory becomes one metadata document.

In: a directory with version.yaml, databases/databases.yaml (or databases.yaml), actions.yaml and actions.graphql, and
whatever else the CLI writes; or the project above it. Out: the dictionary that `/v1/metadata` takes as `metadata` in
`replace_metadata` version 2, the same that Hasura's own CLI sends. Touches no network.
Raises MetadataError, naming the file, when something is missing, malformed or contradicts itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    parse,
    print_ast,
)

from lictor.engine.metadata.document import Document, MetadataError
from lictor.engine.metadata.files import read_document
from lictor.engine.metadata.model import Metadata
from lictor.engine.metadata.parse import parse as parse_document

_PARTS = {
    "remote_schemas": "remote_schemas",
    "query_collections": "query_collections",
    "allow_list": "allowlist",
    "cron_triggers": "cron_triggers",
    "api_limits": "api_limits",
    "rest_endpoints": "rest_endpoints",
    "inherited_roles": "inherited_roles",
    "graphql_schema_introspection": "graphql_schema_introspection",
    "network": "network",
    "metrics_config": "metrics_config",
    "opentelemetry": "opentelemetry",
    "backend_configs": "backend_configs",
}
"""File of the project -> key of the document; each is left out when the file is absent or empty."""

_ROOTS = {"Query": "query", "Mutation": "mutation"}


def load(directory: Path, source: str = "default") -> Metadata:
    """The metadata of one source of `directory`. Raises MetadataError naming the file or the place."""
    try:
        return parse_document(read_directory(directory), source)
    except MetadataError as error:
        if str(directory) in error.problem:
            raise
        raise MetadataError(f"{directory}: {error}") from error


def read_directory(directory: Path, *, defaults: bool = True) -> Document:
    """The metadata document of `directory`, either the metadata directory or the project above it.

    `defaults`: an argument's default value, which actions.graphql can say and Hasura's document cannot, is kept as
    `default_value` (GraphQL text).
    """
    root = directory / "metadata" if (directory / "metadata" / "version.yaml").is_file() else directory
    version = read_document(root / "version.yaml")
    if not isinstance(version, dict) or version.get("version") != 3:
        raise MetadataError(
            f"{root / 'version.yaml'}: metadata format version 3 is expected, found {version!r}"
        )
    document: Document = {"version": 3, "sources": _sources(root)}
    document |= _custom_api(root, defaults)
    for file, key in _PARTS.items():
        path = root / f"{file}.yaml"
        if path.is_file() and (content := read_document(path)):
            document[key] = content
    return _as_json(document, root)


def _as_json(document: Document, root: Path) -> Document:
    """What YAML knows and JSON does not (dates, keys that are numbers) as the text it was written as."""
    try:
        return orjson.loads(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))
    except orjson.JSONEncodeError as error:
        raise MetadataError(f"{root}: {error}") from error


def _sources(root: Path) -> Any:
    older = root / "databases.yaml"
    path = root / "databases" / "databases.yaml"
    return read_document(older if older.is_file() and not path.is_file() else path) or []


def _custom_api(root: Path, defaults: bool) -> Document:
    """`actions` and `custom_types`: what actions.graphql declares joined with what actions.yaml says of it."""
    path, sdl_path = root / "actions.yaml", root / "actions.graphql"
    if not path.is_file():
        return {}
    written = read_document(path) or {}
    definitions = _definitions(sdl_path)
    fields = {
        field.name.value: (_ROOTS[node.name.value], field)
        for node in definitions
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode) and node.name.value in _ROOTS
        for field in node.fields
    }
    try:
        entries = {entry["name"]: entry for entry in written.get("actions") or ()}
        objects = (written.get("custom_types") or {}).get("objects") or ()
        relationships = {entry["name"]: entry.get("relationships") for entry in objects}
        if fields.keys() != entries.keys():
            lonely = sorted(fields.keys() ^ entries.keys())
            raise MetadataError(f"{path} and {sdl_path} do not name the same actions: {', '.join(lonely)}")
        actions = [_action(entry, *fields[name], defaults) for name, entry in entries.items()]
    except (KeyError, TypeError, AttributeError) as error:
        raise MetadataError(f"{path}: an action or a type has no name or no definition") from error
    types = _CustomTypes(sdl_path, relationships, defaults)
    for node in definitions:
        types.add(node)
    if not entries and not any(types.found.values()):
        return {}
    return {"actions": actions, "custom_types": types.found}


def _definitions(path: Path) -> tuple[Any, ...]:
    try:
        text = path.read_text(encoding="utf-8")
        # an empty file is no GraphQL document, and what the CLI writes when there is no action
        return parse(text).definitions if text.strip() else ()
    except (OSError, UnicodeDecodeError, GraphQLSyntaxError) as error:
        raise MetadataError(f"{path}: {error}") from error


def _action(entry: Document, kind: str, field: FieldDefinitionNode, defaults: bool) -> Document:
    definition = {
        key: value for key, value in entry["definition"].items() if not (kind == "query" and key == "kind")
    }
    definition |= {
        "type": kind,
        "arguments": _fields(field.arguments, defaults),
        "output_type": print_ast(field.type),
    }
    return {**entry, "definition": definition}


class _CustomTypes:
    """Collects `custom_types`; extensions join the type they extend."""

    def __init__(self, path: Path, relationships: dict[str, Any], defaults: bool) -> None:
        self.path = path
        self.relationships = relationships
        self.defaults = defaults
        self.found: dict[str, list[Document]] = {
            "input_objects": [],
            "objects": [],
            "scalars": [],
            "enums": [],
        }

    def add(self, node: Any) -> None:
        match node:
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode() if node.name.value in _ROOTS:
                pass
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                self._add_fields("input_objects", node)
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode():
                entry = self._add_fields("objects", node)
                if joined := self.relationships.get(node.name.value):
                    entry["relationships"] = joined
            case ScalarTypeDefinitionNode():
                self.found["scalars"].append(_described(node, name=node.name.value))
            case EnumTypeDefinitionNode():
                values = [_described(value, value=value.name.value) for value in node.values]
                self.found["enums"].append(_described(node, name=node.name.value, values=values))
            case _:
                raise MetadataError(f"{self.path}: Hasura has no custom types of the kind {node.kind}")

    def _add_fields(self, kind: str, node: Any) -> Document:
        fields = _fields(node.fields, self.defaults)
        if isinstance(node, ObjectTypeExtensionNode | InputObjectTypeExtensionNode):
            for entry in self.found[kind]:
                if entry["name"] == node.name.value:
                    entry["fields"] += fields
                    return entry
            entry: Document = {"name": node.name.value, "fields": fields}
        else:
            entry = _described(node, name=node.name.value, fields=fields)
        self.found[kind].append(entry)
        return entry


def _fields(
    nodes: tuple[FieldDefinitionNode | InputValueDefinitionNode, ...], defaults: bool
) -> list[Document]:
    fields = []
    for node in nodes:
        entry = _described(node, name=node.name.value, type=print_ast(node.type))
        if defaults and isinstance(node, InputValueDefinitionNode) and node.default_value is not None:
            entry["default_value"] = print_ast(node.default_value)
        fields.append(entry)
    return fields


def _described(node: Any, **entry: Any) -> Document:
    """`entry` with the node's description, if it has one."""
    description: StringValueNode | None = node.description
    return entry | ({"description": description.value} if description else {})
