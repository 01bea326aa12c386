"""The named statements of `workers/sql/*.sql`."""

from pathlib import Path
from typing import Any

from lictor.orchestration import queries

_SQL = Path(__file__).parent / "sql"

clock: Any = queries.load(str(_SQL / "clock"))
partitions: Any = queries.load(str(_SQL / "partitions"))
