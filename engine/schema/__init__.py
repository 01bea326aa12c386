"""Stage 0: metadata and catalog become the schema that requests are resolved against."""

from lictor.engine.schema.build import build
from lictor.engine.schema.inconsistency import Inconsistency
from lictor.engine.schema.model import RoleSchema, RootField, Schema, TableType

__all__ = ["Inconsistency", "RoleSchema", "RootField", "Schema", "TableType", "build"]
