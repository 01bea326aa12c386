"""`lictor import`: takes over a Prefect Server's database.

In: the source's DSN and Lictor's. Out: a report. Table by table in the order of the foreign keys, each read by the time of
its rows' last change; then what triggers would have kept; then the proof. Killed at any moment, it goes on from its last
batch; run again, it reads what the original has changed since.
"""

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg
import sqlalchemy.exc

from lictor import migrations
from lictor.cli.moving.comparing import Comparison, compare
from lictor.cli.moving.errors import MoveError
from lictor.cli.moving.prefect_tables import TABLES, Table
from lictor.cli.moving.progress import Progress
from lictor.cli.moving.source import Source
from lictor.cli.moving.target import Target
from lictor.cli.tenants import ensure_default_tenant

_MARGIN = timedelta(minutes=10)
"""`updated` is when a transaction began: one that was long may have been committed after rows that say they are later."""

_SCHEDULES = replace(next(table for table in TABLES if table.name == "flow"), columns=("is_schedule_active",))
"""Of the flows only whether their schedules are on: their documents are large."""


@dataclass
class Report:
    """What an import did."""

    revision: str
    written: int = 0
    seconds: float = 0
    rows: dict[str, int] = field(default_factory=dict)
    """Rows of each table in the source."""
    checksums: dict[str, str] = field(default_factory=dict)
    """Checksum of each table in the source, which is that of its rows here unless `newer_here` has the table."""
    newer_here: dict[str, int] = field(default_factory=dict)
    """Rows that Lictor has changed since they came; they stay as they are."""
    only_here: dict[str, int] = field(default_factory=dict)
    """Rows that Lictor has made since, or that the source has deleted since."""
    notes: list[str] = field(default_factory=list)


def preview(source_dsn: str, progress: Progress) -> Report:
    """What `run` would take over; nothing is written. Raises MoveError."""
    with Source.open(source_dsn) as source:
        report = Report(source.revision)
        for table in TABLES:
            with progress.phase(table.name) as advance:
                report.rows[table.name] = source.count(table)
                advance(report.rows[table.name])
            report.notes += source.adjusted(table)
    return report


def run(source_dsn: str, target_dsn: str, progress: Progress, batch_rows: int) -> Report:
    """Take over everything that is new or changed in the source, `batch_rows` to a transaction. Raises MoveError."""
    began = time.monotonic()
    with Source.open(source_dsn) as source:
        tenants = source.tenants
        if not tenants:
            raise MoveError("tenant: the source has no tenant, so that there is nothing to take over.")
        report = Report(source.revision)
        _migrate(target_dsn)
        with Target.open(target_dsn, tenants[0], tenants) as target:
            if first := source.first_change():
                with progress.phase("partitions"):
                    target.make_partitions(first)
            for table in TABLES:
                report.written += _take_over(source, target, table, progress, batch_rows)
                report.notes += source.adjusted(table)
            with progress.phase("schedules, waiting"), source.copy(_SCHEDULES, None) as flows:
                target.finish(_SCHEDULES, flows)
            _prove(source, target, report, progress, batch_rows)
    # There is a tenant by now: this makes the first user, if there is none.
    ensure_default_tenant(target_dsn)
    report.seconds = time.monotonic() - began
    return report


def _migrate(dsn: str) -> None:
    try:
        migrations.ensure_head(dsn)
    except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError) as error:
        raise MoveError(
            f"Lictor's database cannot be made ready: {getattr(error, 'orig', error)}\nLook at LICTOR_DATABASE_URL."
        ) from error


def _take_over(
    source: Source, target: Target, table: Table, progress: Progress, batch_rows: int, *, anew: bool = False
) -> int:
    known = None if table.is_small or anew else target.read_until(table)
    since = known and known - _MARGIN
    # Nothing can be asked of the source while it sends rows.
    count = source.count(table, since)
    slugs = source.slugs() if table.name == "tenant" else None
    with progress.phase(table.name, count) as advance, source.copy(table, since) as rows:
        if slugs is not None:
            return target.write_tenants(slugs, table, rows, advance)
        return target.write(table, rows, batch_rows, advance)


def _prove(source: Source, target: Target, report: Report, progress: Progress, batch_rows: int) -> None:
    """Compare all tables; one that differs is read once more from its beginning. Raises MoveError if it differs still."""
    for table in TABLES:
        with progress.phase(f"compare {table.name}") as advance:
            found = compare(source, target, table)
            advance(found.source.rows)
        if found.faults and not table.is_small:
            report.written += _take_over(source, target, table, progress, batch_rows, anew=True)
            found = compare(source, target, table)
        if found.faults:
            raise MoveError(_fault(table, found))
        report.rows[table.name] = found.source.rows
        report.checksums[table.name] = found.source.checksum
        if found.newer_here:
            report.newer_here[table.name] = found.newer_here
        if found.only_here:
            report.only_here[table.name] = found.only_here


def _fault(table: Table, found: Comparison) -> str:
    def named(ids: list[Any], what: str) -> str:
        return f" {what}: {', '.join(map(str, ids))}." if ids else ""

    return (
        f"{table.name}: {found.faults:,} of {found.source.rows:,} rows are not here as they are in the source"
        f" (checksum {found.source.checksum} there, {found.target.checksum} here)."
        f"{named(found.missing, 'Missing')}{named(found.different, 'Different')}"
        " Look at these rows in both databases; after a change, run the same command again."
    )
