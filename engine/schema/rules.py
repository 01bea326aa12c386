"""The permissions of one table: from metadata to rules.

In: raw permission entries and admin's `TableType`. Out: `TableRules` by role, with inherited roles resolved: what
any parent may select is united (row by row, column by column), a change is inherited when no two parents differ
about it. A permission that does not fit the table is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lictor.engine.expressions import TRUE, BoolExp, Param, either
from lictor.engine.metadata.model import InheritedRole, Table
from lictor.engine.schema.filters import Tables, preset, read_filter
from lictor.engine.schema.inconsistency import Report
from lictor.engine.schema.model import ColumnField, DeleteRule, InsertRule, TableType, UpdateRule

Raw = Mapping[str, Any]
ALL = "*"


@dataclass(frozen=True)
class SelectRule:
    """`columns` maps a visible column to the condition under which it is. Root fields None: all there are."""

    columns: Mapping[str, BoolExp]
    computed_fields: Mapping[str, BoolExp]
    filter: BoolExp
    limit: int | None
    aggregations: bool
    query_root_fields: frozenset[str] | None
    subscription_root_fields: frozenset[str] | None


@dataclass
class TableRules:
    """What one role may do with one table; `backend_only` names the changes only trusted backends may make."""

    select: SelectRule | None = None
    insert: InsertRule | None = None
    update: UpdateRule | None = None
    delete: DeleteRule | None = None
    backend_only: set[str] = field(default_factory=set)


Rules = dict[str, TableRules]


def read_rules(
    table: Table, admin: TableType, tables: Tables, inherited: tuple[InheritedRole, ...], report: Report
) -> Rules:
    """The rules of every role for one table. `inherited` is sorted: parents before children."""
    reader = _Reader(table, admin, tables, report)
    rules: Rules = {}
    raw: dict[str, dict[str, Raw]] = {}
    for kind, entries in table.permissions.items():
        for entry in entries:
            raw.setdefault(entry["role"], {})[kind] = entry
    for role, permissions in raw.items():
        for kind, entry in permissions.items():
            reader.add(rules.setdefault(role, TableRules()), kind, entry)
    for role in inherited:
        _inherit(role, rules, raw, reader)
    return rules


def _inherit(role: InheritedRole, rules: Rules, raw: dict[str, dict[str, Raw]], reader: _Reader) -> None:
    own = raw.setdefault(role.name, {})
    parents = [parent for parent in role.role_set if parent in rules]
    target = rules.setdefault(role.name, TableRules()) if parents else None
    if target is None:
        return
    if "select_permissions" not in own:
        target.select = _union([rule for parent in parents if (rule := rules[parent].select) is not None])
    for kind in ("insert_permissions", "update_permissions", "delete_permissions"):
        if kind in own:
            continue
        given = [raw[parent][kind] for parent in parents if kind in raw.get(parent, {})]
        if not given:
            continue
        if any(entry.get("permission") != given[0].get("permission") for entry in given):
            reader.report.inherited_role(
                role,
                f"the {kind.replace('_', ' ')} of its roles on table {reader.table.name} differ; declare one for "
                f"{role.name} itself",
            )
            continue
        own[kind] = given[0]
        reader.add(target, kind, given[0])


def _union(rules: list[SelectRule]) -> SelectRule | None:
    if len(rules) <= 1:
        return rules[0] if rules else None

    def visible(of: Callable[[SelectRule], Mapping[str, BoolExp]]) -> dict[str, BoolExp]:
        found: dict[str, BoolExp] = {}
        for name in {name: None for rule in rules for name in of(rule)}:
            having = [rule for rule in rules if name in of(rule)]
            if len(having) == len(rules) and all(of(rule)[name] == TRUE for rule in having):
                found[name] = TRUE  # whoever lets the row through shows the value
            else:
                found[name] = either(*(_seen(rule.filter, of(rule)[name]) for rule in having))
        return found

    def roots(of: Callable[[SelectRule], frozenset[str] | None]) -> frozenset[str] | None:
        sets = [of(rule) for rule in rules]
        return None if None in sets else frozenset().union(*(s for s in sets if s is not None))

    limits = [rule.limit for rule in rules if rule.limit is not None]
    return SelectRule(
        columns=visible(lambda rule: rule.columns),
        computed_fields=visible(lambda rule: rule.computed_fields),
        filter=either(*(rule.filter for rule in rules)),
        limit=max(limits) if len(limits) == len(rules) else None,
        aggregations=any(rule.aggregations for rule in rules),
        query_root_fields=roots(lambda rule: rule.query_root_fields),
        subscription_root_fields=roots(lambda rule: rule.subscription_root_fields),
    )


def _seen(row: BoolExp, value: BoolExp) -> BoolExp:
    """A value of a parent that is itself inherited is seen in fewer rows than the row is."""
    return row if value == TRUE else value


class _Reader:
    def __init__(self, table: Table, admin: TableType, tables: Tables, report: Report) -> None:
        self.table = table
        self.admin = admin
        self.tables = tables
        self.report = report
        self.by_column = {column.column: column for column in admin.columns.values()}

    def add(self, rules: TableRules, kind: str, entry: Raw) -> None:
        """Adds one permission, or reports why it cannot be."""
        name, permission = kind.removesuffix("_permissions"), entry.get("permission") or {}
        try:
            if permission.get("validate_input"):  # without it, rows would pass that shall not
                raise ValueError("validate_input is not supported")
            rule = getattr(self, f"_{name}")(permission)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            self.report.permission(self.table, kind, entry, reason)
            return
        setattr(rules, name, rule)
        if permission.get("backend_only"):
            rules.backend_only.add(name)

    def _select(self, permission: Raw) -> SelectRule:
        limit = permission.get("limit")
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise ValueError(f"limit: a number that is not negative is expected, found {limit!r}")
        declared = {field.name for field in self.table.computed_fields}
        computed = permission.get("computed_fields") or ()
        if unknown := [name for name in computed if name not in declared]:
            raise ValueError(f'computed field "{unknown[0]}" does not exist')
        if rows := [
            name for name in computed if name in self.admin.computed and self.admin.computed[name].table
        ]:
            raise ValueError(
                f'select permissions on computed field "{rows[0]}" are auto-derived from the permissions on its '
                "returning table and cannot be specified manually"
            )
        return SelectRule(
            columns={column.column: TRUE for column in self._columns(permission["columns"])},
            computed_fields=dict.fromkeys(computed, TRUE),
            filter=self._filter(permission["filter"]),
            limit=limit,
            aggregations=bool(permission.get("allow_aggregations")),
            query_root_fields=_names(permission.get("query_root_fields")),
            subscription_root_fields=_names(permission.get("subscription_root_fields")),
        )

    def _insert(self, permission: Raw) -> InsertRule:
        if self.admin.insert is None:
            raise ValueError("rows cannot be inserted")
        presets = self._presets(permission)
        columns = self._writable(self.admin.insert.columns, permission.get("columns", ALL), presets)
        return InsertRule(columns, self._filter(permission.get("check") or {}), presets)

    def _update(self, permission: Raw) -> UpdateRule:
        if self.admin.update is None:
            raise ValueError("rows cannot be updated")
        presets = self._presets(permission)
        columns = self._writable(self.admin.update.columns, permission["columns"], presets)
        check = permission.get("check")
        return UpdateRule(
            columns,
            self._filter(permission["filter"]),
            None if check is None else self._filter(check),
            presets,
        )

    def _delete(self, permission: Raw) -> DeleteRule:
        if self.admin.delete is None:
            raise ValueError("rows cannot be deleted")
        return DeleteRule(self._filter(permission["filter"]))

    # --- parts ------------------------------------------------------------------------------------------

    def _filter(self, raw: Any) -> BoolExp:
        return read_filter(raw, self.admin, self.tables)

    def _columns(self, names: Any) -> list[ColumnField]:
        if names == ALL:
            return list(self.by_column.values())
        return [self._column(name) for name in names]

    def _column(self, name: str) -> ColumnField:
        if name not in self.by_column:
            raise ValueError(f'column "{name}" does not exist')
        return self.by_column[name]

    def _presets(self, permission: Raw) -> tuple[tuple[ColumnField, Param], ...]:
        given = permission.get("set") or {}
        return tuple((column := self._column(name), preset(value, column)) for name, value in given.items())

    def _writable(
        self, writable: Mapping[str, ColumnField], names: Any, presets: tuple[tuple[ColumnField, Param], ...]
    ) -> dict[str, ColumnField]:
        fixed = {column.name for column, _ in presets}
        allowed = {column.name for column in self._columns(names)} - fixed
        return {name: column for name, column in writable.items() if name in allowed}


def _names(raw: Any) -> frozenset[str] | None:
    return None if raw is None else frozenset(raw)
