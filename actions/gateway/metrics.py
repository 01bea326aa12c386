"""What a gateway process counts of itself, for Prometheus.

Calls and answers come in, as they end; samples go out. Labels come from fixed sets (names of actions, statuses, codes),
never from what a client sends. With PROMETHEUS_MULTIPROC_DIR set, the processes that share the directory are one to
whoever scrapes any of them: each writes its numbers into files there.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from pathlib import Path

import asyncpg
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LIVE_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")
# From one short statement to the 15 s after which clients give up (client.md 1.1).
_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)

_registry = CollectorRegistry()
_calls = Histogram(
    "lictor_call_seconds",
    "How long calls took, by action (or query, mutation) and outcome: ok, error, unavailable.",
    ("operation", "outcome"),
    buckets=_BUCKETS,
    registry=_registry,
)
_answers = Counter(
    "lictor_http_responses", "Answers to HTTP requests, by status.", ("status",), registry=_registry
)
_refused = Counter(
    "lictor_refused",
    "Requests and operations refused before they ran, by code.",
    ("code",),
    registry=_registry,
)
_hasura = Histogram(
    "lictor_hasura_seconds",
    "How long a Hasura took to answer (LICTOR_GRAPHQL_URL), by outcome: ok, error, away.",
    ("outcome",),
    buckets=_BUCKETS,
    registry=_registry,
)
_pool = Gauge(
    "lictor_pool_connections",
    "Connections of the processes' pools to Postgres, by state: idle, used.",
    ("state",),
    registry=_registry,
    multiprocess_mode="livesum",
)
_pool_limit = Gauge(
    "lictor_pool_connections_limit",
    "How many connections the pools may open.",
    registry=_registry,
    multiprocess_mode="livesum",
)
_under_way = Gauge(
    "lictor_requests_under_way",
    "GraphQL requests that have not been answered yet.",
    registry=_registry,
    multiprocess_mode="livesum",
)
_sockets = Gauge("lictor_websockets", "Open websockets.", registry=_registry, multiprocess_mode="livesum")
_subscriptions = Gauge(
    "lictor_subscriptions", "Subscriptions that run.", registry=_registry, multiprocess_mode="livesum"
)
_processes = Gauge(
    "lictor_gateway_processes", "Gateway processes.", registry=_registry, multiprocess_mode="livesum"
)
# A child is found again by its labels far faster here than in the library.
_call_timer = functools.lru_cache(maxsize=None)(_calls.labels)
_answer_counter = functools.lru_cache(maxsize=None)(_answers.labels)
_refusal_counter = functools.lru_cache(maxsize=None)(_refused.labels)


def called(operation: str, outcome: str, seconds: float) -> None:
    """A call has ended. `operation` is the name of an action, or query, mutation or subscription."""
    _call_timer(operation, outcome).observe(seconds)


def asked_hasura(outcome: str, seconds: float) -> None:
    """A Hasura has answered, or has not."""
    _hasura.labels(outcome).observe(seconds)


def answered(status: int) -> None:
    """An HTTP request has been answered."""
    _answer_counter(status).inc()


def refused(code: str) -> None:
    """A request was refused, with one of the codes of errors.py."""
    _refusal_counter(code).inc()


def sample(pool: asyncpg.Pool, under_way: int, sockets: int, subscriptions: int) -> None:
    """Write down what this process has in use now."""
    size, idle = pool.get_size(), pool.get_idle_size()
    _pool.labels("idle").set(idle)
    _pool.labels("used").set(size - idle)
    _pool_limit.set(pool.get_max_size())
    _under_way.set(under_way)
    _sockets.set(sockets)
    _subscriptions.set(subscriptions)
    _processes.set(1)


def ended() -> None:
    """This process ends: what it has in use is nothing from now on. What it counted stays."""
    if directory() is not None:
        mark_process_dead(os.getpid())


def directory() -> Path | None:
    """Where processes put their numbers together; None where each is scraped by itself."""
    found = os.environ.get(DIRECTORY_VARIABLE)
    return Path(found) if found else None


def collect() -> Iterable[Metric]:
    """The numbers of this process, or of all that share its directory."""
    place = directory()
    if place is None:
        return list(_registry.collect())
    for path in place.glob("gauge_live*.db"):
        found = _LIVE_FILE.fullmatch(path.name)
        if found is not None and not _is_alive(int(found[1])):
            # It was killed, and could not say so.
            mark_process_dead(int(found[1]))
    return list(MultiProcessCollector(CollectorRegistry()).collect())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
