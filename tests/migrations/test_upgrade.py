"""The schema comes, goes and comes again; however many processes bring it at once."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from lictor import migrations
from tests.migrations.builders import World

_OBJECTS = """
    SELECT pg_describe_object(classid, objid, 0)
    FROM (
        SELECT 'pg_class'::regclass AS classid, oid AS objid, relnamespace AS namespace FROM pg_class
        UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
        UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type
        UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
        UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
        UNION ALL SELECT 'pg_namespace'::regclass, oid, oid FROM pg_namespace
        UNION ALL SELECT 'pg_extension'::regclass, oid, NULL FROM pg_extension
        UNION ALL SELECT 'pg_trigger'::regclass, oid, NULL FROM pg_trigger WHERE NOT tgisinternal
    ) AS object
    WHERE namespace IS NULL
       OR namespace NOT IN (
           SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))
"""


def _objects(dsn: str) -> set[str]:
    """Everything in the database that Postgres did not bring itself, but for Alembic's own table."""
    with psycopg.connect(dsn) as db:
        return {name for (name,) in db.execute(_OBJECTS) if "alembic_version" not in name}


def test_up_down_up(empty):
    before = _objects(empty)
    migrations.upgrade(empty)
    upgraded = _objects(empty)
    assert {"table task_run", "schema history", "extension pg_trgm"} <= upgraded - before
    assert migrations.current_revision(empty) == migrations.head_revision()

    migrations.downgrade(empty, "base")
    assert _objects(empty) == before
    assert migrations.current_revision(empty) is None

    migrations.upgrade(empty)
    assert _objects(empty) == upgraded


def test_downgrade_of_a_database_in_use(migrated):
    with psycopg.connect(migrated, autocommit=True) as db:
        world = World(db)
        flow_run = world.flow_run(world.flow(tasks=2))
        world.set_state("flow_run", flow_run, "Running", 1)
        world.log(flow_run_id=flow_run)
        migrations.downgrade(migrated, "base")
        assert world.value("SELECT to_regclass('flow_run')") is None
        migrations.upgrade(migrated)
        assert world.value("SELECT count(*) FROM flow_run") == 0


def test_upgrade_of_an_upgraded_database_changes_nothing(migrated):
    before = _objects(migrated)
    migrations.upgrade(migrated)
    assert _objects(migrated) == before


def test_four_processes_upgrade_at_once(empty):
    program = "import sys; from lictor import migrations; migrations.upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=90)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], errors
    assert migrations.current_revision(empty) == migrations.head_revision()
    with psycopg.connect(empty) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (migrations.head_revision(),)
        ]


def test_a_failed_upgrade_leaves_nothing(empty):
    with psycopg.connect(empty) as db:
        db.execute("CREATE TABLE log ()")  # in the way of a later statement of the revision
    before = _objects(empty)
    with pytest.raises(psycopg.errors.DuplicateTable, match="log"):
        migrations.upgrade(empty)
    assert _objects(empty) == before
    assert migrations.current_revision(empty) is None
