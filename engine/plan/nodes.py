"""The plan: what to read, with every name resolved and every value either fixed or a parameter.

Out of the plan stage, into the SQL stage. Frozen data only. `where` is the user's filter; the role's filter is
its table's `row_filter`, which the SQL stage adds wherever rows of the table are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from graphql import FieldNode

from lictor.engine.expressions import TRUE, BoolExp, FunctionCall, Param, Source
from lictor.engine.schema.model import (
    ActionField,
    ColumnField,
    ComputedField,
    RelationshipField,
    TableType,
)
from lictor.engine.schema.scalars import Scalar

# --- order ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderColumn:
    column: ColumnField | ComputedField


@dataclass(frozen=True, slots=True)
class OrderAggregate:
    """An aggregate over related rows; `column` is None for count."""

    function: str
    column: ColumnField | None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """`through` are the relationships, or fields that return rows, from the ordered table to the target's."""

    through: tuple[RelationshipField | ComputedField, ...]
    target: OrderColumn | OrderAggregate
    direction: str


# --- selections -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypenameLeaf:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ColumnLeaf:
    """`path` is the `path` argument of json columns, `call` what a computed field asks of its function."""

    key: str
    column: ColumnField | ComputedField
    path: Param | None
    call: FunctionCall | None = None


@dataclass(frozen=True, slots=True)
class RelationLeaf:
    """A related row or related rows."""

    key: str
    relationship: RelationshipField
    select: Select


@dataclass(frozen=True, slots=True)
class ComputedRowsLeaf:
    """The rows that a computed field returns."""

    key: str
    select: Select


@dataclass(frozen=True, slots=True)
class RelationAggregateLeaf:
    key: str
    relationship: RelationshipField
    aggregate: AggregateSelect


Leaf = TypenameLeaf | ColumnLeaf | RelationLeaf | ComputedRowsLeaf | RelationAggregateLeaf


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows, in which order, how many: what `select` and `aggregate` have in common.

    `call`: they are those a function returns.
    """

    table: TableType
    call: FunctionCall | None = None
    where: BoolExp = TRUE
    order_by: tuple[OrderItem, ...] = ()
    distinct_on: tuple[ColumnField, ...] = ()
    limit: Param | None = None
    offset: Param | None = None


@dataclass(frozen=True, slots=True)
class Select:
    rows: Rows
    fields: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class CountField:
    key: str
    columns: tuple[ColumnField, ...]
    distinct: bool


@dataclass(frozen=True, slots=True)
class FunctionFields:
    """`sum { a b }`: one SQL aggregate over several columns."""

    key: str
    function: str
    columns: tuple[TypenameLeaf | ColumnLeaf, ...]


@dataclass(frozen=True, slots=True)
class AggregateFields:
    key: str
    fields: tuple[CountField | FunctionFields | TypenameLeaf, ...]


@dataclass(frozen=True, slots=True)
class NodesField:
    key: str
    fields: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class AggregateSelect:
    rows: Rows
    fields: tuple[AggregateFields | NodesField | TypenameLeaf, ...]


# --- mutations --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnConflict:
    """What happens to rows that are there already: `update` and the presets, if they fulfil `where`.

    `update` empty means: nothing. `where` is the user's condition and the role's filter.
    """

    constraint: str
    update: tuple[ColumnField, ...]
    presets: tuple[tuple[ColumnField, Param], ...]
    where: BoolExp


# Reads the on_conflict of nested objects, which travel as data. Its parameters read the variable CONFLICT_KEY.
ReadConflict = Callable[[TableType, Any, str], OnConflict]


@dataclass(frozen=True, slots=True, eq=False)
class Insert:
    """Rows travel as data, so that one plan serves any rows; columns they do not name take their defaults.

    `rows` is where they come from, `path` is where they stand in the request.
    """

    table: TableType
    rows: Source
    path: str
    on_conflict: OnConflict | None
    read_conflict: ReadConflict


@dataclass(frozen=True, slots=True)
class Assignment:
    """`operand` None sets NULL; `sql` is the operator's."""

    column: ColumnField
    sql: str
    operand: Param | None


@dataclass(frozen=True, slots=True)
class Update:
    """`where` is the user's condition and the role's filter; presets are among the assignments."""

    table: TableType
    where: BoolExp
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    table: TableType
    where: BoolExp


@dataclass(frozen=True, slots=True)
class AffectedRows:
    key: str


@dataclass(frozen=True, slots=True)
class Returning:
    key: str
    fields: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class MutationRoot:
    """A change and what is told of it: a `<table>_mutation_response` or, if `single`, the row itself.

    `path` is where the errors that the database finds point to.
    """

    key: str
    change: Insert | Update | Delete
    response: tuple[AffectedRows | Returning | TypenameLeaf, ...]
    row: tuple[Leaf, ...]
    single: bool
    path: str


@dataclass(frozen=True, slots=True)
class UpdateManyRoot:
    """Updates one after the other; each has a response in the list."""

    key: str
    updates: tuple[MutationRoot, ...]


# --- root fields ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SelectRoot:
    """`single` answers an object or null, else a list."""

    key: str
    select: Select
    single: bool


@dataclass(frozen=True, slots=True)
class AggregateRoot:
    key: str
    aggregate: AggregateSelect


@dataclass(frozen=True, slots=True)
class StreamRoot:
    """Rows beyond a cursor, in the order of its column. `after` is the cursor, which moves on with every batch;
    None if it starts at null, beyond which there is nothing."""

    key: str
    select: Select
    cursor: ColumnField
    after: Param | None


ReadArguments = Callable[[Mapping[str, Any], tuple[Any, ...]], dict[str, Any]]
# An object of an answer that waits for related rows: the object, the response key, and the values of the key.
Waiting = tuple[dict[str, Any], str, tuple[Any, ...]]
# The objects that wait, by place in `ActionRoot.joins`.
Found = Sequence[list[Waiting]]
Project = Callable[[Any, Found], Any]


@dataclass(frozen=True, slots=True)
class ActionJoin:
    """Rows of a table beside the output objects of an action.

    The relationship of `leaf` joins columns `c0`, `c1`, … of the objects' keys, whose types are `scalars`.
    """

    leaf: RelationLeaf | RelationAggregateLeaf
    scalars: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ActionRoot:
    """`read` makes the coerced arguments, `project` fits the handler's answer to the selection."""

    key: str
    action: ActionField
    read: ReadArguments
    project: Project
    joins: tuple[ActionJoin, ...] = ()

    def fit(self, answer: Any) -> tuple[Any, Found]:
        """The answer as it was asked for, and the objects in it that wait for rows of each of `joins`.

        Raises GraphQLFailure if the answer is not of the action's output type.
        """
        found: Found = tuple([] for _ in self.joins)
        return self.project(answer, found), found


@dataclass(frozen=True, slots=True)
class TypenameRoot:
    key: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class IntrospectionRoot:
    """`__schema` or `__type`; answered by graphql-core over the schema as graphql-core's objects."""

    key: str
    node: FieldNode


Root = (
    SelectRoot
    | AggregateRoot
    | StreamRoot
    | MutationRoot
    | UpdateManyRoot
    | ActionRoot
    | TypenameRoot
    | IntrospectionRoot
)


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """One operation for one role: its root fields in document order."""

    kind: Literal["query", "mutation", "subscription"]
    role: str
    roots: tuple[Root, ...]
