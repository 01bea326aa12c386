"""Edits of tracked functions."""

from __future__ import annotations

from collections.abc import Iterator

from lictor.engine.metadata import Document
from lictor.engine.metadata.document import Node
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.metadata.names import qualified
from lictor.engine.server.edits.common import (
    Command,
    Edit,
    entries_of,
    given,
    lookup,
    remove,
    source_of,
    wrapped,
    written,
)
from lictor.engine.server.failure import ApiFailure

# --- functions ------------------------------------------------------------------------------------------


def _function(document: Document, args: Node) -> tuple[str, Document, QualifiedName, Document]:
    source_name, source = source_of(document, args)
    name = qualified(args["function"])
    entry = lookup(source, "functions", "function", name)
    if entry is None:
        raise ApiFailure(f'function "{name}" does not exist in source: {source_name}', "not-exists")
    return source_name, source, name, entry


def _track_function(document: Document, args: Node) -> Edit:
    args = wrapped(args, "function")
    source_name, source = source_of(document, args)
    name = qualified(args["function"])
    if lookup(source, "functions", "function", name):
        raise ApiFailure(f'function already tracked: "{name}"', "already-tracked")
    if lookup(source, "tables", "table", name):
        raise ApiFailure(f'table with name "{name}" already exists', "not-supported")
    entry = {"function": written(name), **given(args, "configuration", "comment")}
    entries_of(source, "functions").append(entry)
    return Edit(f"function {name} in source {source_name}")


def _untrack_function(document: Document, args: Node) -> Edit:
    source_name, source, name, entry = _function(document, args)
    source["functions"].remove(entry)
    return Edit(f"function {name} in source {source_name}", drops=True)


def _set_function_customization(document: Document, args: Node) -> Edit:
    source_name, _, name, entry = _function(document, args)
    configuration = args.maybe("configuration")
    entry["configuration"] = dict(configuration.object) if configuration else {}
    return Edit(f"function {name} in source {source_name}")


def _create_function_permission(document: Document, args: Node) -> Edit:
    source_name, _, name, entry = _function(document, args)
    role = args.text("role")
    permissions = entries_of(entry, "permissions")
    if any(one.get("role") == role for one in permissions):
        raise ApiFailure(
            f'permission of role "{role}" already exists for function "{name}" in source: "{source_name}"',
            "already-exists",
        )
    permissions.append({"role": role})
    return Edit(f"function {name} in source {source_name}")


def _drop_function_permission(document: Document, args: Node) -> Edit:
    source_name, _, name, entry = _function(document, args)
    role = args.text("role")
    if not remove(entries_of(entry, "permissions"), "role", role):
        raise ApiFailure(
            f'permission of role "{role}" does not exist for function "{name}" in source: "{source_name}"',
            "not-exists",
        )
    return Edit(f"function {name} in source {source_name}", drops=True)


def function_commands() -> Iterator[tuple[str, Command]]:
    """Names without Hasura's prefix of the backend."""
    for command in (
        _track_function, _untrack_function, _set_function_customization, _create_function_permission,
        _drop_function_permission,
    ):  # fmt: skip
        yield command.__name__.removeprefix("_"), command
