"""A Hasura CLI v3 project becomes one metadata document.

In: the project's directory (`metadata/*.yaml`, `metadata/actions.graphql`). Out: the dictionary that `/v1/metadata`
takes as `metadata` in `replace_metadata` version 2, the same that Hasura's own CLI sends. Touches no network.
Raises MetadataError, naming the file, when something is missing, malformed or contradicts itself.
"""

from pathlib import Path
from typing import Any

from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    parse,
    print_ast,
)

from lictor.engine.metadata import MetadataError, read_document

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


def export_metadata(project: Path) -> dict[str, Any]:
    """The metadata document of the project in `project` (the directory with config.yaml, or its metadata/)."""
    root = project / "metadata" if (project / "metadata").is_dir() else project
    version = read_document(root / "version.yaml")
    if not isinstance(version, dict) or version.get("version") != 3:
        raise MetadataError(
            f"{root / 'version.yaml'}: metadata format version 3 is expected, found {version!r}"
        )
    document: dict[str, Any] = {"version": 3, "sources": read_document(root / "databases" / "databases.yaml")}
    document |= _custom_api(root)
    for file, key in _PARTS.items():
        path = root / f"{file}.yaml"
        if path.is_file() and (content := read_document(path)):
            document[key] = content
    return document


def _custom_api(root: Path) -> dict[str, Any]:
    """`actions` and `custom_types`: what actions.graphql declares joined with what actions.yaml says of it."""
    path, sdl_path = root / "actions.yaml", root / "actions.graphql"
    if not path.is_file():
        return {}
    written = read_document(path) or {}
    try:
        definitions = parse(sdl_path.read_text(encoding="utf-8")).definitions
    except (OSError, GraphQLSyntaxError) as error:
        raise MetadataError(f"{sdl_path}: {error}") from error
    fields = {
        field.name.value: (_ROOTS[node.name.value], field)
        for node in definitions
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode) and node.name.value in _ROOTS
        for field in node.fields
    }
    entries = {entry["name"]: entry for entry in written.get("actions") or ()}
    if fields.keys() != entries.keys():
        lonely = sorted(fields.keys() ^ entries.keys())
        raise MetadataError(f"{path} and {sdl_path} do not name the same actions: {', '.join(lonely)}")
    if not entries:
        return {}
    actions = [_action(entry, *fields[name]) for name, entry in entries.items()]
    return {
        "actions": actions,
        "custom_types": _custom_types(definitions, written.get("custom_types") or {}, sdl_path),
    }


def _action(entry: dict[str, Any], kind: str, field: FieldDefinitionNode) -> dict[str, Any]:
    definition = {
        key: value for key, value in entry["definition"].items() if not (kind == "query" and key == "kind")
    }
    definition |= {
        "type": kind,
        "arguments": [
            _described(node, name=node.name.value, type=print_ast(node.type)) for node in field.arguments
        ],
        "output_type": print_ast(field.type),
    }
    return {**entry, "definition": definition}


def _custom_types(definitions: Any, written: dict[str, Any], sdl_path: Path) -> dict[str, Any]:
    types: dict[str, list[dict[str, Any]]] = {"input_objects": [], "objects": [], "scalars": [], "enums": []}
    relationships = {entry["name"]: entry.get("relationships") for entry in written.get("objects") or ()}
    for node in definitions:
        match node:
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode() if node.name.value in _ROOTS:
                pass
            case InputObjectTypeDefinitionNode():
                types["input_objects"].append(
                    _described(node, name=node.name.value, fields=_fields(node.fields))
                )
            case ObjectTypeDefinitionNode(name=name):
                entry = _described(node, name=name.value, fields=_fields(node.fields))
                if joined := relationships.get(name.value):
                    entry["relationships"] = joined
                types["objects"].append(entry)
            case ScalarTypeDefinitionNode():
                types["scalars"].append(_described(node, name=node.name.value))
            case EnumTypeDefinitionNode():
                values = [_described(value, value=value.name.value) for value in node.values]
                types["enums"].append(_described(node, name=node.name.value, values=values))
            case _:
                raise MetadataError(f"{sdl_path}: Hasura has no custom types of the kind {node.kind}")
    return types


def _fields(nodes: tuple[FieldDefinitionNode | InputValueDefinitionNode, ...]) -> list[dict[str, Any]]:
    return [_described(node, name=node.name.value, type=print_ast(node.type)) for node in nodes]


def _described(node: Any, **entry: Any) -> dict[str, Any]:
    """`entry` with the node's description, if it has one."""
    description: StringValueNode | None = node.description
    return entry | ({"description": description.value} if description else {})
