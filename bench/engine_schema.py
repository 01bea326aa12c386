"""A synthetic database and its metadata: tables that refer to one another, for measurements of the engine.

In: how many tables. Out: SQL that makes them, and a metadata document that tracks them with all relationships.
"""

from __future__ import annotations

from typing import Any

COLUMNS = """
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, created timestamptz NOT NULL DEFAULT now(),
    amount numeric, count integer, size bigint, ratio float8, active boolean, data jsonb, labels text[], day date
"""


def tables_sql(tables: int) -> str:
    """CREATE TABLE t0, t1, …; each but the first two refers to two before it."""
    made = []
    for i in range(tables):
        keys = "".join(f", p{k} uuid REFERENCES t{i - k - 1}" for k in range(2) if i > k)
        made.append(f"CREATE TABLE t{i} ({COLUMNS}{keys});")
    return "\n".join(made)


def metadata(tables: int) -> dict[str, Any]:
    """Every table with both ends of every relationship."""
    tracked = []
    for i in range(tables):
        objects = [
            {"name": f"parent{k}", "using": {"foreign_key_constraint_on": f"p{k}"}} for k in range(2) if i > k
        ]
        arrays = [
            {
                "name": f"children{k}",
                "using": {
                    "foreign_key_constraint_on": {
                        "column": f"p{k}", "table": {"schema": "public", "name": f"t{i + k + 1}"}
                    }
                },
            }
            for k in range(2)
            if i + k + 1 < tables
        ]  # fmt: skip
        table = {"schema": "public", "name": f"t{i}"}
        tracked.append({"table": table, "object_relationships": objects, "array_relationships": arrays})
    configuration = {"connection_info": {"database_url": {"from_env": "UNUSED"}}}
    source = {"name": "default", "kind": "postgres", "configuration": configuration, "tables": tracked}
    return {"version": 3, "sources": [source]}
