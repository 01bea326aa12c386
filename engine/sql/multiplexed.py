"""A subscription's statement: one for many sets of parameters.

In: the plan of a subscription. Out: `MultiplexedStatement`. Its parameters are array literals, one for each
parameter of the plan, of equal length; unnested, they are a row for each set (a cohort), beside which the root
field's select runs. Lists are array literals within, because arrays of arrays must be rectangular. The values are cast
where they are used, by Postgres, as in every other statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lictor.engine.expressions import Param
from lictor.engine.plan.nodes import AggregateRoot, ColumnLeaf, OperationPlan, SelectRoot, StreamRoot
from lictor.engine.sql.conditions import param_sql
from lictor.engine.sql.fragment import Sql, cat, ident
from lictor.engine.sql.params import Encode, encoder, quoted_item
from lictor.engine.sql.select import SelectBuilder, json_object

# No GraphQL name and no alias of a select has a space: these never hide anything.
COHORT = '"the cohort"'
BATCH = '"the batch"'
CURSOR = "the cursor"
MAX_JUDGED = 100  # a function takes at most 100 arguments


@dataclass(frozen=True, eq=False)
class MultiplexedStatement:
    """Rows of (number, answer), for streams (number, answer, cursor).

    The number is the 1-based place of the set of parameters, the answer is json as text. A stream has no row for
    a set that selects nothing; its cursor is the last row's value, to be sent as parameter `cursor` (an index, or
    None if the stream has none) next time. `key` is the response key.
    """

    text: str
    encoders: tuple[Encode, ...]
    key: str
    streaming: bool
    cursor: int | None


def build_multiplexed(plan: OperationPlan, stringify_numbers: bool) -> MultiplexedStatement | None:
    """The statement of a subscription, or None for a plan that is none."""
    builder = SelectBuilder(stringify_numbers)
    root = plan.roots[0]
    if isinstance(root, StreamRoot):
        text, params = _render(cat(f"SELECT {COHORT}.n, answer, cursor FROM "), _stream(builder, root))
        cursor = None if root.after is None else params.index(root.after)
        return MultiplexedStatement(text, tuple(map(encoder, params)), root.key, True, cursor)
    if not isinstance(root, (SelectRoot, AggregateRoot)):
        return None
    text, params = _render(cat(f"SELECT {COHORT}.n, ", builder.root(root), "::text FROM "), cat(""))
    return MultiplexedStatement(text, tuple(map(encoder, params)), root.key, False, None)


def _stream(builder: SelectBuilder, root: StreamRoot) -> Sql:
    """What is joined to the cohorts: each one's rows as json, and the cursor of the last of them."""
    leaves = tuple(replace(leaf, key=f"k{i}") for i, leaf in enumerate(root.select.fields))
    rows = builder.rows_of(replace(root.select, fields=(*leaves, ColumnLeaf(CURSOR, root.cursor, None))))
    pairs = zip(root.select.fields, leaves, strict=True)
    return cat(
        " CROSS JOIN LATERAL (SELECT json_agg(",
        json_object([(asked.key, cat(f"{BATCH}.{ident(leaf.key)}")) for asked, leaf in pairs]),
        f")::text AS answer, (array_agg({BATCH}.{ident(CURSOR)}::text))[count(*)] AS cursor FROM (",
        rows,
        f") AS {BATCH}) AS answers WHERE answer IS NOT NULL",
    )


def _render(before: Sql, after: Sql) -> tuple[str, tuple[Param, ...]]:
    """The text with the cohorts between the two, and its parameters in the order of their arrays."""
    columns: dict[Param, str] = {}
    for part in (*before.parts, *after.parts):
        if isinstance(part, Param):
            columns.setdefault(part, f"{COHORT}.p{len(columns)}")

    def text(fragment: Sql) -> str:
        return "".join(part if isinstance(part, str) else columns[part] for part in fragment.parts)

    names = ", ".join((*(f"p{i}" for i in range(len(columns))), "n"))
    if not columns:
        return f"{text(before)}(VALUES (1)) AS {COHORT}({names}){text(after)}", ()
    arrays = ", ".join(f"${i}::text::text[]" for i in range(1, len(columns) + 1))
    # A value is judged whether or not there are rows to compare it with, as the value of a query is.
    values = [text(_judged(param)) for param in columns]
    judged = " AND ".join(
        f"num_nonnulls({', '.join(values[i : i + MAX_JUDGED])}) >= 0"
        for i in range(0, len(values), MAX_JUDGED)
    )
    source = (
        f"(SELECT * FROM unnest({arrays}) WITH ORDINALITY AS {COHORT}({names}) WHERE {judged}) AS {COHORT}"
    )
    return f"{text(before)}{source}{text(after)}", tuple(columns)


def _judged(param: Param) -> Sql:
    """The parameter as one value."""
    value = param_sql(param)
    if param.use in ("list", "texts") and param.scalar.family == "array":
        return cat("(SELECT count(item) FROM (", value, ") AS items(item))")
    return value


def array_literal(items: Sequence[str]) -> str:
    """The items as Postgres writes a text[]."""
    return "{" + ",".join(map(quoted_item, items)) + "}"
