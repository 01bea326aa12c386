"""The monthly partitions of the history tables (utility.ensure_partitions)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.migrations.builders import World
from tests.migrations.racing import held_back

PARENTS = ("audit_log", "flow_run_state", "log", "task_run_state")


@pytest.fixture
def db(migrated) -> Iterator[psycopg.Connection]:
    with psycopg.connect(migrated, autocommit=True) as connection:
        yield connection


def _ensure(db, *times: datetime) -> list[str]:
    marks = ", ".join(["%s"] * len(times))
    return sorted(name for (name,) in db.execute(f"SELECT utility.ensure_partitions({marks})", times))


def _partitions(db, parent: str) -> dict[str, str]:
    """Name -> bounds, as Postgres tells them to a session in UTC."""
    db.execute("SET timezone = 'UTC'")
    return dict(
        db.execute(
            """
            SELECT relname, pg_get_expr(relpartbound, oid)
            FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = %s::regclass
            """,
            (parent,),
        ).fetchall()
    )


def _months(first: datetime, count: int) -> list[datetime]:
    months = [first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    while len(months) < count:
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    return months


@pytest.mark.parametrize("parent", PARENTS)
def test_a_new_database_is_ready_for_the_months_around_now(db, parent):
    (now,) = db.execute("SELECT now()").fetchone()
    last_month = now.astimezone(UTC).replace(day=1) - timedelta(days=1)
    months = _months(last_month, 6)
    expected = {
        f"{parent}_{start:%Y_%m}": f"FOR VALUES FROM ('{start:%Y-%m-%d} 00:00:00+00') TO ('{end:%Y-%m-%d} 00:00:00+00')"
        for start, end in itertools.pairwise(months)
    }
    assert _partitions(db, parent) == expected | {f"{parent}_default": "DEFAULT"}


def test_a_second_call_makes_nothing(db):
    until = datetime(2031, 5, 17, 3, tzinfo=UTC)
    made = _ensure(db, datetime(2031, 3, 31, 23, 59, tzinfo=UTC), until)
    assert made == sorted(f"{parent}_2031_{month}" for parent in PARENTS for month in ("03", "04", "05"))
    assert _ensure(db, datetime(2031, 3, 1, tzinfo=UTC), until) == []
    assert _ensure(db) == []  # the default: from now to three months ahead
    assert _ensure(db, until, datetime(2031, 3, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_months_are_those_of_utc_whatever_the_zone_of_the_session(db, zone):
    db.execute("SELECT set_config('timezone', %s, false)", (zone,))
    boundary = datetime(2032, 3, 1, tzinfo=UTC)
    assert _ensure(db, boundary - timedelta(microseconds=1), boundary) == sorted(
        f"{parent}_2032_{month}" for parent in PARENTS for month in ("02", "03")
    )
    assert _partitions(db, "log")["log_2032_02"] == (
        "FOR VALUES FROM ('2032-02-01 00:00:00+00') TO ('2032-03-01 00:00:00+00')"
    )
    world = World(db)
    before = world.log(timestamp=boundary - timedelta(microseconds=1))
    after = world.log(timestamp=boundary)
    assert _where(world, "log", before) == "history.log_2032_02"
    assert _where(world, "log", after) == "history.log_2032_03"


def _where(world: World, table: str, id) -> str:
    return world.value(f"SELECT tableoid::regclass::text FROM {table} WHERE id = %s", id)


def test_rows_that_came_before_their_partition_are_moved(db):
    world = World(db)
    run = world.flow_run(world.flow(tasks=1))
    (task_run,) = world.task_runs(run)
    moment = datetime(2033, 7, 4, tzinfo=UTC)
    early = {
        "flow_run_state": world.set_state("flow_run", run, "Running", 1, timestamp=moment),
        "task_run_state": world.set_state("task_run", task_run, "Running", 2, timestamp=moment),
        "log": world.log(flow_run_id=run, timestamp=moment),
        "audit_log": world.insert(
            "audit_log", timestamp=moment, operation="set_secret", outcome="done", message="m"
        ),
    }
    other_month = world.log(flow_run_id=run, timestamp=moment + timedelta(days=60))
    rows = {table: world.row(table, id) for table, id in early.items()}
    runs = world.row("flow_run", run), world.row("task_run", task_run)
    assert {_where(world, table, id) for table, id in early.items()} == {
        f"history.{t}_default" for t in PARENTS
    }

    assert _ensure(db, moment, moment) == [f"{parent}_2033_07" for parent in PARENTS]
    assert {_where(world, table, id) for table, id in early.items()} == {
        f"history.{t}_2033_07" for t in PARENTS
    }
    assert _where(world, "log", other_month) == "history.log_default"
    # Moved as they are; no trigger took them for new.
    assert {table: world.row(table, id) for table, id in early.items()} == rows
    assert (world.row("flow_run", run), world.row("task_run", task_run)) == runs


def test_a_row_that_comes_while_its_partition_is_being_made(db, migrated):
    world = World(db)
    moment = datetime(2034, 1, 15, tzinfo=UTC)
    with (
        psycopg.connect(migrated, autocommit=True) as writer,
        psycopg.connect(migrated, autocommit=True) as maker,
    ):
        call = "SELECT utility.ensure_partitions(%s, %s)"
        with held_back(writer, db, maker, call, moment, moment) as made:
            writer.execute("INSERT INTO log (tenant_id, timestamp) VALUES (%s, %s)", (world.tenant, moment))
        assert made.result() == len(PARENTS)
    assert world.rows("SELECT tableoid::regclass::text FROM log") == [("history.log_2034_01",)]


def test_partitions_have_the_keys_and_indexes_of_their_parent(db):
    _ensure(db, datetime(2035, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))
    missing = db.execute(
        """
        SELECT parent.indexrelid::regclass::text, partition.inhrelid::regclass::text
        FROM pg_index AS parent JOIN pg_inherits AS partition ON partition.inhparent = parent.indrelid
        WHERE parent.indrelid IN ('log'::regclass, 'audit_log'::regclass, 'flow_run_state'::regclass, 'task_run_state'::regclass)
          AND NOT EXISTS (
              SELECT FROM pg_index AS child JOIN pg_inherits AS attached ON attached.inhrelid = child.indexrelid
              WHERE attached.inhparent = parent.indexrelid AND child.indrelid = partition.inhrelid AND child.indisvalid)
        """
    ).fetchall()
    assert missing == []
    assert db.execute(
        "SELECT count(*) FROM pg_index WHERE indrelid = 'history.log_2035_01'::regclass"
    ).fetchone() == (db.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'log'::regclass").fetchone())


def test_updates_of_rows_in_partitions_move_updated(db):
    world = World(db)
    log = world.log()
    before = world.row("log", log).updated
    db.execute("UPDATE log SET level = 'INFO' WHERE id = %s", (log,))
    assert world.row("log", log).updated > before


def test_many_makers_at_once(migrated, db):
    first, last = datetime(2036, 1, 1, tzinfo=UTC), datetime(2036, 6, 1, tzinfo=UTC)

    def make(_: int) -> list[str]:
        with psycopg.connect(migrated, autocommit=True) as own:
            return _ensure(own, first, last)

    with ThreadPoolExecutor(max_workers=4) as threads:
        made = [name for names in threads.map(make, range(4)) for name in names]
    assert sorted(made) == sorted(f"{parent}_2036_{month:02}" for parent in PARENTS for month in range(1, 7))


def test_a_maker_does_not_queue_for_ever_behind_a_long_reader(migrated, db):
    """A backup may read for hours; whoever waited for it with a lock request would stop everybody behind it."""
    with psycopg.connect(migrated) as reader:
        reader.execute("SELECT count(*) FROM log")  # in a transaction that stays open
        moment = datetime(2037, 1, 1, tzinfo=UTC)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            _ensure(db, moment, moment)
    assert len(_ensure(db, moment, moment)) == len(PARENTS)


def test_retention_drops_a_month(db):
    world = World(db)
    moment = datetime(2020, 2, 2, tzinfo=UTC)
    _ensure(db, moment, moment)
    world.log(timestamp=moment)
    db.execute("DROP TABLE history.log_2020_02")
    assert world.value("SELECT count(*) FROM log") == 0
