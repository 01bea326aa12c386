"""Metadata and catalog become the schema.

In: `Metadata` (what shall be shown) and `Catalog` (what there is). Out: `Schema` with the names Hasura v2
generates. An object that does not fit the database is left out and named in `Schema.inconsistencies`; the rest
serves. Never: touches the database or parses a request.
"""

from __future__ import annotations

from dataclasses import replace

from lictor.engine.catalog import Catalog, CatalogFunction, CatalogTable
from lictor.engine.metadata.model import (
    Action,
    ComputedField,
    Function,
    Metadata,
    QualifiedName,
    Relationship,
    Table,
)
from lictor.engine.schema.action_check import sound_types, taken_names, unsupported
from lictor.engine.schema.action_relationships import resolve_relationships
from lictor.engine.schema.action_types import ActionTypes, read_action_types
from lictor.engine.schema.coercion import Coercers
from lictor.engine.schema.enums import enum_of
from lictor.engine.schema.functions import computed_field, find_function, function_type
from lictor.engine.schema.inconsistency import Report
from lictor.engine.schema.model import (
    ActionField,
    FunctionType,
    RelationshipField,
    RootField,
    RootKind,
    Schema,
    TableType,
)
from lictor.engine.schema.roles import build_roles, role_schema
from lictor.engine.schema.scalars import Scalar
from lictor.engine.schema.subscriptions import subscription_fields
from lictor.engine.schema.tables import table_type, table_type_name
from lictor.engine.types import ADMIN

NO_FOREIGN_KEY = "no foreign constraint exists on the given column(s)"


def build(metadata: Metadata, catalog: Catalog, *, infer_function_permissions: bool = True) -> Schema:
    """The schema of every role."""
    builder = _Builder(metadata, catalog)
    builder.add_tables()
    builder.add_functions()
    builder.add_actions()
    return builder.finish(infer_function_permissions)


class _Builder:
    def __init__(self, metadata: Metadata, catalog: Catalog) -> None:
        self.metadata = metadata
        self.catalog = catalog
        self.report = Report(metadata.source)
        for one in metadata.unsupported:
            self.report.unsupported(one)
        self.tables: dict[QualifiedName, TableType] = {}
        self.query: dict[str, RootField] = {}
        self.mutation: dict[str, RootField] = {}
        self.stream_names: dict[str, str] = {}
        self.action_types = ActionTypes()

    # --- tables -----------------------------------------------------------------------------------------

    def add_tables(self) -> None:
        """All tables first, then the ways between them, then their root fields."""
        enums = self._enums()
        declared: list[tuple[Table, CatalogTable, TableType]] = []
        for table in self.metadata.tables:
            found = self.catalog.tables.get((table.name.schema, table.name.name))
            if found is None:
                self.report.table(table, f'no such table/view exists in source: "{table.name}"')
                continue
            if table.name in self.tables:
                self.report.table(table, f"multiple definitions for table {table.name}")
                continue
            if table.name not in enums and table.is_enum:
                continue
            made = table_type(table, found, enums)
            self.tables[table.name] = made
            declared.append((table, found, made))
        for table, found, made in declared:
            for relationship in table.relationships:
                self._add_relationship(table, found, made, relationship)
        for table, _, made in declared:
            for computed in table.computed_fields:
                self._add_computed_field(table, made, computed)
        for table, _, made in declared:
            self._add_table_roots(table, made)

    def _enums(self) -> dict[QualifiedName, Scalar]:
        found: dict[QualifiedName, Scalar] = {}
        for table in self.metadata.tables:
            if table.is_enum and (table.name.schema, table.name.name) in self.catalog.tables:
                try:
                    found[table.name] = enum_of(table.name, table_type_name(table), self.catalog)
                except ValueError as error:
                    self.report.table(table, str(error))
        return found

    def _add_computed_field(self, table: Table, made: TableType, declared: ComputedField) -> None:
        if (
            declared.name in made.columns
            or declared.name in made.relationships
            or declared.name in made.computed
        ):
            self.report.computed_field(
                table, declared, f'field with name "{declared.name}" already exists in table "{table.name}"'
            )
            return
        try:
            made.computed[declared.name] = computed_field(declared, made, self.catalog, self.tables)
        except ValueError as error:
            self.report.computed_field(table, declared, str(error))

    def _add_relationship(
        self, table: Table, found: CatalogTable, table_type: TableType, declared: Relationship
    ) -> None:
        if declared.name in table_type.columns:
            reason = f'field definition conflicts with the column "{declared.name}"'
            self.report.relationship(table, declared, reason)
            return
        if declared.name in table_type.relationships:
            self.report.relationship(table, declared, "multiple definitions for the relationship")
            return
        try:
            remote, join = self._resolve_join(table, found, declared)
        except LookupError as error:
            self.report.relationship(table, declared, error.args[0])
            return
        target = self.tables.get(remote)
        if target is None:
            self.report.relationship(table, declared, f'table "{remote}" is not tracked', located=False)
            return
        remote_columns = {column for _, column in join}
        nullable_columns = {column.name for column in found.columns if column.nullable}
        relationship = RelationshipField(
            name=declared.name,
            is_array=declared.is_array,
            target=target,
            join=join,
            unique=any(set(columns) <= remote_columns for columns in target.unique.values()),
            # Hasura: an object relationship is non-null only over this table's own non-null foreign key.
            nullable=declared.fk_table is not None
            or bool(declared.columns)
            or any(local in nullable_columns for local, _ in join),
            comment=declared.comment,
            after_parent=declared.is_array or declared.fk_table is not None or declared.after_parent,
        )
        table_type.relationships[declared.name] = relationship
        if target.insert is not None:
            table_type.nested[declared.name] = relationship
        if declared.is_array:
            table_type.aggregates[f"{declared.name}_aggregate"] = relationship

    def _resolve_join(
        self, table: Table, found: CatalogTable, declared: Relationship
    ) -> tuple[QualifiedName, tuple[tuple[str, str], ...]]:
        """The remote table and the (local, remote) column pairs. Raises LookupError with the reason."""
        if declared.remote_table is not None:
            remote = self.catalog.tables.get((declared.remote_table.schema, declared.remote_table.name))
            if remote is None:  # then it is not tracked either, which the caller tells
                return declared.remote_table, ()
            remote_names = {column.name for column in remote.columns}
            local_names = {column.name for column in found.columns}
            for local, other in declared.columns.items():
                if local not in local_names:
                    raise LookupError(f'column "{local}" does not exist')
                if other not in remote_names:
                    raise LookupError(f'column "{other}" of table "{declared.remote_table}" does not exist')
            return declared.remote_table, tuple(declared.columns.items())
        if declared.fk_table is None:
            for key in found.foreign_keys:
                if set(key.columns) == set(declared.fk_columns):
                    pairs = tuple(zip(key.columns, key.remote_columns, strict=True))
                    return QualifiedName(key.remote_schema, key.remote_table), pairs
            raise LookupError(NO_FOREIGN_KEY)
        other = self.catalog.tables.get((declared.fk_table.schema, declared.fk_table.name))
        if other is None:
            raise LookupError(f'table "{declared.fk_table}" does not exist')
        for key in other.foreign_keys:
            points_here = (key.remote_schema, key.remote_table) == (table.name.schema, table.name.name)
            if points_here and set(key.columns) == set(declared.fk_columns):
                return declared.fk_table, tuple(zip(key.remote_columns, key.columns, strict=True))
        raise LookupError(NO_FOREIGN_KEY)

    def _add_table_roots(self, table: Table, table_type: TableType) -> None:
        name = table_type.name
        self.stream_names[name] = table.custom_root_fields.get("select_stream", f"{name}_stream")
        fields: list[tuple[str, RootKind, str]] = [
            ("select", "select", name),
            ("select_aggregate", "aggregate", f"{name}_aggregate"),
        ]
        if table_type.primary_key:
            fields.append(("select_by_pk", "by_pk", f"{name}_by_pk"))
        for key, kind, default in fields:
            found = table.custom_root_fields.get(key, default)
            self._add_query(RootField(found, kind, table_type, comment=table.root_comments.get(key)))
        self._add_table_mutations(table, table_type)

    def _add_table_mutations(self, table: Table, table_type: TableType) -> None:
        name = table_type.name
        fields: list[tuple[RootKind, str]] = []
        if table_type.insert is not None:
            fields.append(("insert", f"insert_{name}"))
            fields.append(("insert_one", f"insert_{name}_one"))
        if table_type.update is not None:
            fields.append(("update", f"update_{name}"))
            if table_type.primary_key:
                fields.append(("update_by_pk", f"update_{name}_by_pk"))
            fields.append(("update_many", f"update_{name}_many"))
        if table_type.delete is not None:
            fields.append(("delete", f"delete_{name}"))
            if table_type.primary_key:
                fields.append(("delete_by_pk", f"delete_{name}_by_pk"))
        for kind, default in fields:
            found = table.custom_root_fields.get(kind, default)
            self._add_mutation(RootField(found, kind, table_type, comment=table.root_comments.get(kind)))

    def _add_query(self, field: RootField) -> None:
        if field.name in self.query:
            self._conflict(self.query[field.name], field, "query_root")
            return
        self.query[field.name] = field

    def _conflict(self, first: RootField, second: RootField, root: str) -> None:
        """Reports the object behind the second field of a name: the first keeps it."""
        owners = [self._owner(first), self._owner(second)]
        reason = (
            f"Encountered conflicting definitions in the selection set for {root!r} for field {second.name!r} "
            f"defined in [{', '.join(_owner_name(owner) for owner in owners)}]. Fields must not be defined more "
            "than once across all sources."
        )
        match owners[1]:
            case Action() as action:
                self.report.action(action, reason)
            case Function() as function:
                self.report.function(function, reason)
            case table:
                self.report.table(table, reason)

    def _owner(self, field: RootField) -> Table | Function | Action:
        if field.action is not None:
            return field.action.action
        if field.function is not None:
            return next(one for one in self.metadata.functions if one.name == field.function.source)
        assert field.table is not None  # every field is one of the three
        return next(one for one in self.metadata.tables if one.name == field.table.source)

    # --- functions --------------------------------------------------------------------------------------

    def add_functions(self) -> None:
        for function in self.metadata.functions:
            try:
                found = find_function(function.name, self.catalog)
                made = function_type(function, found, self.tables)
            except ValueError as error:
                self.report.function(function, str(error))
                continue
            self._add_function(function, made, function.exposed_as or _exposed_as(found))

    def _add_function(self, function: Function, made: FunctionType, exposed_as: str) -> None:
        custom, comments = function.custom_root_fields, function.root_comments
        name = custom.get("function", made.name)
        field = RootField(name, "function", made.table, made, comment=comments.get("function"))
        if exposed_as == "mutation":
            self._add_mutation(field)
            return
        self._add_query(field)
        name = custom.get("function_aggregate", f"{made.name}_aggregate")
        comment = comments.get("function_aggregate")
        self._add_query(RootField(name, "function_aggregate", made.table, made, comment=comment))

    # --- actions ----------------------------------------------------------------------------------------

    def add_actions(self) -> None:
        declared = self.metadata.custom_types
        taken = taken_names(table.name for table in self.tables.values())
        types, left_out = sound_types(read_action_types(self.metadata), self.metadata, self._scalars(), taken)
        for one, reason in left_out:
            if isinstance(one, Action):
                self.report.action(one, reason)
            else:
                self.report.custom_types(declared, one.place, reason)
        relationships, unfit = resolve_relationships(self.metadata.action_relationships, types, self.tables)
        for relationship, reason in unfit:
            self.report.action_relationship(declared, relationship, reason)
        self.action_types = replace(types, relationships=relationships)
        coercers = Coercers(self.action_types)
        for action in self.metadata.actions:
            signature = self.action_types.signatures.get(action.name)
            if signature is None:
                continue
            if (reason := unsupported(action)) is not None:
                self.report.action(action, reason)
                continue
            action_field = ActionField(
                action=action,
                arguments={name: argument.type for name, argument in signature.arguments.items()},
                output=signature.output,
                types=self.action_types,
                coercers=coercers,
            )
            field = RootField(action.name, "action", action=action_field, comment=action.comment)
            if signature.root == "query":
                self._add_query(field)
            else:
                self._add_mutation(field)

    def _add_mutation(self, field: RootField) -> None:
        if field.name in self.mutation:
            self._conflict(self.mutation[field.name], field, "mutation_root")
            return
        self.mutation[field.name] = field

    def _scalars(self) -> frozenset[str]:
        columns = (column for table in self.tables.values() for column in table.columns.values())
        return frozenset(column.scalar.name for column in columns if column.scalar.family != "enum")

    # --- the whole --------------------------------------------------------------------------------------

    def finish(self, infer_functions: bool) -> Schema:
        admin = role_schema(
            ADMIN,
            self.query.values(),
            self.mutation.values(),
            subscription_fields(self.query.values(), self.stream_names),
            self.tables,
            self.action_types,
        )
        roles = build_roles(self.metadata, admin, self.tables, self.report, infer_functions=infer_functions)
        return Schema(admin, roles, tuple(self.report.found))


def _owner_name(owner: Table | Function | Action) -> str:
    kind = type(owner).__name__.lower()
    return f"{kind} {owner.name}"


def _exposed_as(function: CatalogFunction) -> str:
    return "mutation" if function.volatility == "v" else "query"
