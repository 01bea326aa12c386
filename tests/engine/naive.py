"""What SQL says of values, written plainly for the evaluators of tests: three-valued logic, comparisons, order.

Knows nothing of the engine.
"""

from __future__ import annotations

from typing import Any

Truth = bool | None  # None is unknown


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def all_of(truths: list[Truth]) -> Truth:
    return False if False in truths else None if None in truths else True


def any_of(truths: list[Truth]) -> Truth:
    return True if True in truths else None if None in truths else False


def compare(name: str, left: Any, right: Any) -> Truth:
    """One operator of a comparison expression."""
    if name == "_is_null":
        return (left is None) == right
    if name == "_in":
        return False if not right else None if left is None else left in right
    if name == "_nin":
        return True if not right else None if left is None else left not in right
    if left is None or right is None:
        return None
    return {
        "_eq": lambda: left == right,
        "_neq": lambda: left != right,
        "_gt": lambda: left > right,
        "_lt": lambda: left < right,
        "_gte": lambda: left >= right,
        "_lte": lambda: left <= right,
    }[name]()


def in_order(one: Any, other: Any, direction: str) -> int:
    """-1, 0 or 1: which comes first in one of Hasura's six directions."""
    if one == other:
        return 0
    descending = direction.startswith("desc")
    if one is None or other is None:
        first = direction.endswith("first") if "nulls" in direction else descending
        return (-1 if first else 1) * (1 if one is None else -1)
    return (1 if one > other else -1) * (-1 if descending else 1)
