"""The named SQL statements of `cli/moving/sql/*.sql`, for psycopg: written as those of `orchestration/sql` are."""

from pathlib import Path
from typing import Any

import psycopg

from lictor.orchestration.queries import Statement, load


class Statements:
    """The statements of a file."""

    def __init__(self, name: str) -> None:
        self._statements: dict[str, Statement] = vars(load(str(Path(__file__).parent / "sql" / name)))

    def execute(
        self, connection: psycopg.Connection[Any], name: str, **values: Any
    ) -> psycopg.RawCursor[Any]:
        """Run the statement of a name with its parameters."""
        statement = self._statements[name]
        given = [values[parameter] for parameter in statement.parameters]
        return psycopg.RawCursor(connection).execute(statement.text.encode(), given)
