"""Stage 2: names are resolved against the schema; out comes a frozen plan, or Hasura's validation error."""

from lictor.engine.plan.compiler import compile_operation
from lictor.engine.plan.nodes import OperationPlan

__all__ = ["OperationPlan", "compile_operation"]
