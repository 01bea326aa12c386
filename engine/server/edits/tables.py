"""Edits of tracked tables: tracking, permissions, relationships, computed fields."""

from __future__ import annotations

from collections.abc import Iterator

from lictor.engine.metadata import Document
from lictor.engine.metadata.document import Node
from lictor.engine.metadata.names import qualified
from lictor.engine.server.edits.common import (
    Command,
    Edit,
    Tracked,
    entries_of,
    given,
    lookup,
    remove,
    source_of,
    table_of,
    wrapped,
    written,
)
from lictor.engine.server.failure import ApiFailure
from lictor.engine.types import ADMIN

# --- tables ---------------------------------------------------------------------------------------------


def _track_table(document: Document, args: Node) -> Edit:
    args = wrapped(args, "table")
    source_name, source = source_of(document, args)
    name = qualified(args["table"])
    if lookup(source, "tables", "table", name):
        raise ApiFailure(f'view/table already tracked: "{name}"', "already-tracked")
    if lookup(source, "functions", "function", name):
        raise ApiFailure(f'function with name "{name}" already exists', "not-supported")
    entry = {"table": written(name), **given(args, "configuration", "is_enum", "apollo_federation_config")}
    entries_of(source, "tables").append(entry)
    return Edit(f"table {name} in source {source_name}")


def _untrack_table(document: Document, args: Node) -> Edit:
    source_name, source = source_of(document, args)
    name = qualified(args["table"])
    entry = lookup(source, "tables", "table", name)
    if entry is None:
        raise ApiFailure(f'view/table already untracked: "{name}"', "already-untracked")
    source["tables"].remove(entry)
    return Edit(f"table {name} in source {source_name}", drops=True, cascade=args.flag("cascade"))


def _set_table_customization(document: Document, args: Node) -> Edit:
    table = table_of(document, args)
    configuration = args.maybe("configuration")
    table.entry["configuration"] = dict(configuration.object) if configuration else {}
    return Edit(f"table {table.name} in source {table.source}")


def _set_table_is_enum(document: Document, args: Node) -> Edit:
    table = table_of(document, args)
    table.entry["is_enum"] = args["is_enum"].expect(bool, what="true or false")
    return Edit(f"table {table.name} in source {table.source}")


# --- permissions ----------------------------------------------------------------------------------------


def _create_permission(verb: str) -> Command:
    def create(document: Document, args: Node) -> Edit:
        table, role = table_of(document, args), args.text("role")
        _ = args["permission"].object
        entries = entries_of(table.entry, f"{verb}_permissions")
        if role == ADMIN or any(entry.get("role") == role for entry in entries):
            raise ApiFailure(
                f'{verb} permission already defined on table "{table.name}" with role "{role}"',
                "already-exists",
            )
        entries.append({"role": role, **given(args, "permission", "comment")})
        return Edit(table.touched(f"{verb}_permission", role))

    return create


def _drop_permission(verb: str) -> Command:
    def drop(document: Document, args: Node) -> Edit:
        table, role = table_of(document, args), args.text("role")
        if not remove(entries_of(table.entry, f"{verb}_permissions"), "role", role):
            raise ApiFailure(
                f'{verb} permission on "{table.name}" for role "{role}" does not exist', "not-exists"
            )
        return Edit(table.touched(f"{verb}_permission", role), drops=True)

    return drop


# --- relationships and computed fields ------------------------------------------------------------------

_FIELDS = ("object_relationships", "array_relationships", "computed_fields", "remote_relationships")


def _add_field(table: Tracked, array: str, entry: Document) -> None:
    taken = (one.get("name") for key in _FIELDS for one in table.entry.get(key) or ())
    if entry["name"] in taken:
        raise ApiFailure(
            f'field with name "{entry["name"]}" already exists in table "{table.name}"', "already-exists"
        )
    entries_of(table.entry, array).append(entry)


def _create_relationship(kind: str) -> Command:
    def create(document: Document, args: Node) -> Edit:
        table, name = table_of(document, args), args.text("name")
        _ = args["using"].object
        _add_field(table, f"{kind}_relationships", {"name": name, **given(args, "using", "comment")})
        return Edit(table.touched(f"{kind}_relation", name))

    return create


def _drop_relationship(document: Document, args: Node) -> Edit:
    table, name = table_of(document, args), args.text("relationship")
    for kind in ("object", "array"):
        if remove(entries_of(table.entry, f"{kind}_relationships"), "name", name):
            return Edit(table.touched(f"{kind}_relation", name), drops=True, cascade=args.flag("cascade"))
    raise ApiFailure(f'relationship "{name}" on table "{table.name}" does not exist', "not-exists")


def _add_computed_field(document: Document, args: Node) -> Edit:
    table, name = table_of(document, args), args.text("name")
    _ = args["definition"].object
    _add_field(table, "computed_fields", {"name": name, **given(args, "definition", "comment")})
    return Edit(table.touched("computed_field", name))


def _drop_computed_field(document: Document, args: Node) -> Edit:
    table, name = table_of(document, args), args.text("name")
    if not remove(entries_of(table.entry, "computed_fields"), "name", name):
        raise ApiFailure(f'computed field "{name}" on table "{table.name}" does not exist', "not-exists")
    return Edit(table.touched("computed_field", name), drops=True, cascade=args.flag("cascade"))


def table_commands() -> Iterator[tuple[str, Command]]:
    """Names without Hasura's prefix of the backend."""
    for verb in ("select", "insert", "update", "delete"):
        yield f"create_{verb}_permission", _create_permission(verb)
        yield f"drop_{verb}_permission", _drop_permission(verb)
    for kind in ("object", "array"):
        yield f"create_{kind}_relationship", _create_relationship(kind)
    for command in (
        _track_table, _untrack_table, _set_table_customization, _set_table_is_enum, _drop_relationship,
        _add_computed_field, _drop_computed_field,
    ):  # fmt: skip
        yield command.__name__.removeprefix("_"), command
