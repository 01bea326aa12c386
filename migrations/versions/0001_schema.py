"""The whole schema of the Prefect 1.x API under its names (contract server.md 1)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0001"
down_revision = None

FILES = (
    "extensions",
    "tenants",
    "flows",
    "runs",
    "history",
    "partitions",
    "traversal",
    "triggers",
    "indexes",
)


def upgrade() -> None:
    run_sql(*(f"0001_schema/{name}.sql" for name in FILES))


def downgrade() -> None:
    run_sql("0001_schema/down.sql")
