"""The metadata document: what `replace_metadata` takes and `export_metadata` gives.

`Node` is a place in it that is read with what is expected there. Raises MetadataError with the JSON path of what is
missing or of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lictor.engine.errors import ROOT_PATH, at_index, at_key

Document = dict[str, Any]
Place = tuple[str | int, ...]

_GRAPHQL_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_KINDS = {
    dict: "an object", list: "an array", str: "a string", bool: "true or false", int: "a number",
    float: "a number", type(None): "null",
}  # fmt: skip


class MetadataError(Exception):
    """The metadata cannot be read.

    The message names the file, or the place in the document, which is also `path` (a JSON path, "$" if the whole is
    meant); `problem` is the message without the place.
    """

    def __init__(self, problem: str, path: str = ROOT_PATH) -> None:
        super().__init__(problem if path == ROOT_PATH else f"{path}: {problem}")
        self.problem = problem
        self.path = path


def json_path(place: Place) -> str:
    """The place as Hasura writes JSON paths: `$.sources[0].tables`."""
    path = ROOT_PATH
    for step in place:
        path = at_key(path, step) if isinstance(step, str) else at_index(path, step)
    return path


def kind_of(value: Any) -> str:
    """What a JSON value is, for people."""
    return _KINDS.get(type(value), type(value).__name__)


def empty_document(source: str = "default") -> Document:
    """What a Hasura with HASURA_GRAPHQL_DATABASE_URL serves before anybody has told it anything."""
    return {
        "version": 3,
        "sources": [
            {
                "name": source,
                "kind": "postgres",
                "tables": [],
                "configuration": {
                    "connection_info": {
                        "database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"},
                        "isolation_level": "read-committed",
                        "use_prepared_statements": True,
                    }
                },
            }
        ],
    }


def upgraded(document: Any, source: str = "default") -> Document:
    """The document in version 3: that of versions 1 and 2 has its tables and functions at the top.

    Raises MetadataError if it is no object or of a version nobody knows.
    """
    if not isinstance(document, dict):
        raise MetadataError(f"the metadata must be an object, found {kind_of(document)}")
    version = document.get("version", 3 if "sources" in document else 1)
    if version == 3 and type(version) is int:
        return {"version": 3, "sources": [], **document}
    if version not in (1, 2) or type(version) is not int:
        raise MetadataError(f"metadata format version 3 is expected, found {version!r}", "$.version")
    rest = {key: value for key, value in document.items() if key not in {"version", "tables", "functions"}}
    upgrade = empty_document(source)
    upgrade["sources"][0]["tables"] = document.get("tables") or []
    functions = document.get("functions") or []
    if not isinstance(functions, list):
        raise MetadataError(f"an array is expected, found {kind_of(functions)}", "$.functions")
    upgrade["sources"][0]["functions"] = [
        item if isinstance(item, dict) and "function" in item else {"function": item} for item in functions
    ]
    return upgrade | rest


def at(document: Any, place: Place) -> Any:
    """The value at `place`."""
    for step in place:
        document = document[step]
    return document


class Node:
    """A value of the document and where it stands."""

    __slots__ = ("place", "value")

    def __init__(self, value: Any, place: Place = ()) -> None:
        self.value = value
        self.place = place

    def refuse(self, problem: str) -> MetadataError:
        """The error that says what is wrong here."""
        return MetadataError(problem, json_path(self.place))

    def expect(self, *kinds: type, what: str) -> Any:
        """The value, which must be of one of `kinds`."""
        # bool is an int to Python
        if not isinstance(self.value, kinds) or (isinstance(self.value, bool) and bool not in kinds):
            raise self.refuse(f"{what} is expected, found {kind_of(self.value)}")
        return self.value

    @property
    def object(self) -> Mapping[str, Any]:
        return self.expect(dict, what="an object")

    def maybe(self, key: str) -> Node | None:
        """What stands under `key`; None if it is absent or null."""
        value = self.object.get(key)
        return None if value is None else Node(value, (*self.place, key))

    def __getitem__(self, key: str) -> Node:
        """What stands under `key`, which must be there."""
        if self.object.get(key) is None:
            raise self.refuse(f"the key {key!r} is missing")
        return Node(self.value[key], (*self.place, key))

    def items(self, key: str) -> Iterator[Node]:
        """The elements of the array under `key`; none if it is absent."""
        node = self.maybe(key)
        return node.elements() if node else iter(())

    def elements(self) -> Iterator[Node]:
        for index, value in enumerate(self.expect(list, what="an array")):
            yield Node(value, (*self.place, index))

    def members(self, key: str) -> Iterator[tuple[str, Node]]:
        """The members of the object under `key`; none if it is absent."""
        node = self.maybe(key)
        for name, value in node.object.items() if node else ():
            assert node is not None
            yield name, Node(value, (*node.place, name))

    def text(self, key: str) -> str:
        """The string under `key`, which must be there and not empty."""
        text = self[key].expect(str, what="a string")
        if not text:
            raise self[key].refuse("a string that is not empty is expected")
        return text

    def text_or_none(self, key: str) -> str | None:
        node = self.maybe(key)
        return node.expect(str, what="a string") if node else None

    def graphql_name(self, key: str) -> str:
        """The string under `key`, which GraphQL must accept as a name."""
        return self[key].as_graphql_name()

    def as_graphql_name(self) -> str:
        text = self.expect(str, what="a name")
        if not _GRAPHQL_NAME.fullmatch(text):
            raise self.refuse(f"{text!r} is not a valid GraphQL name")
        return text

    def flag(self, key: str, *, default: bool = False) -> bool:
        node = self.maybe(key)
        return default if node is None else node.expect(bool, what="true or false")
