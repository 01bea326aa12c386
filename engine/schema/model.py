"""The API's shape: what a request may name.

Out of `build`, into the plan stage and the introspection. Tables refer to one another through their
relationships, so `TableType` is filled in two passes and never changed after `build` has returned.
A `RoleSchema` is what one role sees; permission filters belong to its tables' fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lictor.engine.expressions import TRUE, BoolExp, Param
from lictor.engine.metadata.model import Action, QualifiedName
from lictor.engine.schema.action_types import ActionTypes
from lictor.engine.schema.coercion import Coercers
from lictor.engine.schema.gtypes import GType
from lictor.engine.schema.inconsistency import Inconsistency
from lictor.engine.schema.operators import COMPARABLE_AGGREGATES, NUMERIC_AGGREGATES
from lictor.engine.schema.scalars import Scalar

RootKind = Literal[
    "select", "by_pk", "aggregate", "stream", "function", "function_aggregate", "action",
    "insert", "insert_one", "update", "update_by_pk", "update_many", "delete", "delete_by_pk",
]  # fmt: skip

MUTATION_KINDS = frozenset(
    {"insert", "insert_one", "update", "update_by_pk", "update_many", "delete", "delete_by_pk"}
)


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column under its GraphQL name.

    `visible_when` is the condition under which an inherited role sees the value; else it is null.
    """

    name: str
    column: str
    scalar: Scalar
    nullable: bool
    default_sql: str | None
    generated: bool
    comment: str | None
    visible_when: BoolExp | None = None


@dataclass(frozen=True, slots=True)
class FunctionArgument:
    """An input argument; those without a name (`sql_name` None) are called arg_1, arg_2, … by their place."""

    name: str
    sql_name: str | None
    scalar: Scalar
    has_default: bool


@dataclass(frozen=True, eq=False)
class ComputedField:
    """A function over the row of a table as a field: of `scalar`, or the rows of `table` that it returns.

    `owner` is the name of the type it is a field of; the function takes a row of `row_table` as `row_argument`.
    `visible_when` is as for columns.
    """

    name: str
    owner: str
    function: QualifiedName
    arguments: tuple[FunctionArgument, ...]
    row_argument: str
    row_table: QualifiedName
    session_argument: str | None
    scalar: Scalar | None
    table: TableType | None
    comment: str | None
    visible_when: BoolExp | None = None

    @property
    def inputs(self) -> tuple[FunctionArgument, ...]:
        """The arguments that a request gives."""
        given = (self.row_argument, self.session_argument)
        return tuple(argument for argument in self.arguments if argument.name not in given)

    @property
    def args_type(self) -> str:
        return f"{self.name}_{self.owner}_args"


@dataclass(frozen=True, eq=False)
class InsertRule:
    """What a role may insert: `columns` it may give (by GraphQL name), `presets` it cannot, and the condition
    that every new row fulfils."""

    columns: Mapping[str, ColumnField]
    check: BoolExp = TRUE
    presets: tuple[tuple[ColumnField, Param], ...] = ()


@dataclass(frozen=True, eq=False)
class UpdateRule:
    """What a role may update: rows of `filter`, which fulfil `check` afterwards.

    A `check` that was not declared is None: then the rows an upsert updates must fulfil the insert rule's check.
    """

    columns: Mapping[str, ColumnField]
    filter: BoolExp = TRUE
    check: BoolExp | None = None
    presets: tuple[tuple[ColumnField, Param], ...] = ()


@dataclass(frozen=True, eq=False)
class DeleteRule:
    """Which rows a role may delete."""

    filter: BoolExp = TRUE


@dataclass(frozen=True, eq=False)
class RelationshipField:
    """A way from one table to another. `join` pairs local with remote columns; `unique` means ≤ 1 remote row.

    `after_parent`: a nested insert makes the remote rows after the local one, which determines their columns;
    else the remote row comes first and determines the local row's.
    """

    name: str
    is_array: bool
    target: TableType
    join: tuple[tuple[str, str], ...]
    unique: bool
    nullable: bool
    comment: str | None
    after_parent: bool = False


@dataclass(eq=False)
class TableType:
    """A tracked table as one role sees it. Fields are keyed by GraphQL name.

    `explicit_comment`: the comment is the metadata's, which replaces all that would be generated, even if empty.

    `selectable`: the role may read rows, those of `row_filter`, and of one field at most `row_limit`. Without it
    there are no columns. `aggregations`: it may ask for aggregates. A rule that is None forbids the change.
    `nested` are the ways to the tables into which a nested insert may go on, whether selectable or not.
    """

    name: str
    source: QualifiedName
    comment: str | None
    columns: dict[str, ColumnField] = field(default_factory=dict)
    computed: dict[str, ComputedField] = field(default_factory=dict)
    relationships: dict[str, RelationshipField] = field(default_factory=dict)
    aggregates: dict[str, RelationshipField] = field(default_factory=dict)
    nested: dict[str, RelationshipField] = field(default_factory=dict)
    primary_key: tuple[ColumnField, ...] = ()
    unique: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    selectable: bool = True
    row_filter: BoolExp = TRUE
    row_limit: int | None = None
    aggregations: bool = True
    insert: InsertRule | None = None
    update: UpdateRule | None = None
    delete: DeleteRule | None = None
    explicit_comment: bool = False

    @property
    def plain_computed(self) -> dict[str, ComputedField]:
        """The computed fields that ask for no argument: only those stand in conditions and orders."""
        return {name: computed for name, computed in self.computed.items() if not computed.inputs}

    @property
    def orderable_computed(self) -> dict[str, ComputedField]:
        """What may stand in an order: plain scalars, and the aggregates of plain rows."""
        found: dict[str, ComputedField] = {}
        for name, computed in self.plain_computed.items():
            if computed.table is None:
                found[name] = computed
            elif computed.table.aggregations:
                found[f"{name}_aggregate"] = computed
        return found

    @property
    def numeric_columns(self) -> list[ColumnField]:
        return [column for column in self.columns.values() if column.scalar.is_numeric]

    @property
    def comparable_columns(self) -> list[ColumnField]:
        return [column for column in self.columns.values() if column.scalar.is_comparable]


def aggregated_computed(table: TableType, function: str) -> dict[str, ComputedField]:
    """The computed fields that an aggregate function takes."""
    if function in NUMERIC_AGGREGATES:
        return {n: c for n, c in table.computed.items() if c.scalar is not None and c.scalar.is_numeric}
    if function in COMPARABLE_AGGREGATES:
        return {n: c for n, c in table.computed.items() if c.scalar is not None and c.scalar.is_comparable}
    return {}


@dataclass(frozen=True, eq=False)
class FunctionType:
    """A tracked function that returns rows of `table`; `roles` have an explicit permission."""

    name: str
    source: QualifiedName
    table: TableType
    returns_set: bool
    arguments: tuple[FunctionArgument, ...]
    session_argument: str | None
    comment: str | None
    roles: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[FunctionArgument, ...]:
        """The arguments that a request gives."""
        return tuple(argument for argument in self.arguments if argument.name != self.session_argument)

    @property
    def args_type(self) -> str:
        return f"{self.name}_args"


@dataclass(frozen=True, eq=False)
class ActionField:
    """An action as a root field: its arguments and its answer's type."""

    action: Action
    arguments: Mapping[str, GType]
    output: GType
    types: ActionTypes
    coercers: Coercers


@dataclass(frozen=True, eq=False)
class RootField:
    """One field of query_root, mutation_root or subscription_root."""

    name: str
    kind: RootKind
    table: TableType | None = None
    function: FunctionType | None = None
    action: ActionField | None = None
    comment: str | None = None


@dataclass(frozen=True, eq=False)
class RoleSchema:
    """What one role may name; `backend_only` with what is for trusted backends only.

    For the plan's key: `structural_types` are input types whose structure decides the SQL, `enum_bearing` those
    of them whose JSON strings may be enum values, `cursor_types` those whose JSON strings may be the order of a
    cursor, `row_types` those that travel as data whatever is in them.
    """

    role: str
    backend_only: bool
    query: Mapping[str, RootField]
    mutation: Mapping[str, RootField]
    subscription: Mapping[str, RootField]
    tables: Mapping[str, TableType]
    structural_types: frozenset[str]
    enum_bearing: frozenset[str]
    cursor_types: frozenset[str]
    row_types: frozenset[str]
    action_types: ActionTypes


@dataclass(frozen=True, eq=False)
class Schema:
    """The schema of admin and, derived from it, of every other role."""

    admin: RoleSchema
    roles: Mapping[tuple[str, bool], RoleSchema]
    inconsistencies: tuple[Inconsistency, ...]

    def for_role(self, role: str, backend_only: bool = False) -> RoleSchema:
        """What `role` sees. A role that no metadata names sees nothing."""
        if role == self.admin.role:
            return self.admin
        known = self.roles.get((role, backend_only)) or self.roles.get((role, False))
        return known if known is not None else self.roles["", False]
