"""Metadata, database and contract agree: what is tracked exists, what exists is tracked, and both are as the contract says."""

from __future__ import annotations

import psycopg
import pytest

from lictor.cli.hasura_apply import PROJECT
from lictor.engine.metadata import Metadata, load
from lictor.engine.metadata.model import QualifiedName, Relationship, Table
from tests.hasura.contract_tables import (
    ADDED_RELATIONSHIPS,
    COLUMNS,
    FOREIGN_KEYS,
    GLOBAL,
    HISTORY,
    NEVER_CHANGED,
    OPERATORS,
    RELATIONSHIPS,
    RENAMED,
    TENANT_OF_PARENT,
    UNIQUE,
    VIEWS,
    Column,
    columns_of,
)


@pytest.fixture(scope="module")
def metadata() -> Metadata:
    return load(PROJECT)


@pytest.fixture(scope="module")
def db(postgres, template_database):
    """A connection to a migrated database; the tests here only read. A copy, since templates take no connections."""
    postgres.create_database("agreement", template=template_database)
    with psycopg.connect(postgres.dsn("agreement"), autocommit=True) as connection:
        yield connection
    postgres.drop_database("agreement")


def test_every_table_is_tracked_and_every_tracked_table_exists(metadata, db):
    tracked = {str(table.name) for table in metadata.tables}
    existing = db.execute(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
    )
    # Of the other schemas only the shape of the functions' results and what operators look at are part of the API.
    others = {"utility.traversal", *OPERATORS}
    assert tracked == {name for (name,) in existing} | others
    assert tracked == {*COLUMNS, *others}


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_columns_are_those_of_the_contract(db, table):
    assert _columns(db, table) == columns_of(table)


@pytest.mark.parametrize("view", sorted(OPERATORS))
def test_operators_may_look_and_nothing_else(db, view):
    schema, _, name = view.partition(".")
    columns = db.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
        (schema, name),
    ).fetchall()
    assert [column for (column,) in columns] == OPERATORS[view].split()
    # Of a view that can be written to, the API would offer mutations.
    writable = db.execute("SELECT pg_relation_is_updatable(%s::regclass, true)", (view,)).fetchone()
    assert writable == (0,)


def test_shape_of_traversal(db):
    found = db.execute(
        "SELECT column_name, udt_name, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'utility' AND table_name = 'traversal' ORDER BY ordinal_position"
    ).fetchall()
    assert found == [("tenant_id", "uuid", "YES"), ("task_id", "uuid", "YES"), ("depth", "int4", "YES")]


def _columns(db, table: str) -> dict[str, Column]:
    rows = db.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
        """,
        (f"public.{table}",),
    )
    short = {"timestamp with time zone": "timestamptz", "character varying": "varchar"}
    columns = {}
    for name, kind, not_null, default in rows:
        for long, alias in short.items():
            kind = kind.replace(long, alias)
        default = default and default.split("::")[0].strip("()'") + ("()" if default.endswith("()") else "")
        if default is not None and kind == "jsonb":
            default = f"'{default}'"
        columns[name] = Column(kind, not_null, default)
    return columns


def test_primary_keys(db):
    found = dict(
        db.execute(
            """
            SELECT conrelid::regclass::text, array_agg(attname::text ORDER BY array_position(conkey, attnum))
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
            WHERE contype = 'p' AND connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
            GROUP BY conrelid
            """
        ).fetchall()
    )
    # A partitioned table's key holds its partition key.
    assert found == {
        table: ["id", "timestamp"] if table in HISTORY | NEVER_CHANGED else ["id"]
        for table in COLUMNS.keys() - VIEWS
    }


def test_unique_constraints_that_clients_name(db):
    rows = db.execute(
        """
        SELECT conname, conrelid::regclass::text, array_agg(attname::text ORDER BY array_position(conkey, attnum))
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
        WHERE contype = 'u' AND connamespace = 'public'::regnamespace GROUP BY conname, conrelid
        """
    )
    found = {(name, table, tuple(columns)) for name, table, columns in rows}
    assert found == UNIQUE | {
        ("flow_group_tenant_id_name_key", "flow_group", ("tenant_id", "name")),
        ("flow_version_key", "flow", ("tenant_id", "version_group_id", "version")),
    }


def test_foreign_keys(db):
    rows = db.execute(
        """
        SELECT conname, conrelid::regclass::text, attname, confrelid::regclass::text,
               CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' END
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND cardinality(conkey) = 1 AND connamespace = 'public'::regnamespace
        """
    ).fetchall()
    tenancy = {
        (table, "tenant_id", "tenant", "CASCADE")
        for table in COLUMNS.keys() - GLOBAL - HISTORY - VIEWS - TENANT_OF_PARENT
    }
    assert {row[1:] for row in rows} == FOREIGN_KEYS | tenancy
    # Hasura shows these names in errors.
    assert {row[0] for row in rows} == {
        f"{table}_{column}_fkey" for table, column, *_ in FOREIGN_KEYS | tenancy
    }


def test_relationships_are_those_of_the_contract(metadata, db):
    keys = {
        (source, column): target
        for source, column, target in db.execute(
            """
            SELECT conrelid::regclass::text, attname, confrelid::regclass::text
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'
            """
        )
    }
    found = [_resolved(table, each, keys) for table in metadata.tables for each in table.relationships]
    assert len(found) == len(set(found))
    assert set(found) == RELATIONSHIPS | ADDED_RELATIONSHIPS


def _resolved(table: Table, each: Relationship, keys: dict[tuple[str, str], str]) -> tuple[str, ...]:
    """As a row of RELATIONSHIPS; KeyError if the foreign key it stands on does not exist."""
    kind = "array" if each.is_array else "object"
    if each.columns:
        ((local, remote),) = each.columns.items()
        return str(table.name), each.name, kind, local, str(each.remote_table), remote
    (column,) = each.fk_columns
    if each.fk_table is None:
        return str(table.name), each.name, kind, column, keys[str(table.name), column], "id"
    assert keys[str(each.fk_table), column] == str(table.name)
    return str(table.name), each.name, kind, "id", str(each.fk_table), column


def test_manual_relationships_join_columns_that_exist_and_have_one_type(metadata, db):
    manual = [(table, each) for table in metadata.tables for each in table.relationships if each.columns]
    # Only where there is no foreign key to follow.
    assert {str(table.name) for table, _ in manual} | {
        str(each.remote_table) for _, each in manual
    } >= HISTORY
    for table, each in manual:
        for local, remote in each.columns.items():
            assert _type(db, table.name, local) == _type(db, each.remote_table, remote) == "uuid"


def _type(db, table: QualifiedName, column: str) -> str | None:
    found = db.execute(
        "SELECT udt_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s AND column_name = %s",
        (table.schema, table.name, column),
    ).fetchone()
    return found and found[0]


def test_a_relationship_never_has_the_name_of_a_column(metadata, db):
    for table in metadata.tables:
        names = {each.name for each in table.relationships}
        assert not names & (_columns(db, table.name.name).keys() if table.name.schema == "public" else set())


def test_functions_exist_and_return_a_tracked_table(metadata, db):
    tables = {table.name for table in metadata.tables}
    tracked = {str(name) for name in tables}
    traversal = ("utility.traversal", True, "s", "start_task_ids uuid[], depth_limit integer DEFAULT 50")
    expected = {
        "downstream_tasks": traversal,
        "upstream_tasks": traversal,
        "live_tenants": ("tenant", True, "s", ""),
        **{
            name: (table, True, "s", "hasura_session json")
            for name, table in {
                "own_api_keys": "auth_api_key", "own_api_tokens": "auth_api_key", "own_key_values": "key_value",
                "own_user": "auth_user",
            }.items()
        },
    }  # fmt: skip
    assert {str(function.name) for function in metadata.functions} == {f"utility.{name}" for name in expected}
    for function in metadata.functions:
        found = db.execute(
            """
            SELECT prorettype::regtype::text, proretset, provolatile,
                   pg_get_function_arguments(pg_proc.oid)
            FROM pg_proc WHERE pronamespace = %s::regnamespace AND proname = %s
            """,
            (function.name.schema, function.name.name),
        ).fetchall()
        assert found == [expected[function.name.name]]
        assert QualifiedName("public", found[0][0]) in tables or found[0][0] in tracked
        # Who asks is never for the caller to say.
        assert function.session_argument == ("hasura_session" if "hasura_session" in found[0][3] else None)


def test_generated_fields_that_would_collide_are_renamed(metadata):
    renamed = {
        (str(table.name), field): name
        for table in metadata.tables
        for field, name in table.custom_root_fields.items()
    }
    assert renamed == RENAMED


def test_no_root_field_has_two_owners(metadata):
    patterns = {
        "select": "{}",
        "select_by_pk": "{}_by_pk",
        "select_aggregate": "{}_aggregate",
        "select_stream": "{}_stream",
        "insert": "insert_{}",
        "insert_one": "insert_{}_one",
        "update": "update_{}",
        "update_by_pk": "update_{}_by_pk",
        "update_many": "update_{}_many",
        "delete": "delete_{}",
        "delete_by_pk": "delete_{}_by_pk",
    }
    of_functions = {"function": "{}", "function_aggregate": "{}_aggregate"}
    names = [action.name for action in metadata.actions]
    for owner in (*metadata.tables, *metadata.functions):
        prefix = (
            owner.name.name if owner.name.schema == "public" else f"{owner.name.schema}_{owner.name.name}"
        )
        prefix = owner.custom_name or prefix
        fields = of_functions if owner in metadata.functions else patterns
        names += [
            owner.custom_root_fields.get(field, pattern.format(prefix)) for field, pattern in fields.items()
        ]
    assert len(names) > 200
    assert sorted(names) == sorted(set(names))
