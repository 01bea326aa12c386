"""A change of the metadata under way: a document, and the state the engine would serve of it.

Never: touches what is served. The catalog is read once, when first needed, so that what run_sql has just made is seen.
"""

from __future__ import annotations

import orjson

from lictor.engine.api import Engine, EngineState
from lictor.engine.catalog import Catalog
from lictor.engine.metadata import Document, empty_document
from lictor.engine.schema import Inconsistency


class Change:
    """Starts from what the engine serves. `document` is changed through `edit` and `replace` only."""

    def __init__(self, engine: Engine, version: int, catalog: Catalog | None = None) -> None:
        self.engine = engine
        self.version = version
        self.document: Document = engine.state.document
        self.changed = False
        self._catalog = catalog
        self._state: EngineState | None = engine.state

    @property
    def source(self) -> str:
        return self.engine.options.source

    async def state(self) -> EngineState:
        """What the engine would serve. Raises MetadataError if the document cannot be read."""
        if self._state is None:
            self._state = await self.engine.build(self.document, self._catalog)
            self._catalog = self._state.catalog
        return self._state

    async def inconsistencies(self) -> tuple[Inconsistency, ...]:
        return (await self.state()).schema.inconsistencies

    def copy(self) -> Document:
        """The document, for editing."""
        return orjson.loads(orjson.dumps(self.document))

    def replace(self, document: Document, catalog: Catalog | None = None) -> None:
        """`catalog`: what to hold it against, if somebody knows it newer than it can be read."""
        self.document = document
        self._catalog = catalog or self._catalog
        self._state = None
        self.changed = True

    def reload(self) -> None:
        """The document stays, the catalog is read anew."""
        self._catalog = None
        self._state = None
        self.changed = True

    def clear(self) -> None:
        self.replace(empty_document(self.source))

    def mark(self) -> tuple[Document, EngineState | None, bool]:
        """Where `back` returns to."""
        return self.document, self._state, self.changed

    def back(self, mark: tuple[Document, EngineState | None, bool]) -> None:
        self.document, self._state, self.changed = mark
