"""Tenants that are being deleted (docs/decisions/0012-deleted-tenants.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0006"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0006_tenant_deletion/up.sql")


def downgrade() -> None:
    run_sql("0006_tenant_deletion/down.sql")
