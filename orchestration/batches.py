"""Doing something batch by batch until nothing is left, each batch a statement or a short transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


async def in_batches(batch: Callable[[], Awaitable[int]], size: int) -> int:
    """Call `batch`, which does up to `size` things and says how many, until it does fewer; how many in all."""
    total = 0
    while True:
        done = await batch()
        total += done
        if done < size:
            return total
