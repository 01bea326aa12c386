"""Stage 0: the metadata document of Hasura's API, read from a CLI v3 directory or given, becomes frozen dataclasses.

Knows no database.
"""

from lictor.engine.metadata.directory import load, read_directory
from lictor.engine.metadata.document import Document, MetadataError, empty_document, upgraded
from lictor.engine.metadata.files import read_document
from lictor.engine.metadata.model import Metadata
from lictor.engine.metadata.parse import parse

__all__ = [
    "Document",
    "Metadata",
    "MetadataError",
    "empty_document",
    "load",
    "parse",
    "read_directory",
    "read_document",
    "upgraded",
]
