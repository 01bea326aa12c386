"""Stage 3: a plan becomes one SQL statement and its parameter encoders. Pure text; connects to nothing."""

from lictor.engine.sql.statement import Statement, build_statement

__all__ = ["Statement", "build_statement"]
