"""`lictor import`: what comes over, what it looks like then, and that it comes over once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from lictor import migrations
from lictor.cli import tenants
from lictor.cli.moving.errors import MoveError
from lictor.cli.moving.importing import Report, run
from lictor.cli.moving.prefect_tables import TABLES
from lictor.cli.moving.progress import Progress
from lictor.cli.moving_commands import import_
from lictor.cli.prepare_database import prepare
from tests.cli.lictor_process import LICTOR, clean_environment, run_lictor, until
from tests.invariants import violations

RUNS = int(os.environ.get("LICTOR_IMPORT_RUNS", "600"))
"""How many runs the large source has. LICTOR_IMPORT_RUNS=100000 needs three minutes."""

pytestmark = pytest.mark.timeout(300)
QUIET = Progress(quiet=True)
Make = Callable[..., str]


def ask(dsn: str, text: str, *values: Any) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(text.encode(), values or None).fetchall()


def imported(source: str, target: str, batch_rows: int = 50_000) -> Report:
    return run(source, target, QUIET, batch_rows)


def rows(dsn: str, table: str, left_out: str = "'tenant_id'") -> dict[str, Any]:
    """All rows as Python values, by id: another way to compare than the code's own."""
    return dict(ask(dsn, f"SELECT row.id::text, to_jsonb(row) - {left_out} FROM {table} AS row"))


def test_everything_comes_over_and_nothing_reacts(prefect_server: Make, fresh_database: str) -> None:
    source = prefect_server(RUNS)
    # As after a first `lictor up`: an empty tenant "default", which the source has, too.
    prepare(fresh_database)
    own = ask(fresh_database, "SELECT id FROM tenant")
    first = run_lictor("import", "--from", source, "--to", fresh_database, "--json", timeout=900)
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert (report["notes"], report["only_here"], report["newer_here"]) == ([], {}, {})
    assert report["rows"]["flow_run"] == RUNS
    assert report["written"] == sum(report["rows"].values())

    for table in (
        "tenant",
        "project",
        "edge",
        "message",
        "flow_run",
        "flow_run_state",
        "log",
    ):
        if RUNS <= 5000:
            assert rows(fresh_database, table) == _with_default(rows(source, table)), table
    lictors_own = "ARRAY['tenant_id', 'mapped', 'schedule_error', 'signing_secret', 'late_policy', 'late_after_seconds']"
    for table in ("flow", "flow_group", "cloud_hook", "task", "agent"):
        assert rows(fresh_database, table, lictors_own) == rows(source, table, lictors_own), table

    assert ask(fresh_database, "SELECT DISTINCT slug FROM task WHERE mapped") == [("task-3",)]

    # Nobody is told of what happened long ago, and what triggers keep is there.
    assert ask(fresh_database, "SELECT count(*) FROM hook_delivery") == [(0,)]
    assert ask(fresh_database, "SELECT count(*) FROM utility.waiting_task_run") == [(RUNS // 10,)]
    if RUNS <= 5000:
        assert tenants.run(fresh_database, violations) == []
    default = "SELECT count(*) FROM ONLY history.{}_default"
    for table in ("flow_run_state", "task_run_state", "log"):
        assert ask(fresh_database, default.format(table)) == [(0,)], table
    assert ask(fresh_database, "SELECT count(*) FROM tenant WHERE id = %s", own[0][0]) == [(0,)]
    # The administrator of before, in both tenants.
    assert ask(fresh_database, "SELECT count(*), count(DISTINCT tenant_id) FROM membership") == [(2, 2)]
    # Triggers are on again.
    off = "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'"
    assert ask(fresh_database, off) == []

    again = run_lictor("import", "--from", source, "--to", fresh_database, timeout=900)
    assert again.returncode == 0, again.stderr
    assert f"No change: all {sum(report['rows'].values()):,} rows were here already" in again.stdout


def _with_default(found: dict[str, Any]) -> dict[str, Any]:
    """NULL means 0 in this column alone (server.md 1.1)."""
    for row in found.values():
        if "times_resurrected" in row:
            row["times_resurrected"] = row["times_resurrected"] or 0
    return found


def test_killed_it_goes_on(prefect_server: Make, lictor_database: Make) -> None:
    source, target = prefect_server(400), lictor_database()
    process = subprocess.Popen(
        [*LICTOR, "import", "--from", source, "--to", target, "--batch-rows", "100"],
        env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def half_way() -> bool:
        try:
            return bool(ask(target, "SELECT FROM task_run_state LIMIT 1"))
        except psycopg.errors.UndefinedTable:
            return False

    until(half_way, 60, "some states of task runs are here")
    process.send_signal(signal.SIGKILL)
    process.wait()
    # The server may need a moment to notice.
    until(lambda: _sessions(target) == 0, 30, "nobody works in the target")
    assert 0 < ask(target, "SELECT count(*) FROM task_run_state")[0][0] < 2320
    there = sum(ask(target, f"SELECT count(*) FROM {table.name}")[0][0] for table in TABLES)
    assert ask(target, "SELECT count(*) FROM flow WHERE is_schedule_active") == [(0,)]

    report = imported(source, target)
    # What was there was not written again, and is there once.
    assert report.written == sum(report.rows.values()) - there
    assert ask(target, "SELECT count(*) FROM task_run_state") == [(report.rows["task_run_state"],)]
    assert ask(target, "SELECT count(*) FROM flow WHERE is_schedule_active") == [(12,)]
    assert imported(source, target).written == 0


def _sessions(dsn: str) -> int:
    return ask(
        dsn,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'",
    )[0][0]


def test_what_changes_afterwards(prefect_server: Make, lictor_database: Make) -> None:
    source, target = prefect_server(), lictor_database()
    imported(source, target)
    theirs, ours = ask(source, "SELECT md5('run ' || n)::uuid FROM generate_series(1, 2) AS n")
    with psycopg.connect(source) as connection:
        connection.execute(
            "UPDATE flow_run SET name = 'there', updated = now() WHERE id = ANY (%s)", [[theirs[0], ours[0]]]
        )
        # A new version, registered as the original does it: it comes before the old one is archived.
        connection.execute(
            "INSERT INTO flow (id, name, project_id, flow_group_id, version, version_group_id)"
            " SELECT md5('new')::uuid, name, project_id, flow_group_id, 3, version_group_id FROM flow"
            " WHERE id = md5('flow 0 2')::uuid"
        )
        connection.execute(
            "UPDATE flow SET archived = true, updated = clock_timestamp() WHERE id = md5('flow 0 2')::uuid"
        )
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("UPDATE flow_run SET name = 'here' WHERE id = %s", ours)
        connection.execute("INSERT INTO project (tenant_id, name) SELECT id, 'made here' FROM tenant LIMIT 1")
    report = imported(source, target)
    assert (report.written, report.newer_here, report.only_here) == (3, {"flow_run": 1}, {"project": 1})
    names = ask(target, "SELECT name FROM flow_run WHERE id = ANY (%s) ORDER BY name", [theirs[0], ours[0]])
    assert names == [("here",), ("there",)]
    assert ask(target, "SELECT version FROM flow WHERE name = 'flow 0' AND NOT archived") == [(3,)]


@pytest.mark.parametrize("revision", ["72e2cd3e0469", "459a61bedc9e"])
def test_older_revisions(revision: str, prefect_server: Make, lictor_database: Make) -> None:
    source, target = prefect_server(40, revision), lictor_database()
    keyed = bool(ask(source, "SELECT FROM pg_attribute WHERE attname = 'idempotency_key'"))
    with psycopg.connect(source) as connection:
        connection.execute(
            "INSERT INTO edge (flow_id, upstream_task_id, downstream_task_id, key) SELECT flow_id, upstream_task_id,"
            " downstream_task_id, 'y' FROM edge WHERE key = 'x'"
        )
        if keyed:
            connection.execute(
                "UPDATE flow_run SET idempotency_key = 'twice' WHERE flow_id = md5('flow 0 2')::uuid"
            )
    report = imported(source, target)
    assert report.notes == ["48 rows of edge are left out: twins of other edges."]
    assert imported(source, target).written == 0
    labels = dict(
        ask(
            target,
            "SELECT n % 3, labels FROM flow_run JOIN generate_series(0, 11) AS n ON flow_id = md5(format('flow %s 2', n))::uuid WHERE n < 3",
        )
    )
    if revision == "72e2cd3e0469":
        # Of the flow group, of none, of the flow's environment.
        assert labels == {0: ["gpu", "eu"], 1: [], 2: ["old"]}
    if keyed:
        keys = ask(
            target,
            "SELECT count(*), count(idempotency_key) FROM flow_run WHERE flow_id = md5('flow 0 2')::uuid",
        )
        assert keys == [(3, 1)]


def test_rows_that_lictor_would_refuse(prefect_server: Make, lictor_database: Make) -> None:
    source, target = prefect_server(), lictor_database()
    with psycopg.connect(source) as connection:
        for statement in (
            # A first registration by two at once.
            "INSERT INTO flow_group (id, tenant_id, name) SELECT md5('twin')::uuid, tenant_id, name FROM flow_group"
            " WHERE id = md5('group 0')::uuid",
            "INSERT INTO flow (id, tenant_id, name, project_id, flow_group_id, version, version_group_id)"
            " SELECT md5('twin flow')::uuid, tenant_id, name, project_id, md5('twin')::uuid, version, version_group_id"
            " FROM flow WHERE id = md5('flow 0 2')::uuid",
            "INSERT INTO agent (tenant_id, name, type, core_version, labels)"
            " SELECT tenant_id, name, type, core_version, labels FROM agent",
            "INSERT INTO log (message) VALUES ('of nobody')",
        ):
            connection.execute(statement.encode())
    report = imported(source, target)
    assert [note.split(" ")[0] for note in report.notes] == ["1", "1", "1", "3", "1"]
    assert imported(source, target).written == 0
    versions = "SELECT id = md5('twin flow')::uuid, version, archived FROM flow WHERE name = 'flow 0' ORDER BY version"
    assert ask(target, versions) == [(False, 1, True), (False, 2, True), (True, 3, False)]
    assert ask(target, "SELECT count(*) FROM log WHERE message = 'of nobody'") == [(0,)]


def test_a_tenant_that_is_in_use(prefect_server: Make, fresh_database: str) -> None:
    prepare(fresh_database)
    with psycopg.connect(fresh_database) as connection:
        connection.execute("INSERT INTO project (tenant_id, name) SELECT id, 'mine' FROM tenant")
    with pytest.raises(
        MoveError, match=r"'default' is a tenant of this Lictor .* with rows in public\.project"
    ):
        imported(prefect_server(), fresh_database)
    assert ask(fresh_database, "SELECT slug FROM tenant") == [("default",)]


def test_a_difference_is_named(prefect_server: Make, lictor_database: Make) -> None:
    source, target = prefect_server(), lictor_database()
    imported(source, target)
    lost, changed = ask(target, "SELECT id FROM task_run_state ORDER BY id LIMIT 2")
    with psycopg.connect(target) as connection:
        connection.execute("ALTER TABLE task_run_state DISABLE TRIGGER USER")
        connection.execute("DELETE FROM task_run_state WHERE id = %s", lost)
        connection.execute("UPDATE task_run_state SET message = 'forged' WHERE id = %s", changed)
        connection.execute("ALTER TABLE task_run_state ENABLE TRIGGER USER")
    # Rows that are lost or were changed behind its back: found and brought again.
    assert imported(source, target).written == 2
    assert imported(source, target).written == 0


def test_refused_sources(prefect_server: Make, empty_database: Make) -> None:
    source, target = prefect_server(1), empty_database()
    # Each on top of those before.
    for spoil, told in (
        ("DELETE FROM tenant", "has no tenant"),
        ("ALTER TABLE log DROP COLUMN level", "log: the source has no column level"),
        ("UPDATE alembic_version SET version_num = '27811b58307b'", "revision 27811b58307b, which is older"),
        (
            "UPDATE alembic_version SET version_num = 'deadbeef'",
            "revision deadbeef, .* none of Prefect Server's",
        ),
        ("UPDATE alembic_version SET version_num = '0017'", "is a Lictor's database"),
        ("DROP TABLE alembic_version", "no table alembic_version"),
    ):
        with psycopg.connect(source) as connection:
            connection.execute(spoil.encode())
        with pytest.raises(MoveError, match=told):
            imported(source, target)
        # Not even its tables were made.
        assert migrations.current_revision(target) is None


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("postgresql://prefect:geheim@127.0.0.1:1/prefect", "The source cannot be reached"),
        ("this is no dsn geheim", "--from is no DSN such as"),
    ],
)
def test_bad_dsns(dsn: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_(from_=dsn, to="postgresql://127.0.0.1:1/nowhere") == 1
    error = capsys.readouterr().err
    assert told in error
    assert "geheim" not in error


def test_dry_run_writes_nothing(prefect_server: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        import_(from_=prefect_server(20), to="postgresql://127.0.0.1:1/nowhere", dry_run=True, as_json=True)
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"]["flow_run"], report["written"]) == (20, 0)
