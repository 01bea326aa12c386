"""Comparison operators by type: which exist, what they are in SQL, what operand they take.

In: a `Scalar`. Out: its operators by GraphQL name. Source: Hasura v2 documentation, "Postgres filter operators".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from lictor.engine.schema.scalars import INT, LQUERY, LTXTQUERY, STRING, Scalar

OperandShape = Literal["one", "many"]


@dataclass(frozen=True, slots=True)
class Operator:
    """`sql` has `{0}` for the column and `{1}` for the operand; `operand` is the operand's (element) scalar."""

    name: str
    sql: str
    operand: Scalar
    shape: OperandShape = "one"


_COMPARISON = {
    "_eq": "{0} = {1}",
    "_neq": "{0} <> {1}",
    "_gt": "{0} > {1}",
    "_lt": "{0} < {1}",
    "_gte": "{0} >= {1}",
    "_lte": "{0} <= {1}",
}
_MEMBERSHIP = {"_in": "{0} = ANY ({1})", "_nin": "{0} <> ALL ({1})"}
_TEXT = {
    "_like": "{0} LIKE {1}",
    "_nlike": "{0} NOT LIKE {1}",
    "_ilike": "{0} ILIKE {1}",
    "_nilike": "{0} NOT ILIKE {1}",
    "_similar": "{0} SIMILAR TO {1}",
    "_nsimilar": "{0} NOT SIMILAR TO {1}",
    "_regex": "{0} ~ {1}",
    "_nregex": "{0} !~ {1}",
    "_iregex": "{0} ~* {1}",
    "_niregex": "{0} !~* {1}",
}
_CONTAINMENT = {"_contains": "{0} @> {1}", "_contained_in": "{0} <@ {1}"}
_EQUALITY = ("_eq", "_neq")
_LTREE = {"_ancestor": "{0} @> {1}", "_descendant": "{0} <@ {1}"}


@cache
def operators(scalar: Scalar) -> dict[str, Operator]:
    """Every operator of the type but `_is_null` and `_cast`, which take no operand of a scalar type."""
    found = {
        name: Operator(name, sql, scalar)
        for name, sql in _COMPARISON.items()
        if scalar.family != "enum" or name in _EQUALITY
    }
    found |= {name: Operator(name, sql, scalar, "many") for name, sql in _MEMBERSHIP.items()}
    if scalar.family == "text":
        found |= {name: Operator(name, sql, scalar) for name, sql in _TEXT.items()}
    if scalar.pg_type == "jsonb" or scalar.family == "array":
        found |= {name: Operator(name, sql, scalar) for name, sql in _CONTAINMENT.items()}
    if scalar.pg_type == "jsonb":
        found["_has_key"] = Operator("_has_key", "{0} ? {1}", STRING)
        found["_has_keys_any"] = Operator("_has_keys_any", "{0} ?| {1}", STRING, "many")
        found["_has_keys_all"] = Operator("_has_keys_all", "{0} ?& {1}", STRING, "many")
    if scalar.pg_type == "ltree":
        found |= _ltree_operators(scalar)
    return found


def _ltree_operators(scalar: Scalar) -> dict[str, Operator]:
    found = {name: Operator(name, sql, scalar) for name, sql in _LTREE.items()}
    found |= {f"{name}_any": Operator(f"{name}_any", sql, scalar, "many") for name, sql in _LTREE.items()}
    found["_matches"] = Operator("_matches", "{0} ~ {1}", LQUERY)
    # lqueries of a list are plain strings to GraphQL
    found["_matches_any"] = Operator("_matches_any", "{0} ? {1}::lquery[]", STRING, "many")
    found["_matches_fulltext"] = Operator("_matches_fulltext", "{0} @ {1}", LTXTQUERY)
    return found


_PATTERNS = {
    "like": "pattern",
    "ilike": "case-insensitive pattern",
    "similar": "SQL regular expression",
    "regex": "POSIX regular expression, case sensitive",
    "iregex": "POSIX regular expression, case insensitive",
}
_TEXTS = {
    f"_{no}{name}": f"does the column {'NOT ' * bool(no)}match the given {pattern}"
    for name, pattern in _PATTERNS.items()
    for no in ("", "n")
}
_JSON_TEXTS = {
    "_contains": "does the column contain the given json value at the top level",
    "_contained_in": "is the column contained in the given json value",
    "_has_key": "does the string exist as a top-level key in the column",
    "_has_keys_any": "do any of these strings exist as top-level keys in the column",
    "_has_keys_all": "do all of these strings exist as top-level keys in the column",
}
_ARRAY_TEXTS = {
    "_contains": "does the array contain the given value",
    "_contained_in": "is the array contained in the given array value",
}
_LTREE_TEXTS = {
    "_ancestor": "is the left argument an ancestor of right (or equal)?",
    "_ancestor_any": "does array contain an ancestor of `ltree`?",
    "_descendant": "is the left argument a descendant of right (or equal)?",
    "_descendant_any": "does array contain a descendant of `ltree`?",
    "_matches": "does `ltree` match `lquery`?",
    "_matches_any": "does `ltree` match any `lquery` in array?",
    "_matches_fulltext": "does `ltree` match `ltxtquery`?",
}


def operator_text(name: str, scalar: Scalar) -> str | None:
    """Hasura's description of an operator, if it has one."""
    special = {"json": _JSON_TEXTS, "array": _ARRAY_TEXTS}.get(scalar.family, _LTREE_TEXTS)
    return _TEXTS.get(name) or special.get(name)


# `_cast: {String: {...}}`: the types a column of the type may be compared as.
CASTS: dict[str, dict[str, Scalar]] = {"jsonb": {"String": STRING}}

# `_ceq` …: comparisons with another column, in permissions only; the operand's scalar is not used.
COLUMN_OPERATORS = {
    f"_c{name[1:]}": Operator(f"_c{name[1:]}", sql, STRING) for name, sql in _COMPARISON.items()
}

# order_by values.
DIRECTIONS = {
    "asc": "ASC NULLS LAST",
    "asc_nulls_first": "ASC NULLS FIRST",
    "asc_nulls_last": "ASC NULLS LAST",
    "desc": "DESC NULLS FIRST",
    "desc_nulls_first": "DESC NULLS FIRST",
    "desc_nulls_last": "DESC NULLS LAST",
}
NUMERIC_AGGREGATES = (
    "avg", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
)  # fmt: skip
COMPARABLE_AGGREGATES = ("max", "min")

# Update operators: SQL of the new value; {0} is the column, {1} the operand. None takes the column's own type.
UPDATE_OPERATORS: dict[str, tuple[str, Scalar | None]] = {
    "_set": ("{1}", None),
    "_inc": ("{0} + {1}", None),
    "_append": ("{0} || {1}", None),
    "_prepend": ("{1} || {0}", None),
    "_delete_key": ("{0} - {1}", STRING),
    "_delete_elem": ("{0} - {1}", INT),
    "_delete_at_path": ("{0} #- {1}", STRING),
}


def update_operator_takes(operator: str, scalar: Scalar) -> bool:
    """May the operator be used on a column of the type?"""
    if operator == "_set":
        return True
    return scalar.is_numeric if operator == "_inc" else scalar.pg_type == "jsonb"
