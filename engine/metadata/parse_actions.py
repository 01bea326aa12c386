"""Actions and custom types of the metadata document become frozen dataclasses. Raises MetadataError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import GraphQLSyntaxError, TypeNode, parse_type, parse_value, value_from_ast_untyped

from lictor.engine.metadata.document import Node
from lictor.engine.metadata.model import (
    Action,
    ActionRelationship,
    CustomType,
    CustomTypes,
    EnumValue,
    Header,
    TypedName,
)
from lictor.engine.metadata.names import qualified

DEFAULT_ACTION_TIMEOUT = 30.0  # seconds, Hasura's default
ROOTS = ("query", "mutation")
KINDS = ("synchronous", "asynchronous")


def actions(nodes: Iterable[Node]) -> Iterator[Action]:
    """Every action with its signature."""
    for node in nodes:
        definition = node["definition"]
        root = _one_of(definition, "type", ROOTS, "mutation")
        # the CLI writes an empty kind for queries, which have none
        kind = definition.text_or_none("kind") and _one_of(definition, "kind", KINDS, KINDS[0])
        timeout = definition.maybe("timeout")
        yield Action(
            name=node.graphql_name("name"),
            root=root,
            arguments=tuple(_typed(item) for item in definition.items("arguments")),
            output_type=_type(definition["output_type"]),
            handler=definition.text("handler"),
            kind=kind or KINDS[0],
            forward_client_headers=definition.flag("forward_client_headers"),
            headers=tuple(
                Header(h.text("name"), h.text_or_none("value"), h.text_or_none("value_from_env"))
                for h in definition.items("headers")
            ),
            timeout=float(timeout.expect(int, float, what="a number")) if timeout else DEFAULT_ACTION_TIMEOUT,
            roles=tuple(item.text("role") for item in node.items("permissions")),
            comment=node.text_or_none("comment"),
            place=node.place,
            raw=node.object,
        )


def custom_types(node: Node | None) -> CustomTypes:
    """`custom_types` of the document."""
    if node is None:
        return CustomTypes()
    return CustomTypes(
        input_objects=tuple(_custom_type(item) for item in node.items("input_objects")),
        objects=tuple(_custom_type(item) for item in node.items("objects")),
        enums=tuple(_custom_type(item) for item in node.items("enums")),
        scalars=tuple(_custom_type(item) for item in node.items("scalars")),
        raw=node.object,
    )


def action_relationships(node: Node) -> Iterator[ActionRelationship]:
    """The relationships of all objects of `custom_types`."""
    for entry in node.items("objects"):
        for item in entry.items("relationships"):
            yield ActionRelationship(
                type_name=entry.text("name"),
                name=item.graphql_name("name"),
                is_array=_one_of(item, "type", ("object", "array"), "object") == "array",
                remote_table=qualified(item["remote_table"]),
                fields={
                    name: field.expect(str, what="a string") for name, field in item.members("field_mapping")
                },
                place=item.place,
            )


def _custom_type(node: Node) -> CustomType:
    return CustomType(
        name=node.graphql_name("name"),
        description=node.text_or_none("description"),
        fields=tuple(_typed(item) for item in node.items("fields")),
        values=tuple(
            EnumValue(item.text("value"), item.text_or_none("description")) for item in node.items("values")
        ),
        place=node.place,
    )


def _typed(node: Node) -> TypedName:
    default = node.text_or_none("default_value")
    return TypedName(
        name=node.graphql_name("name"),
        type=_type(node["type"]),
        description=node.text_or_none("description"),
        default=None if default is None else _default(node["default_value"]),
        has_default=default is not None,
    )


def _type(node: Node) -> TypeNode:
    try:
        return parse_type(node.expect(str, what="a GraphQL type"), no_location=True)
    except GraphQLSyntaxError as error:
        raise node.refuse(f"{node.value!r} is not a GraphQL type") from error


def _default(node: Node) -> Any:
    try:
        return value_from_ast_untyped(parse_value(node.value, no_location=True))
    except GraphQLSyntaxError as error:
        raise node.refuse(f"{node.value!r} is not a GraphQL value") from error


def _one_of(node: Node, key: str, allowed: tuple[str, ...], default: str) -> str:
    value = node.text_or_none(key) or default
    if value not in allowed:
        raise node[key].refuse(f"{' or '.join(repr(one) for one in allowed)} is expected, found {value!r}")
    return value
