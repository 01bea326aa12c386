"""A bounded least-recently-used map. Large documents are read in threads of their own, hence the lock."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LRU(Generic[K, V]):
    """At most `size` entries, and at most `max_weight` of their weights together; the one unused for longest
    goes first. An entry heavier than that is not kept at all."""

    __slots__ = ("_entries", "_lock", "_weights", "max_weight", "size", "weight")

    def __init__(self, size: int, max_weight: int | None = None) -> None:
        self.size = size
        self.max_weight = max_weight
        self.weight = 0
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._weights: dict[K, int] = {}
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def put(self, key: K, value: V, weight: int = 1) -> None:
        if self.max_weight is not None and weight > self.max_weight:
            return
        with self._lock:
            self.weight += weight - self._weights.get(key, 0)
            self._entries[key] = value
            self._entries.move_to_end(key)
            self._weights[key] = weight
            while len(self._entries) > self.size or (
                self.max_weight is not None and self.weight > self.max_weight
            ):
                oldest, _ = self._entries.popitem(last=False)
                self.weight -= self._weights.pop(oldest)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._weights.clear()
            self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)
