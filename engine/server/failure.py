"""Errors of Hasura's administration endpoints (/v1/metadata, /v2/query), which are not GraphQL's.

In: a text, one of Hasura's codes, the JSON path of the offending part of the request. Out: `ApiFailure` with the body
`{"path", "error", "code", "internal"?}` and an HTTP status.
"""

from __future__ import annotations

from typing import Any

from lictor.engine.metadata import MetadataError

ARGS = "$.args"


class ApiFailure(Exception):
    """One refusal. `internal` is Hasura's word for details: inconsistent objects, or what Postgres said."""

    def __init__(
        self, error: str, code: str, *, path: str = ARGS, status: int = 400, internal: Any = None
    ) -> None:
        super().__init__(error)
        self.error = error
        self.code = code
        self.path = path
        self.status = status
        self.internal = internal

    @property
    def body(self) -> dict[str, Any]:
        """The response body."""
        body = {"path": self.path, "error": self.error, "code": self.code}
        return body if self.internal is None else {"internal": self.internal, **body}

    def inside(self, path: str) -> ApiFailure:
        """The same failure of a command that stands at `path` of a bulk."""
        return ApiFailure(
            self.error,
            self.code,
            path=path + self.path.removeprefix("$"),
            status=self.status,
            internal=self.internal,
        )


def malformed(error: MetadataError, path: str = "$") -> ApiFailure:
    """The request does not say what it must; `path` is where the document at fault stands in it."""
    return ApiFailure(error.problem, "parse-failed", path=path + error.path.removeprefix("$"))
