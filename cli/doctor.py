"""`lictor doctor`: is this Lictor well? Database, migrations, leader, duties, invariants, Redis, settings.

In: settings, the URLs of the database and of Redis. Out: findings in order, each with what to do. Reads only. Never
raises for what is ill: that is what it is there to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Literal

import asyncpg

from lictor.exposure import is_loopback
from lictor.orchestration import ops
from lictor.revision import needed_revision, newest_revision
from lictor.settings import Settings

Status = Literal["ok", "warning", "fail"]
_PATIENCE = 5
_MOST = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `way_out` says what to do about it."""

    check: str
    status: Status
    message: str
    way_out: str = ""

    def as_json(self) -> dict[str, str]:
        """As a JSON object."""
        return asdict(self)


def examine(settings: Settings, database_url: str, redis_url: str, back: timedelta) -> list[Finding]:
    """All findings; `back` is how far history is searched for broken invariants."""

    async def collect() -> list[Finding]:
        return [
            *settings_findings(settings),
            *[finding async for finding in _database(settings, database_url, back)],
            await asyncio.to_thread(_redis, redis_url),
        ]

    return asyncio.run(collect())


async def _database(settings: Settings, url: str, back: timedelta) -> AsyncIterator[Finding]:
    try:
        connection = await asyncpg.connect(
            url, timeout=_PATIENCE, server_settings={"application_name": "lictor-doctor", "jit": "off"}
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        yield Finding("database", "fail", reason, "Is Postgres up, and LICTOR_DATABASE_URL right?")
        return
    try:
        async with connection.transaction(readonly=True):
            name = connection.get_server_version()
            yield Finding("database", "ok", f"Postgres {name.major}.{name.minor} answers.")
            found = migrations_finding(await ops.revision(connection))
            yield found
            if found.status == "ok":
                yield leader_finding(await ops.leader(connection), settings.ready_leader_seconds)
                for duty in await ops.duties(connection):
                    yield duty_finding(duty)
                for finding in invariant_findings(await ops.violations(connection, back=back)):
                    yield finding
    finally:
        await connection.close()


def migrations_finding(present: str | None) -> Finding:
    """The revision of the database against this release's. A newer one is a rolling upgrade's."""
    needed, newest = needed_revision(), newest_revision()
    if present is not None and needed <= present < newest:
        message = f"The schema is at {present}; up to {newest} it still has what only older releases use."
        return Finding("migrations", "ok", message, "When none of their processes runs: `lictor db upgrade`.")
    if present is not None and present >= needed:
        return Finding("migrations", "ok", f"The schema is at {present}.")
    message = f"The schema is at {present or 'nothing'}; this release needs {needed}."
    return Finding("migrations", "fail", message, "Run `lictor db upgrade`.")


def leader_finding(leader: ops.Leader | None, patience: float) -> Finding:
    """Whether a clock leads."""
    way_out = "Start a clock: python -m lictor.workers.clock (`lictor up` runs one)."
    if leader is None:
        return Finding("leader", "fail", "No clock has ever led.", way_out)
    if leader.vacant_seconds > patience:
        return Finding("leader", "fail", f"No clock has led for {leader.vacant_seconds:.0f} s.", way_out)
    return Finding("leader", "ok", f"A clock leads, in term {leader.term}.")


def duty_finding(duty: ops.DutyState) -> Finding:
    """A duty that fails, or is more than its interval and a minute behind, is ill."""
    check = f"duty {duty.name}"
    if duty.last_error is not None:
        return Finding(check, "fail", f"It failed: {duty.last_error}", "The worker's log has the traceback.")
    if duty.lag_seconds > duty.interval_seconds + 60:
        way_out = "Are workers running (python -m lictor.workers), and do they reach Redis?"
        return Finding(check, "fail", f"It should have succeeded {duty.lag_seconds:.0f} s ago.", way_out)
    took = "" if duty.duration_seconds is None else f" It took {duty.duration_seconds:.2f} s last."
    return Finding(check, "ok", f"Every {duty.interval_seconds:g} s.{took}")


def invariant_findings(broken: list[ops.Violation]) -> list[Finding]:
    """One finding for each thing that breaks an invariant, the first twenty; or that nothing does."""
    if not broken:
        return [Finding("invariants", "ok", "Nothing breaks one.")]
    way_out = "This should not be possible: please report it, with the states of the object."
    found = [
        Finding(
            f"invariant {one.invariant}", "fail", f"{one.object_type} {one.id or ''}: {one.detail}", way_out
        )
        for one in broken[:_MOST]
    ]
    if len(broken) > _MOST:
        more = f"{len(broken) - _MOST} or more further violations."
        found.append(Finding("invariants", "fail", more, "SELECT * FROM ops.invariant_violations"))
    return found


def _redis(url: str) -> Finding:
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        return Finding("redis", "fail", str(error), "Is Redis or Valkey up, and LICTOR_REDIS_URL right?")
    return Finding("redis", "ok", "It answers.")


def settings_findings(settings: Settings) -> list[Finding]:
    """Settings that each are right and together are not wise."""
    found: list[Finding] = []
    if settings.auth == "off" and not is_loopback(settings.host):
        if settings.auth_off_anywhere:
            text = f"Everybody who reaches {settings.host}:{settings.port} may do everything."
            found.append(Finding("settings", "warning", text, "Set LICTOR_AUTH=key, or keep others away."))
        else:
            text = f"The gateway will not start: LICTOR_AUTH=off, and {settings.host} is not loopback."
            way_out = "Set LICTOR_AUTH=key; or, if others are kept away, LICTOR_AUTH_OFF_ANYWHERE=1."
            found.append(Finding("settings", "fail", text, way_out))
    if settings.metrics == "token" and settings.metrics_token is None:
        text = "LICTOR_METRICS=token without LICTOR_METRICS_TOKEN: nobody can read the metrics."
        found.append(Finding("settings", "fail", text, "Set LICTOR_METRICS_TOKEN."))
    if settings.secret_key_file is not None and not settings.secret_key_file.is_file():
        text = f"LICTOR_SECRET_KEY_FILE: there is no file {settings.secret_key_file}."
        found.append(Finding("settings", "fail", text, "`lictor secret new-key` prints a key."))
    if settings.clock_patience < settings.clock_lease / 2:
        text = "LICTOR_CLOCK_PATIENCE is less than half of LICTOR_CLOCK_LEASE: duties are ordered again too soon."
        found.append(Finding("settings", "warning", text, "Raise LICTOR_CLOCK_PATIENCE."))
    if settings.traces == "otlp" and not _has_opentelemetry():
        text = "LICTOR_TRACES=otlp, and OpenTelemetry is not installed."
        found.append(Finding("settings", "fail", text, "Install lictor[otel]."))
    return found or [Finding("settings", "ok", "Nothing speaks against them.")]


def _has_opentelemetry() -> bool:
    from importlib.util import find_spec

    try:
        return find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:
        return False
