"""Generated mutations of tables: what is changed, and what is told of it.

In: a mutation field and its table. Out: `MutationRoot` or `UpdateManyRoot`. Raises GraphQLFailure with Hasura's
texts.
"""

from __future__ import annotations

from lictor.engine.errors import ROOT_PATH, at_key, invalid
from lictor.engine.expressions import both
from lictor.engine.plan.context import Context, not_found
from lictor.engine.plan.inserts import compile_insert
from lictor.engine.plan.nodes import (
    AffectedRows,
    Delete,
    MutationRoot,
    Returning,
    TypenameLeaf,
    Update,
    UpdateManyRoot,
)
from lictor.engine.plan.selection import Field, collect, compile_fields
from lictor.engine.plan.updates import compile_update, compile_updates, primary_key_condition, required_where
from lictor.engine.schema.model import RootField, TableType

SINGLE = frozenset({"insert_one", "update_by_pk", "delete_by_pk"})
Response = tuple[AffectedRows | Returning | TypenameLeaf, ...]


def compile_mutation(
    context: Context, root: RootField, field: Field, path: str
) -> MutationRoot | UpdateManyRoot:
    """One mutation field of a table. `path` is that of the field."""
    table = root.table
    assert table is not None
    if root.kind == "update_many":
        updates = compile_updates(context, table, field, path)
        response = _response(context, table, field, path)
        return UpdateManyRoot(field.key, tuple(_told(field, update, response) for update in updates))
    if root.kind in ("insert", "insert_one"):
        change = compile_insert(context, table, root.kind == "insert_one", field, path)
        errors_at = change.path
    else:
        # Hasura points to a part of the request for inserts only
        change, errors_at = _update_or_delete(context, root, table, field, path), ROOT_PATH
    if root.kind in SINGLE:
        row = compile_fields(context, field.selections, table, path)
        return MutationRoot(field.key, change, (), row, True, errors_at)
    response = _response(context, table, field, path)
    return MutationRoot(field.key, change, response, (), False, errors_at)


def _told(field: Field, update: Update, response: Response) -> MutationRoot:
    return MutationRoot(field.key, update, response, (), False, ROOT_PATH)


def _update_or_delete(
    context: Context, root: RootField, table: TableType, field: Field, path: str
) -> Update | Delete:
    if root.kind in ("update", "update_by_pk"):
        return compile_update(context, table, root.kind == "update_by_pk", field, path)
    assert table.delete is not None  # else there is no such field
    args_path = at_key(path, "args")
    if root.kind == "delete_by_pk":
        names = {column.name: None for column in table.primary_key}
        arguments = context.arguments(field.arguments, names, field.name, path)
        condition = primary_key_condition(context, table, arguments, args_path)
    else:
        arguments = context.arguments(field.arguments, {"where": None}, field.name, path)
        condition = required_where(context, table, arguments, args_path)
    return Delete(table, both(table.delete.filter, condition))


def _response(context: Context, table: TableType, field: Field, path: str) -> Response:
    """What is selected of a `<table>_mutation_response`; `returning` is there for who may select."""
    type_name = f"{table.name}_mutation_response"
    here = at_key(path, "selectionSet")
    if not field.selections:
        raise invalid(f"missing selection set for '{type_name}'", here)
    found: list[AffectedRows | Returning | TypenameLeaf] = []
    for child in collect(context, field.selections, type_name, here):
        at = at_key(here, child.name)
        if child.name == "__typename":
            found.append(TypenameLeaf(child.key, type_name))
            continue
        if child.name != "affected_rows" and (child.name != "returning" or not table.selectable):
            raise not_found(child.name, type_name, here)
        context.arguments(child.arguments, {}, child.name, at)
        if child.name == "returning":
            found.append(Returning(child.key, compile_fields(context, child.selections, table, at)))
        elif child.selections:
            raise invalid("unexpected subselection set for non-object field", at)
        else:
            found.append(AffectedRows(child.key))
    return tuple(found)
