"""Two transactions at once, in a known order: one statement is sent and left waiting while the other goes on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from psycopg import Connection


def send(connection: Connection, statement: str, *parameters: Any) -> Future[Any]:
    """Run one statement on `connection` in the background; the future's result is its row count, or its error."""
    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(lambda: connection.execute(statement, parameters).rowcount)
    pool.shutdown(wait=False)
    return future


def wait_until_blocked(
    observer: Connection, blocked: Connection, sent: Future[Any], seconds: float = 10
) -> None:
    """Return when the statement `sent` on `blocked` waits for a lock; AssertionError when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not sent.done():
        (waits,) = observer.execute(
            "SELECT cardinality(pg_blocking_pids(%s)) > 0", (blocked.info.backend_pid,)
        ).fetchone() or (False,)
        if waits:
            return
        time.sleep(0.005)
    raise AssertionError("the statement never waited for a lock")


@contextlib.contextmanager
def held_back(
    first: Connection, observer: Connection, second: Connection, statement: str, *parameters: Any
) -> Iterator[Future[Any]]:
    """In the body, `first` has an open transaction; after it `second` runs `statement` until it waits; then `first` commits."""
    with first.transaction():
        future: Future[Any] = Future()
        yield future
        sent = send(second, statement, *parameters)
        wait_until_blocked(observer, second, sent)
    try:
        future.set_result(sent.result(timeout=30))
    except Exception as error:
        future.set_exception(error)
