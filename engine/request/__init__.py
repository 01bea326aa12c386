"""Stage 1: text and variables become a parsed operation and a literal-free key. Knows no schema."""

from lictor.engine.request.document import Operation, read_operation
from lictor.engine.request.lexer import Lifted, lift
from lictor.engine.request.variables import Shape, VariableSpec

__all__ = ["Lifted", "Operation", "Shape", "VariableSpec", "lift", "read_operation"]
