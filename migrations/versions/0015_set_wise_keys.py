"""Cheaper hot calls: limits looked up by one function, keys checked once a statement (docs/decisions/0018-set-wise-keys.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_sql("0015_set_wise_keys/slots.sql", "0015_set_wise_keys/keys.sql")


def downgrade() -> None:
    run_sql("0015_set_wise_keys/down.sql")
