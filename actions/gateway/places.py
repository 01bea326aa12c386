"""How many may be in at once."""

from __future__ import annotations

from types import TracebackType

from lictor.actions.gateway.errors import Unavailable


class Places:
    """As a context: one place, given back at its end. Raises Unavailable when all are taken."""

    def __init__(self, most: int, refusal: str) -> None:
        self.taken = 0
        self._most = most
        self._refusal = refusal

    def __enter__(self) -> None:
        if self.taken >= self._most:
            raise Unavailable(self._refusal)
        self.taken += 1

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.taken -= 1
