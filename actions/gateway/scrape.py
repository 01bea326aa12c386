"""GET /metrics: the numbers of the gateway processes and of the database, in Prometheus' text form.

Request headers and the client's address come in, a page goes out or a refusal. What stands in the database (queue,
duties, leader, outbox) is asked by one statement, at most every few seconds however many scrape; every gateway of a
database shows the same. A database that is away costs those numbers, not the page.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Iterable
from importlib.metadata import version
from ipaddress import ip_address

import asyncpg
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0, generate_latest

from lictor.actions.gateway import metrics
from lictor.actions.gateway.errors import FORBIDDEN, HttpProblem, unexpected
from lictor.actions.gateway.headers import AUTHORIZATION, Headers
from lictor.actions.gateway.responses import Scope
from lictor.orchestration import ops
from lictor.orchestration.outages import DATABASE_ERRORS
from lictor.settings import Settings

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0.encode()
FRESH_SECONDS = 5.0
PATIENCE_SECONDS = 3.0
"""A scrape is given up after some seconds: better the page without the database than no page."""
# What a proxy on this machine adds; through one everybody comes from loopback.
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip")

# name: (what the label is, text)
GAUGES: dict[str, tuple[str | None, str]] = {
    "queue_due_runs": (None, "Flow runs that wait though their time has come; counted up to 100,000."),
    "queue_late_runs": (None, "Those of them that have waited for more than 20 s."),
    "queue_oldest_seconds": (None, "How long the one that has waited longest has waited."),
    "runs_under_way": ("state", "Flow runs that are Submitted, Running or Cancelling."),
    "waiting_task_runs": (None, "Task runs that wait for a time, such as retries."),
    "purge_backlog": (None, "Deleted flow runs and tasks whose rows are still to be taken away."),
    "tenants_being_purged": (None, "Deleted tenants whose rows are still to be taken away."),
    "duty_interval_seconds": ("duty", "How often the duty is to be done."),
    "duty_lag_seconds": ("duty", "How long ago the duty should have succeeded again."),
    "duty_last_success_timestamp_seconds": ("duty", "When the duty succeeded last."),
    "duty_last_duration_seconds": ("duty", "How long it took then."),
    "duty_failing": ("duty", "1 when the duty has failed since it succeeded."),
    "leader_held": ("lease", "1 while a clock leads."),
    "leader_term": ("lease", "Grows with every election."),
    "database_connections": (None, "Sessions on the database, of whatever program."),
    "database_connections_limit": (None, "max_connections of the server."),
    "outbox_pending": (None, "Deliveries to hooks that are owed; counted up to 100,000."),
    "outbox_age_seconds": (None, "For how long the most overdue of them could have been sent."),
}


def check_access(settings: Settings, headers: Headers, scope: Scope) -> None:
    """Raises HttpProblem unless the settings let this client read the metrics."""
    token = settings.metrics_token
    if settings.metrics == "off":
        raise HttpProblem(404, "There are no metrics here: LICTOR_METRICS=off.", "NOT_FOUND")
    given = headers.get(AUTHORIZATION, b"")
    if token is not None and hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        return
    if settings.metrics == "token":
        text = "The metrics need the header `Authorization: Bearer <LICTOR_METRICS_TOKEN>`."
        raise HttpProblem(401, text, "UNAUTHENTICATED", ((b"www-authenticate", b'Bearer realm="metrics"'),))
    if not _from_this_machine(scope):
        raise HttpProblem(
            403,
            "The metrics are for this machine. For others set LICTOR_METRICS_TOKEN, and send it as "
            "`Authorization: Bearer <token>`.",
            FORBIDDEN,
        )


def _from_this_machine(scope: Scope) -> bool:
    if any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0].split("%")[0]).is_loopback
    except ValueError:
        return False


class Scraper:
    """Makes the page; safe to use from any number of tasks at once."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._gauges: list[ops.Gauge] = []
        self._revision: str | None = None
        self._database_up = False

    async def page(self) -> bytes:
        """All metrics as text."""
        if time.monotonic() - self._asked_at > FRESH_SECONDS:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            await asyncio.shield(self._asking)
        return await asyncio.to_thread(self._render)

    async def _ask(self) -> None:
        self._database_up = False
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._pool.acquire() as connection:
                self._revision = await ops.revision(connection)
                self._gauges = await ops.gauges(connection)
            self._database_up = True
        except DATABASE_ERRORS:
            # Numbers that are no longer true would look like calm.
            self._gauges = []
        except Exception as exc:
            unexpected(exc)
            self._gauges = []
        self._asked_at = time.monotonic()

    def _render(self) -> bytes:
        page = _Page([*metrics.collect(), *self._own()])
        return generate_latest(page)  # pyright: ignore[reportArgumentType]  # it only calls collect()

    def _own(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("lictor_build_info", "Versions.", labels=("version", "revision"))
        build.add_metric((version("lictor"), self._revision or "none"), 1)
        yield build
        yield GaugeMetricFamily(
            "lictor_database_up", "1 when the database answered this scrape.", value=int(self._database_up)
        )
        for name, (label, text) in GAUGES.items():
            found = [gauge for gauge in self._gauges if gauge.name == name]
            if found:
                family = GaugeMetricFamily(f"lictor_{name}", text, labels=(label,) if label else ())
                for gauge in found:
                    family.add_metric((gauge.label or "",) if label else (), gauge.value)
                yield family


class _Page:
    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found
