"""Stage 3: a plan becomes one SQL statement and its parameter encoders. Pure text; connects to nothing."""

from lictor.engine.sql.joins import JoinStatement, build_joins
from lictor.engine.sql.mutations import MutationStatement, StatementList, build_mutation
from lictor.engine.sql.statement import Statement, build_statement

__all__ = [
    "JoinStatement",
    "MutationStatement",
    "Statement",
    "StatementList",
    "build_joins",
    "build_mutation",
    "build_statement",
]
