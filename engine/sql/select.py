"""Selects as SQL whose result is JSON.

In: `Select` and `AggregateSelect` of the plan. Out: `Sql` expressions that yield one json value per root field:
an object, null, or a list. Related rows are correlated subqueries, single ones of lists without limit are joins.
"""

from __future__ import annotations

from lictor.engine.expressions import AggregateValue
from lictor.engine.plan.nodes import (
    AggregateFields,
    AggregateRoot,
    AggregateSelect,
    ColumnLeaf,
    ComputedRowsLeaf,
    CountField,
    FunctionFields,
    Leaf,
    NodesField,
    RelationAggregateLeaf,
    Rows,
    Select,
    SelectRoot,
    TypenameLeaf,
)
from lictor.engine.schema.model import RelationshipField
from lictor.engine.schema.scalars import INT, STRINGIFIED_TYPES
from lictor.engine.sql.conditions import (
    Aliases,
    call_sql,
    column_sql,
    join_sql,
    order_sql,
    param_sql,
    visible_sql,
    where_sql,
)
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified, text

# No GraphQL name has a space: the alias of a whole row can never be taken for a column.
ROW = '"the row"'
PLACE = '"the place"'
MAX_IDENTIFIER = 63  # bytes; longer column aliases would be cut off by Postgres
MAX_PAIRS = 50  # a function takes at most 100 arguments
WHOLE = '"the whole row"'
# Where rows are reached from: the relationship, or None for a computed field, and the alias of the local row.
Via = tuple[RelationshipField | None, str]


class SelectBuilder:
    """Builds the expressions of one statement."""

    def __init__(self, stringify_numbers: bool) -> None:
        self.aliases = Aliases()
        self.stringify_numbers = stringify_numbers

    def root(self, root: SelectRoot | AggregateRoot) -> Sql:
        """The json of a root field."""
        if isinstance(root, AggregateRoot):
            return self.aggregate_of(root.aggregate)
        return self.object_of(root.select) if root.single else self.list_of(root.select)

    # --- rows -------------------------------------------------------------------------------------------

    def rows_of(self, select: Select) -> Sql:
        """SELECT fields FROM …, in order, as rows; for keys that are no longer than identifiers may be."""
        return self._rows_of_fields(select, None)

    def list_of(self, select: Select, via: Via | None = None) -> Sql:
        """A json list of the selected rows."""
        if not self._short(select.fields):
            return self._long_list(select, via)
        rows = self._rows_of_fields(select, via)
        return cat(f"(SELECT coalesce(json_agg({ROW}), '[]') FROM (", rows, f") AS {ROW})")

    def object_of(self, select: Select, via: Via | None = None, *, joined: bool = False) -> Sql:
        """One row as a json object, or null. `joined`: this will stand in a join, and so shall what is below."""
        alias = self.aliases.next()
        limit = "" if via is None or via[0] is None or via[0].unique else " LIMIT 1"
        if self._short(select.fields):
            joins: list[Sql] | None = [] if joined else None
            fields = self._columns(select.fields, alias, joins)
            source = self._source(select.rows, alias, via, joins, limited=False)
            return cat(f"(SELECT row_to_json({ROW}) FROM (SELECT ", fields, source, limit, f") AS {ROW})")
        source = self._source(select.rows, alias, via, limited=False)
        return cat("(SELECT ", self._object(select.fields, alias), source, limit, ")")

    def rows_over(self, rows: str, fields: tuple[Leaf, ...]) -> Sql:
        """A json list of the fields of each row of `rows`, any FROM item."""
        alias = self.aliases.next()
        if self._short(fields):
            columns = self._columns(fields, alias)
            return cat(
                f"(SELECT coalesce(json_agg({ROW}), '[]') FROM (SELECT ",
                columns,
                f" FROM {rows} AS {alias}) AS {ROW})",
            )
        return cat(
            "(SELECT coalesce(json_agg(", self._object(fields, alias), f"), '[]') FROM {rows} AS {alias})"
        )

    def row_over(self, rows: str, fields: tuple[Leaf, ...]) -> Sql:
        """The fields of the only row of `rows` as a json object, or null."""
        alias = self.aliases.next()
        if self._short(fields):
            columns = self._columns(fields, alias)
            return cat(
                f"(SELECT row_to_json({ROW}) FROM (SELECT ", columns, f" FROM {rows} AS {alias}) AS {ROW})"
            )
        return cat("(SELECT ", self._object(fields, alias), f" FROM {rows} AS {alias})")

    def _long_list(self, select: Select, via: Via | None) -> Sql:
        alias = self.aliases.next()
        rows = self._whole_rows(select.rows, via)
        return cat(
            "(SELECT coalesce(json_agg(",
            self._object(select.fields, alias),
            "), '[]') FROM (",
            rows,
            f") AS {alias})",
        )

    def _rows_of_fields(self, select: Select, via: Via | None) -> Sql:
        """SELECT fields FROM …, in order."""
        alias = self.aliases.next()
        if select.rows.distinct_on:
            # fields only of the rows that remain
            rows = self._whole_rows(select.rows, via)
            return cat("SELECT ", self._columns(select.fields, alias), " FROM (", rows, f") AS {alias}")
        # A join of many rows can be hashed, where a subquery runs once for each. With LIMIT it is the other way
        # round: the join would be made before the sort, a subquery only runs for the rows that remain.
        bounded = select.rows.limit is not None or select.rows.table.row_limit is not None
        joins: list[Sql] | None = None if bounded else []
        columns = self._columns(select.fields, alias, joins)
        return cat("SELECT ", columns, self._source(select.rows, alias, via, joins))

    def _whole_rows(self, rows: Rows, via: Via | None, *, limited: bool = True) -> Sql:
        """SELECT all columns FROM …, in order."""
        alias = self.aliases.next()
        if rows.distinct_on:
            columns = [column_sql(alias, column, self.aliases) for column in rows.distinct_on]
            return cat(
                "SELECT DISTINCT ON (",
                join(", ", columns),
                f") {alias}.*",
                self._source(rows, alias, via, limited=limited),
            )
        return cat(f"SELECT {alias}.*", self._source(rows, alias, via, limited=limited))

    def _source(
        self,
        rows: Rows,
        alias: str,
        via: Via | None,
        joins: list[Sql] | None = None,
        *,
        limited: bool = True,
    ) -> Sql:
        """FROM … JOIN … WHERE … ORDER BY … LIMIT … OFFSET …; `limited`: the role's limit counts here."""
        conditions: list[Sql] = []
        if via is not None and via[0] is not None:
            conditions.append(cat(join_sql(via[0], via[1], alias)))
        conditions += visible_sql(rows.table, alias, self.aliases)
        where = where_sql(rows.where, alias, self.aliases)
        if where.parts != ("TRUE",):
            conditions.append(where)
        pieces: list[Sql] = [cat(" FROM ", self._from(rows, via), f" AS {alias}"), *(joins or ())]
        if conditions:
            pieces.append(cat(" WHERE ", join(" AND ", conditions)))
        order = order_sql(rows.order_by, alias, self.aliases)
        if rows.distinct_on and not rows.order_by:
            columns = [column_sql(alias, column, self.aliases) for column in rows.distinct_on]
            order = cat(" ORDER BY ", join(", ", columns))
        pieces.append(order)
        pieces.append(_limit(rows, limited))
        if rows.offset is not None:
            pieces.append(cat(" OFFSET ", param_sql(rows.offset)))
        return cat(*pieces)

    def _from(self, rows: Rows, via: Via | None) -> Sql:
        if rows.call is None:
            return cat(qualified(rows.table.source.schema, rows.table.source.name))
        return call_sql(rows.call, None if via is None else via[1], self.aliases)

    # --- fields -----------------------------------------------------------------------------------------

    @staticmethod
    def _short(fields: tuple[Leaf, ...]) -> bool:
        return all(len(field.key) <= MAX_IDENTIFIER for field in fields)

    def _columns(self, fields: tuple[Leaf, ...], alias: str, joins: list[Sql] | None = None) -> Sql:
        """The select list. Single related rows are added to `joins`, if it is a list."""
        return join(
            ", ", [cat(self._leaf(field, alias, joins), f" AS {ident(field.key)}") for field in fields]
        )

    def _object(self, fields: tuple[Leaf, ...], alias: str) -> Sql:
        return json_object([(field.key, self._leaf(field, alias)) for field in fields])

    def _leaf(self, leaf: Leaf, alias: str, joins: list[Sql] | None = None) -> Sql:
        if isinstance(leaf, ColumnLeaf):
            return self._column(leaf, alias)
        if isinstance(leaf, TypenameLeaf):
            return cat(f"{text(leaf.value)}::text")
        if isinstance(leaf, RelationAggregateLeaf):
            return self.aggregate_of(leaf.aggregate, (leaf.relationship, alias))
        if isinstance(leaf, ComputedRowsLeaf):
            return self.list_of(leaf.select, (None, alias))
        if leaf.relationship.is_array:
            return self.list_of(leaf.select, (leaf.relationship, alias))
        via: Via = (leaf.relationship, alias)
        if joins is None or not leaf.relationship.unique:
            return self.object_of(leaf.select, via)
        name = self.aliases.next()
        row = self.object_of(leaf.select, via, joined=True)
        joins.append(cat(" LEFT JOIN LATERAL ", row, f" AS {name}(object) ON TRUE"))
        return cat(f"{name}.object")

    def _column(self, leaf: ColumnLeaf, alias: str) -> Sql:
        assert leaf.column.scalar is not None
        value = column_sql(alias, leaf.column, self.aliases, call=leaf.call)
        if leaf.column.visible_when is not None:
            value = cat("(", value, ")")
        if leaf.path is not None:
            return cat(value, " #> ", param_sql(leaf.path))
        if self.stringify_numbers and leaf.column.scalar.pg_type in STRINGIFIED_TYPES:
            return cat(value, "::text")
        return value

    # --- aggregates -------------------------------------------------------------------------------------

    def aggregate_of(self, select: AggregateSelect, via: Via | None = None) -> Sql:
        """A json object of aggregates over rows, and the rows themselves if asked for.

        The role's limit bounds the rows that are shown, not those that are counted.
        """
        alias = self.aliases.next()
        rows = select.rows
        shown = (
            rows.table.row_limit if any(isinstance(field, NodesField) for field in select.fields) else None
        )
        if shown is not None:
            inner = self._whole_rows(rows, via, limited=False)
            whole = ""
            if rows.table.computed:  # their functions take a row without its place
                whole = f", {ROW}::{qualified(rows.table.source.schema, rows.table.source.name)} AS {WHOLE}"
                self.aliases.rows[alias] = f"{alias}.{WHOLE}"
            source = cat(
                f" FROM (SELECT *{whole}, row_number() OVER () AS {PLACE} FROM (",
                inner,
                f") AS {ROW}) AS {alias}",
            )
        elif rows.order_by or rows.distinct_on or rows.limit or rows.offset:
            source = cat(" FROM (", self._whole_rows(rows, via, limited=False), f") AS {alias}")
        else:
            source = self._source(rows, alias, via, limited=False)
        pairs: list[tuple[str, Sql]] = []
        for field in select.fields:
            if isinstance(field, TypenameLeaf):
                pairs.append((field.key, cat(f"{text(field.value)}::text")))
            elif isinstance(field, NodesField):
                pairs.append((field.key, self._nodes(field, alias, shown)))
            else:
                pairs.append((field.key, self._aggregate_fields(field, alias)))
        return cat("(SELECT ", json_object(pairs), source, ")")

    def _nodes(self, field: NodesField, alias: str, shown: int | None) -> Sql:
        if self._short(field.fields):
            row = cat(f"(SELECT {ROW} FROM (SELECT ", self._columns(field.fields, alias), f") AS {ROW})")
        else:
            row = self._object(field.fields, alias)
        bound = "" if shown is None else f" FILTER (WHERE {alias}.{PLACE} <= {shown})"
        return cat("coalesce(json_agg(", row, f"){bound}, '[]')")

    def _aggregate_fields(self, parent: AggregateFields, alias: str) -> Sql:
        pairs: list[tuple[str, Sql]] = []
        for field in parent.fields:
            if isinstance(field, TypenameLeaf):
                pairs.append((field.key, cat(f"{text(field.value)}::text")))
            elif isinstance(field, CountField):
                counted = AggregateValue("count", field.columns, field.distinct, INT)
                pairs.append((field.key, column_sql(alias, counted, self.aliases)))
            else:
                pairs.append((field.key, self._function_fields(field, alias)))
        return json_object(pairs)

    def _function_fields(self, field: FunctionFields, alias: str) -> Sql:
        pairs: list[tuple[str, Sql]] = []
        for leaf in field.columns:
            if isinstance(leaf, TypenameLeaf):
                pairs.append((leaf.key, cat(f"{text(leaf.value)}::text")))
                continue
            assert leaf.column.scalar is not None
            argument = column_sql(alias, leaf.column, self.aliases, call=leaf.call)
            value = cat(f"{field.function}(", argument, ")")
            if self.stringify_numbers and leaf.column.scalar.pg_type in STRINGIFIED_TYPES:
                value = cat(value, "::text")
            pairs.append((leaf.key, value))
        return json_object(pairs)


def _limit(rows: Rows, limited: bool) -> Sql:
    """The lesser of what is asked for and what the role may have at most."""
    bounds = [] if rows.limit is None else [param_sql(rows.limit)]
    if limited and rows.table.row_limit is not None:
        bounds.append(cat(str(rows.table.row_limit)))
    if not bounds:
        return cat("")
    return cat(" LIMIT ", bounds[0]) if len(bounds) == 1 else cat(" LIMIT least(", join(", ", bounds), ")")


def json_object(pairs: list[tuple[str, Sql]]) -> Sql:
    """A json object of expressions, with any number of keys of any length."""
    if len(pairs) <= MAX_PAIRS:
        return cat(
            "json_build_object(", join(", ", [cat(f"{text(key)}, ", value) for key, value in pairs]), ")"
        )
    # json has no concatenation; splice the texts of objects of at most MAX_PAIRS keys
    chunks = [json_object(pairs[i : i + MAX_PAIRS]) for i in range(0, len(pairs), MAX_PAIRS)]
    inner = [cat("substr((", chunk, ")::text, 2, length((", chunk, ")::text) - 2)") for chunk in chunks]
    return cat("('{' || ", join(" || ', ' || ", inner), " || '}')::json")
