"""Users and their API keys, key-value pairs and secrets: what only Prefect Cloud had (contract ui-and-cloud.md B.3)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql("0006_cloud/accounts.sql", "0006_cloud/values.sql")


def downgrade() -> None:
    run_sql("0006_cloud/down.sql")
