"""The bounds that one request has to keep.

The settings come in, a frozen record goes out that is read on every request. Nothing here enforces a
bound; each is enforced where the thing it bounds is read or run.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request.

    `body` bytes of a request body, also after decompression (contract client.md 4.4). `body_seconds` in which
    it has to arrive. `depth` levels of an operation (server.md 3.1). `batch` operations in one array and
    `batch_concurrency` of them at once (the original UI sends up to 25, ui-and-cloud.md A.0.2).
    `database_wait` seconds for which a request waits for a database that is away: below the 15 s after
    which the client repeats the call (client.md 1.3). `requests` under way in one process: more would be
    answered too late, so they are told at once to come again. `sockets` open in one process, and `socket_operations`
    that run on each of them at once.
    """

    body: int
    depth: int
    body_seconds: float = 60.0
    batch: int = 100
    batch_concurrency: int = 4
    database_wait: float = 8.0
    requests: int = 2000
    sockets: int = 2000
    socket_operations: int = 100

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The bounds that `settings` ask for."""
        return cls(
            body=settings.body_limit,
            depth=settings.depth_limit,
            batch=settings.batch_limit,
            database_wait=settings.database_wait,
            sockets=settings.sockets_limit,
            socket_operations=settings.socket_operations_limit,
        )
