"""Names of tables and functions in the metadata document."""

from __future__ import annotations

from lictor.engine.metadata.document import Node
from lictor.engine.metadata.model import QualifiedName


def qualified(node: Node) -> QualifiedName:
    """A table's or a function's name: a string, or an object with `schema` and `name`. Raises MetadataError."""
    if isinstance(node.value, dict):
        return QualifiedName(node.text_or_none("schema") or "public", node.text("name"))
    return QualifiedName("public", node.expect(str, what="a name, or an object with schema and name,"))
