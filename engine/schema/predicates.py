"""Aggregate predicates: what a filter may ask of related rows taken together.

In: the related table as the role sees it. Out: its predicates with the names Hasura gives their types. count is
over any columns; the others need columns of their own type, and those of two arguments take X and Y.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lictor.engine.schema.model import ColumnField, TableType
from lictor.engine.schema.scalars import BOOLEAN, FLOAT8, INT, Scalar

PAIR = ("X", "Y")
_OF_BOOLEANS = ("bool_and", "bool_or")
_OF_FLOATS = ("avg", "corr", "covar_samp", "max", "min", "stddev_samp", "sum", "var_samp")
_OF_PAIRS = frozenset({"corr", "covar_samp"})
NAMES = ("count", *_OF_BOOLEANS, *_OF_FLOATS)


@dataclass(frozen=True, eq=False)
class AggregatePredicate:
    """One aggregate function in `<table>_aggregate_bool_exp`. `columns` None: any list of columns."""

    table: str
    name: str
    result: Scalar
    columns: Mapping[str, ColumnField] | None

    @property
    def pair(self) -> bool:
        return self.name in _OF_PAIRS

    @property
    def type_name(self) -> str:
        return f"{self.table}_aggregate_bool_exp_{self.name}"

    @property
    def arguments_type(self) -> str:
        return f"{self.type_name}_arguments"

    @property
    def columns_type(self) -> str:
        return columns_type(self.table, self.name)


def columns_type(table: str, function: str) -> str:
    """The enum of the columns that a predicate's function takes."""
    return f"{table}_select_column_{table}_aggregate_bool_exp_{function}_arguments_columns"


def aggregate_predicates(table: TableType) -> list[AggregatePredicate]:
    """The predicates over rows of `table`, in order of name."""
    found = [AggregatePredicate(table.name, "count", INT, None)]
    for names, result in ((_OF_BOOLEANS, BOOLEAN), (_OF_FLOATS, FLOAT8)):
        columns = {
            name: column for name, column in table.columns.items() if column.scalar.pg_type == result.pg_type
        }
        if columns:
            found += [AggregatePredicate(table.name, name, result, columns) for name in names]
    return sorted(found, key=lambda predicate: predicate.name)
