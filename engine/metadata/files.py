"""YAML files with includes.

In: a path. Out: plain data. Includes are followed both as the CLI writes them (a string "!include path") and as YAML
tags. Raises MetadataError naming the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lictor.engine.metadata.document import MetadataError

INCLUDE = "!include"


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows the `!include` tag."""


_Loader.add_constructor(INCLUDE, lambda loader, node: f"{INCLUDE} {loader.construct_scalar(node)}")  # pyright: ignore[reportArgumentType]


def read_document(path: Path) -> Any:
    """The YAML document at `path` with every include replaced by the included document.

    Raises MetadataError naming the file that is missing or malformed, or that includes itself.
    """
    return _read(path, ())


def _read(path: Path, open_files: tuple[Path, ...]) -> Any:
    try:
        if (real := path.resolve()) in open_files:
            raise MetadataError(f"{path}: the file includes itself")
        with path.open(encoding="utf-8") as stream:
            # _Loader derives from SafeLoader.
            document = yaml.load(stream, Loader=_Loader)
    except OSError as error:
        raise MetadataError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MetadataError(f"{path}: {error}") from error
    return _resolve(document, path.parent, (*open_files, real))


def _resolve(node: Any, base: Path, open_files: tuple[Path, ...]) -> Any:
    if isinstance(node, str) and node.startswith(INCLUDE + " "):
        return _read(base / node[len(INCLUDE) + 1 :].strip(), open_files)
    if isinstance(node, list):
        return [_resolve(item, base, open_files) for item in node]
    if isinstance(node, dict):
        return {key: _resolve(value, base, open_files) for key, value in node.items()}
    return node
