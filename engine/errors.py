"""Errors as a Hasura v2 client sees them.

In: a message, the JSON path of the offending part of the request, and one of Hasura's error codes.
Out: `GraphQLFailure`, whose `errors` list is the body's "errors" member, word for word.
Never: HTTP statuses (the servers in front choose those) and never a Python traceback in a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["syntax", "validation", "coercion", "data", "action", "internal"]

ROOT_PATH = "$"


class GraphQLFailure(Exception):
    """One or more errors in Hasura's shape.

    `errors` is a list of `{"message": str, "extensions": {"path": str, "code": str}}`.
    `kind` tells which stage refused: "syntax" (the document does not parse), "validation" (it does not fit
    the schema), "coercion" (a variable or literal does not fit its type), "data" (Postgres refused a value or
    a constraint), "action" (a handler refused), "internal" (a fault of ours or of the database).
    """

    def __init__(self, errors: list[dict[str, Any]], kind: Kind = "validation") -> None:
        super().__init__(errors[0]["message"] if errors else "")
        self.errors = errors
        self.kind: Kind = kind

    @classmethod
    def of(
        cls,
        message: str,
        *,
        path: str = ROOT_PATH,
        code: str = "validation-failed",
        kind: Kind = "validation",
    ) -> GraphQLFailure:
        """The usual case: exactly one error."""
        return cls([{"message": message, "extensions": {"path": path, "code": code}}], kind)

    @property
    def body(self) -> dict[str, Any]:
        """The response body: `{"errors": [...]}` without "data", as Hasura answers."""
        return {"errors": self.errors}


def invalid(message: str, path: str) -> GraphQLFailure:
    """The document does not fit the schema (`validation-failed`)."""
    return GraphQLFailure.of(message, path=path)


def uncoercible(message: str, path: str, code: str = "validation-failed") -> GraphQLFailure:
    """A variable or a literal does not fit the type of its place."""
    return GraphQLFailure.of(message, path=path, code=code, kind="coercion")


def internal_error() -> GraphQLFailure:
    """A fault of ours, of which the client is told nothing more."""
    return GraphQLFailure.of("internal error", code="unexpected", kind="internal")


def at_key(path: str, key: str) -> str:
    """`path` one object key deeper, written as Hasura writes JSON paths."""
    if key.isidentifier():
        return f"{path}.{key}"
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{quoted}']"


def scientific(value: float) -> str:
    """A number as Hasura shows one it refuses: 12.5, 2.147483648e9."""
    number = Decimal(str(value))
    if not number.is_finite():
        return str(value)
    number = number.normalize()
    sign, digits, _ = number.as_tuple()
    exponent = number.adjusted()
    if 0 <= exponent < 7 or exponent == -1:
        text = f"{number:f}"
        return text if "." in text else f"{text}.0"
    shown = "".join(map(str, digits))
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}e{exponent}"


def at_index(path: str, index: int) -> str:
    """`path` one list index deeper."""
    return f"{path}[{index}]"


def one_of(values: Sequence[str]) -> str:
    """Hasura's wording of the possible values of an enum."""
    return "one of the values [" + ", ".join(f"'{v}'" for v in values) + "]"
