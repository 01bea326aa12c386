"""Values and conditions: what plans and permissions are made of.

In: names already resolved against the schema. Out: `Param`s, which say where a value comes from and how it is
sent, and `BoolExp`s over rows. A user's filter and a role's filter are both `BoolExp`. Frozen data only; everything
is hashable, and equal values are sent once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from lictor.engine.metadata.model import QualifiedName
    from lictor.engine.schema.model import ColumnField, ComputedField, RelationshipField, TableType
    from lictor.engine.schema.operators import Operator
    from lictor.engine.schema.scalars import Scalar

# --- where values come from -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiteralAt:
    """The n-th lifted literal of the document."""

    index: int


@dataclass(frozen=True, slots=True)
class VariableAt:
    """A variable, or a place inside it."""

    name: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the plan (and so in the plan's key). `text` tells 1, 1.0 and True apart."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    items: tuple[tuple[str, Source], ...]


@dataclass(frozen=True, slots=True)
class SessionVariables:
    """The session variables as a JSON object (a function's session argument)."""


@dataclass(frozen=True, slots=True)
class SessionVariable:
    """One session variable as text; `name` in lower case. Missing, it is an error of the request."""

    name: str


Source = LiteralAt | VariableAt | Constant | ListOf | ObjectOf | SessionVariables | SessionVariable
# How a parameter's value is checked and encoded, beside its scalar.
# "text" and "texts" are already text for Postgres to cast, "array" is the text of an array of the scalar.
Use = Literal["scalar", "list", "limit", "offset", "path", "text", "texts", "array"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of the statement. `path` is where errors about it point to."""

    source: Source
    scalar: Scalar
    use: Use
    path: str


# --- calls ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """The argument that takes the row a computed field is of; `table` is the row's type."""

    table: QualifiedName


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call: (name, value, type) of each argument; None is NULL. Unnamed arguments come first, in order."""

    function: QualifiedName
    arguments: tuple[tuple[str | None, Param | Row | None, Scalar], ...]


@dataclass(frozen=True, slots=True)
class AggregateValue:
    """An aggregate over the rows of a group, where a condition speaks of it; without columns it is count(*)."""

    function: str
    columns: tuple[ColumnField, ...]
    distinct: bool
    scalar: Scalar


# --- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class And:
    items: tuple[BoolExp, ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple[BoolExp, ...]


@dataclass(frozen=True, slots=True)
class Not:
    item: BoolExp


# What can be compared.
Operand: TypeAlias = "ColumnField | ComputedField | AggregateValue"


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator operand`; `cast` compares the column as another type (`_cast`)."""

    column: Operand
    operator: Operator
    operand: Param
    cast: Scalar | None = None


@dataclass(frozen=True, slots=True)
class IsNull:
    column: Operand
    negated: bool
    cast: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """Some related row fulfils the condition."""

    relationship: RelationshipField
    where: BoolExp


@dataclass(frozen=True, slots=True)
class ExistsComputed:
    """Some row that a computed field returns fulfils the condition."""

    field: ComputedField
    where: BoolExp


@dataclass(frozen=True, slots=True)
class Aggregated:
    """The related rows of `filter`, taken together, fulfil `predicate`, which speaks of `AggregateValue`s."""

    relationship: RelationshipField
    filter: BoolExp
    predicate: BoolExp


@dataclass(frozen=True, slots=True)
class ExistsIn:
    """Some row of a table that need not be related fulfils the condition (`_exists` of permissions)."""

    table: TableType
    where: BoolExp


@dataclass(frozen=True, slots=True)
class CompareColumns:
    """`column operator other` (`_ceq` … of permissions); `of_root`: `other` is one of the row the permission is of."""

    column: ColumnField
    operator: Operator
    other: ColumnField
    of_root: bool


BoolExp = And | Or | Not | Compare | IsNull | Exists | ExistsComputed | Aggregated | ExistsIn | CompareColumns
TRUE = And(())


def both(one: BoolExp, other: BoolExp) -> BoolExp:
    """The conjunction; TRUE adds nothing."""
    if one == TRUE:
        return other
    return one if other == TRUE else And((one, other))


def either(*items: BoolExp) -> BoolExp:
    """The disjunction; with TRUE in it, it is TRUE."""
    return TRUE if TRUE in items else Or(items) if len(items) != 1 else items[0]
