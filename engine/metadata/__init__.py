"""Stage 0: a Hasura CLI v3 metadata directory becomes frozen dataclasses. Knows no database."""

from lictor.engine.metadata.loader import MetadataError, load, read_document
from lictor.engine.metadata.model import Metadata

__all__ = ["Metadata", "MetadataError", "load", "read_document"]
