"""A Hasura CLI v3 project becomes one metadata document: the dictionary that a Hasura is sent.

In: the project's directory (`metadata/*.yaml`, `metadata/actions.graphql`), or a file of one document. Out: the dictionary that `/v1/metadata`
takes as `metadata` in `replace_metadata` version 2. Raises MetadataError, naming the file.
"""

import json
from pathlib import Path
from typing import Any

from lictor.engine.metadata import MetadataError, read_directory


def export_metadata(project: Path) -> dict[str, Any]:
    """The metadata document of the project in `project` (the directory with config.yaml, or its metadata/).

    Of a file: the document in it, as `export_metadata` of a Hasura gives it. Raises MetadataError.
    """
    if project.is_file():
        return _in_file(project)
    return read_directory(project, defaults=False)


def _in_file(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise MetadataError(f"{file} cannot be read as JSON: {error}") from None
    if isinstance(document, dict):
        document = document.get("metadata", document)
    if not isinstance(document, dict) or document.get("version") != 3 or "sources" not in document:
        raise MetadataError(f"{file} holds no metadata of version 3")
    return document
