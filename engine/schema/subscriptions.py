"""What subscription_root offers.

In: the query fields, and the names of the streams by table. Out: the subscription fields, and the input types a
stream's cursor is made of. Actions are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lictor.engine.schema.model import RootField, TableType


def subscription_fields(query: Iterable[RootField], stream_names: Mapping[str, str]) -> list[RootField]:
    """Every query field but actions, and a stream of each table."""
    found: dict[str, RootField] = {}
    for field in query:
        if field.action is not None:
            continue
        found[field.name] = field
        if field.kind == "select" and field.table is not None:
            name = stream_names[field.table.name]
            found.setdefault(name, RootField(name, "stream", field.table))
    return list(found.values())


def cursor_input(table: TableType) -> str:
    """The name of the input type: a cursor's start and its order."""
    return f"{table.name}_stream_cursor_input"


def cursor_value_input(table: TableType) -> str:
    """The name of the input type: the column that is the cursor, with the value it starts from."""
    return f"{table.name}_stream_cursor_value_input"


def cursor_types(tables: Iterable[TableType]) -> frozenset[str]:
    """The input types whose structure decides the SQL of a stream."""
    names = {"cursor_ordering"}
    for table in tables:
        names |= {cursor_input(table), cursor_value_input(table)}
    return frozenset(names)
