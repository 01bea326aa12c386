"""A Hasura CLI v3 project becomes one metadata document: the dictionary that a Hasura is sent.

In: the project's directory (`metadata/*.yaml`, `metadata/actions.graphql`). Out: the dictionary that `/v1/metadata`
takes as `metadata` in `replace_metadata` version 2. Raises MetadataError, naming the file.
"""

from pathlib import Path
from typing import Any

from lictor.engine.metadata import read_directory


def export_metadata(project: Path) -> dict[str, Any]:
    """The metadata document of the project in `project` (the directory with config.yaml, or its metadata/)."""
    return read_directory(project, defaults=False)
