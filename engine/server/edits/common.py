"""What the edits share: places in the metadata document, and what an edit is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lictor.engine.metadata import Document
from lictor.engine.metadata.document import Node
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.metadata.names import qualified
from lictor.engine.server.failure import ApiFailure


@dataclass(frozen=True)
class Edit:
    """`touched` is the name of the object as inconsistencies name it ("table author in source default").

    `drops`: something was taken away; what then becomes inconsistent depended on it, and goes too if `cascade`.
    """

    touched: str = ""
    drops: bool = False
    cascade: bool = False


Command = Callable[[Document, Node], Edit]


def source_of(document: Document, args: Node) -> tuple[str, Document]:
    name = args.text_or_none("source") or "default"
    for source in document["sources"]:
        if source.get("name") == name:
            return name, source
    raise ApiFailure(f'source with name "{name}" does not exist', "not-exists")


def entries_of(owner: Document, key: str) -> list[Document]:
    """The array under `key`, made if it is absent."""
    if owner.get(key) is None:
        owner[key] = []
    return owner[key]


def name_of(value: Any) -> QualifiedName:
    return qualified(Node(value))


def lookup(source: Document, array: str, key: str, name: QualifiedName) -> Document | None:
    return next((one for one in source.get(array) or () if name_of(one[key]) == name), None)


@dataclass
class Tracked:
    """A tracked table: its entry in the document and how it is called."""

    source: str
    name: QualifiedName
    entry: Document

    def touched(self, kind: str, name: str) -> str:
        return f"{kind} {name} in table {self.name} in source {self.source}"


def table_of(document: Document, args: Node, key: str = "table") -> Tracked:
    source_name, source = source_of(document, args)
    name = qualified(args[key])
    entry = lookup(source, "tables", "table", name)
    if entry is None:
        raise ApiFailure(f'table "{name}" does not exist in source: {source_name}', "not-exists")
    return Tracked(source_name, name, entry)


def written(name: QualifiedName) -> dict[str, str]:
    return {"name": name.name, "schema": name.schema}


def given(args: Node, *keys: str) -> Document:
    """The members of the arguments that are there."""
    return {key: args.value[key] for key in keys if args.value.get(key) is not None}


def remove(entries: list[Document], key: str, value: str) -> bool:
    """Takes away the entry whose `key` is `value`; whether there was one."""
    for index, entry in enumerate(entries):
        if entry.get(key) == value:
            del entries[index]
            return True
    return False


def wrapped(args: Node, key: str) -> Node:
    """The arguments with the object's name under `key`; the older form of a command is the name alone."""
    if isinstance(args.value, dict) and ("name" not in args.value or key in args.value):
        return args
    return Node({key: args.value}, args.place)
