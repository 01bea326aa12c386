"""Runs the `.sql` files that stand beside a revision."""

from pathlib import Path

from alembic import op

_VERSIONS = Path(__file__).parent / "versions"


def run_sql(*names: str) -> None:
    """Execute the files `versions/<name>` in order, in the revision's transaction."""
    # The driver's own connection: many statements in one string, and `%` means itself.
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    for name in names:
        connection.execute((_VERSIONS / name).read_text(encoding="utf-8"))
