"""What each role may name.

In: the metadata's permissions and admin's tables and root fields. Out: a `RoleSchema` per role (and one more
where a role has changes for trusted backends only), made of the role's own `TableType`s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from lictor.engine.expressions import TRUE
from lictor.engine.metadata.model import InheritedRole, Metadata, QualifiedName
from lictor.engine.schema.action_types import ActionTypes
from lictor.engine.schema.filters import Tables
from lictor.engine.schema.inconsistency import Report
from lictor.engine.schema.model import RelationshipField, RoleSchema, RootField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS
from lictor.engine.schema.predicates import NAMES as PREDICATES
from lictor.engine.schema.predicates import columns_type
from lictor.engine.schema.rules import Rules, SelectRule, TableRules, read_rules
from lictor.engine.schema.scalars import BOOLEAN, FLOAT8, INT
from lictor.engine.schema.subscriptions import cursor_types
from lictor.engine.types import ADMIN

# Root fields by the names that permissions have for them.
READING_ROOTS = {
    "select": "select", "by_pk": "select_by_pk", "aggregate": "select_aggregate", "stream": "select_stream",
}  # fmt: skip
CHANGES = {
    "insert": "insert", "insert_one": "insert", "update": "update", "update_by_pk": "update",
    "update_many": "update", "delete": "delete", "delete_by_pk": "delete",
}  # fmt: skip
# The root fields a permission shows, by those names; None for all.
Shown = Callable[[SelectRule], frozenset[str] | None]
ANSWER_A_ROW = frozenset({"insert_one", "update_by_pk", "delete_by_pk"})


def role_schema(
    role: str,
    query: Iterable[RootField],
    mutation: Iterable[RootField],
    subscription: Iterable[RootField],
    tables: Tables,
    action_types: ActionTypes,
    *,
    backend_only: bool = False,
) -> RoleSchema:
    """The schema of these fields, with what the plan's key needs to know of its types."""
    query, mutation = list(query), list(mutation)
    enum_bearing = {"order_by"}
    structural = {
        "order_by",
        "jsonb_cast_exp",
        INT.comparison_exp,
        BOOLEAN.comparison_exp,
        FLOAT8.comparison_exp,
    }
    row_types: set[str] = set()
    for table in tables.values():
        name = table.name
        enum_bearing |= {f"{name}_order_by", f"{name}_select_column", f"{name}_aggregate_order_by"}
        enum_bearing |= {f"{name}_{part}" for part in ("on_conflict", "constraint", "update_column")}
        structural |= {f"{name}_bool_exp", f"{name}_pk_columns_input", f"{name}_updates"}
        structural |= {column.scalar.comparison_exp for column in table.columns.values()}
        structural |= {f"{name}{operator}_input" for operator in UPDATE_OPERATORS}
        structural |= {computed.args_type for computed in table.computed.values()}
        structural |= {c.scalar.comparison_exp for c in table.computed.values() if c.scalar is not None}
        structural.add(f"{name}_aggregate_bool_exp")
        structural |= {f"{name}_aggregate_bool_exp_{function}" for function in PREDICATES}
        enum_bearing |= {f"{name}_aggregate_bool_exp_{function}_arguments" for function in PREDICATES}
        enum_bearing |= {columns_type(name, function) for function in PREDICATES}
        row_types |= {f"{name}{part}_insert_input" for part in ("", "_obj_rel", "_arr_rel")}
    structural |= {field.function.args_type for field in (*query, *mutation) if field.function}
    return RoleSchema(
        role=role,
        backend_only=backend_only,
        query={field.name: field for field in query},
        mutation={field.name: field for field in mutation},
        subscription={field.name: field for field in subscription},
        tables={table.name: table for table in tables.values()},
        structural_types=frozenset(structural | enum_bearing),
        enum_bearing=frozenset(enum_bearing),
        cursor_types=cursor_types(tables.values()),
        row_types=frozenset(row_types),
        action_types=action_types,
    )


def build_roles(
    metadata: Metadata, admin: RoleSchema, tables: Tables, report: Report, *, infer_functions: bool = True
) -> dict[tuple[str, bool], RoleSchema]:
    """The schemas of all roles but admin; what of the permissions does not fit is reported.

    `infer_functions`: whoever may select a table may call the queries that return its rows.
    """
    inherited = _in_order(metadata.inherited_roles, report)
    rules = _all_rules(metadata, tables, inherited, report)
    names = {role for of_table in rules.values() for role in of_table}
    names |= {role for action in metadata.actions for role in action.roles}
    names |= {role for function in metadata.functions for role in function.roles}
    names |= {role.name for role in inherited}
    roles: dict[tuple[str, bool], RoleSchema] = {}
    for name in sorted((names | {""}) - {ADMIN}):
        of_role = {
            table: found for table, by_role in rules.items() if (found := by_role.get(name)) is not None
        }
        builder = _Builder(name, of_role, admin, tables, _ancestors(name, inherited), infer_functions)
        roles[name, False] = builder.schema(backend_only=False)
        if any(found.backend_only for found in of_role.values()):
            roles[name, True] = builder.schema(backend_only=True)
    return roles


def _all_rules(
    metadata: Metadata, tables: Tables, inherited: tuple[InheritedRole, ...], report: Report
) -> dict[QualifiedName, Rules]:
    return {
        table.name: read_rules(table, tables[table.name], tables, inherited, report)
        for table in metadata.tables
        if table.name in tables
    }


def _in_order(declared: tuple[InheritedRole, ...], report: Report) -> tuple[InheritedRole, ...]:
    """Parents before children; those of a cycle are left out."""
    waiting = {role.name: role for role in declared}
    found: list[InheritedRole] = []
    while ready := [role for role in waiting.values() if not waiting.keys() & set(role.role_set)]:
        for role in ready:
            found.append(role)
            del waiting[role.name]
    for role in waiting.values():
        report.inherited_role(role, "its roles form a cycle")
    return tuple(found)


def _ancestors(role: str, inherited: tuple[InheritedRole, ...]) -> frozenset[str]:
    """The role itself and all it inherits from."""
    found = {role}
    for declared in reversed(inherited):  # children first
        if declared.name in found:
            found |= set(declared.role_set)
    return frozenset(found)


class _Builder:
    """The schema of one role."""

    def __init__(
        self,
        role: str,
        rules: Mapping[QualifiedName, TableRules],
        admin: RoleSchema,
        all_tables: Tables,
        roles: frozenset[str],
        infer_functions: bool,
    ) -> None:
        self.infer_functions = infer_functions
        self.role = role
        self.rules = rules
        self.admin = admin
        self.all_tables = all_tables
        self.roles = roles

    def schema(self, *, backend_only: bool) -> RoleSchema:
        tables = {name: self._table(name, rules, backend_only) for name, rules in self.rules.items()}
        for name, table in tables.items():
            self._connect(self.all_tables[name], table, tables)
            self._compute(name, table, tables)
        query = self._reading(self.admin.query, tables, lambda rule: rule.query_root_fields)
        mutation = [
            found for field in self.admin.mutation.values() if (found := self._mutation(field, tables))
        ]
        subscription = self._reading(
            self.admin.subscription, tables, lambda rule: rule.subscription_root_fields
        )
        types = self.admin.action_types
        return role_schema(self.role, query, mutation, subscription, tables, types, backend_only=backend_only)

    # --- tables -----------------------------------------------------------------------------------------

    def _table(self, name: QualifiedName, rules: TableRules, backend_only: bool) -> TableType:
        admin, select = self.all_tables[name], rules.select
        hidden = set() if backend_only else rules.backend_only
        table = TableType(
            name=admin.name,
            source=admin.source,
            comment=admin.comment,
            explicit_comment=admin.explicit_comment,
            unique=admin.unique,
            selectable=select is not None,
            aggregations=select is not None and select.aggregations,
            insert=None if "insert" in hidden else rules.insert,
            update=None if "update" in hidden else rules.update,
            delete=None if "delete" in hidden else rules.delete,
        )
        if select is not None:
            table.row_filter, table.row_limit = select.filter, select.limit
            for column in admin.columns.values():
                if (visible := select.columns.get(column.column)) is not None:
                    table.columns[column.name] = (
                        column if visible == TRUE else replace(column, nullable=True, visible_when=visible)
                    )
        if all(column.name in table.columns for column in admin.primary_key):
            table.primary_key = tuple(table.columns[column.name] for column in admin.primary_key)
        return table

    @staticmethod
    def _connect(admin: TableType, table: TableType, tables: dict[QualifiedName, TableType]) -> None:
        for relationship in admin.relationships.values():
            target = tables.get(relationship.target.source)
            if target is None:
                continue
            mine = _towards(relationship, target)
            if target.insert is not None:
                table.nested[mine.name] = mine
            if table.selectable and target.selectable:
                table.relationships[mine.name] = mine
                if relationship.is_array and target.aggregations:
                    table.aggregates[f"{mine.name}_aggregate"] = mine

    def _compute(self, name: QualifiedName, table: TableType, tables: dict[QualifiedName, TableType]) -> None:
        """Computed fields: scalars that the permission names, rows of whatever table the role may select."""
        select = self.rules[name].select
        if select is None:
            return
        for computed in self.all_tables[name].computed.values():
            if computed.table is not None:
                target = tables.get(computed.table.source)
                if target is not None and target.selectable:
                    table.computed[computed.name] = replace(computed, table=target)
            elif (visible := select.computed_fields.get(computed.name)) is not None:
                table.computed[computed.name] = (
                    computed if visible == TRUE else replace(computed, visible_when=visible)
                )

    # --- root fields ------------------------------------------------------------------------------------

    def _reading(
        self, fields: Mapping[str, RootField], tables: dict[QualifiedName, TableType], shown: Shown
    ) -> list[RootField]:
        return [found for field in fields.values() if (found := self._read(field, tables, shown))]

    def _read(
        self, field: RootField, tables: dict[QualifiedName, TableType], shown: Shown
    ) -> RootField | None:
        if field.kind == "action":
            return self._action(field)
        assert field.table is not None
        table = tables.get(field.table.source)
        if table is None or not table.selectable:
            return None
        if field.kind in ("aggregate", "function_aggregate") and not table.aggregations:
            return None
        if field.function is not None:
            if not self.infer_functions and not self.roles & set(field.function.roles):
                return None
            return replace(field, table=table, function=replace(field.function, table=table))
        if field.kind == "by_pk" and not table.primary_key:
            return None
        select = self.rules[table.source].select
        names = shown(select) if isinstance(select, SelectRule) else None
        if names is not None and READING_ROOTS[field.kind] not in names:
            return None
        return replace(field, table=table)

    def _mutation(self, field: RootField, tables: dict[QualifiedName, TableType]) -> RootField | None:
        if field.kind == "action":
            return self._action(field)
        assert field.table is not None
        table = tables.get(field.table.source)
        if table is None:
            return None
        if field.function is not None:
            if not table.selectable or not self.roles & set(field.function.roles):
                return None
            return replace(field, table=table, function=replace(field.function, table=table))
        if getattr(table, CHANGES[field.kind]) is None:
            return None
        if field.kind in ANSWER_A_ROW and not table.selectable:
            return None
        if field.kind in ("update_by_pk", "delete_by_pk") and not table.primary_key:
            return None
        return replace(field, table=table)

    def _action(self, field: RootField) -> RootField | None:
        assert field.action is not None
        return field if self.roles & set(field.action.action.roles) else None


def _towards(relationship: RelationshipField, target: TableType) -> RelationshipField:
    """The relationship to the role's own view of the target; a row that is filtered out is null."""
    hidden = target.row_filter != TRUE
    return replace(relationship, target=target, nullable=relationship.nullable or hidden)
