"""The `lictor` command: what it says, and with which status it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from lictor import migrations
from lictor.cli.main import main
from lictor.cli.tenants import ensure_default_tenant
from lictor.orchestration.teams import slugify
from tests.cli.lictor_process import run_lictor


def test_help_teaches_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, lictor.cli.main\n"
        "heavy = {'pydantic', 'psycopg', 'sqlalchemy', 'asyncpg', 'fastapi', 'httpx2', 'graphql'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    shown = run_lictor("--help")
    assert shown.returncode == 0
    for word in ("up", "demo", "status", "db", "engine", "hasura", "tenant", "prefect backend server"):
        assert word in shown.stdout


@pytest.mark.parametrize(
    "arguments", [["up", "--nonsense"], ["nonsense"], ["tenant", "create"], ["up", "-v", "-q"]]
)
def test_wrong_command_line_is_status_2(arguments: list[str]) -> None:
    assert run_lictor(*arguments).returncode == 2


def test_wrong_setting_is_named() -> None:
    done = run_lictor("status", LICTOR_PORT="many")
    assert (done.returncode, "LICTOR_PORT" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@dataclass
class Done:
    status: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs `lictor` in this process: the imports are paid for already."""

    def run(*arguments: str, **variables: str) -> Done:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, shown.out, shown.err)

    return run


def test_nothing_runs(run: Callable[..., Done], directory: Path) -> None:
    done = run("status", LICTOR_DATA_DIR=str(directory))
    assert done.status == 1
    assert f"Nothing runs on {directory}" in done.stdout
    assert json.loads(run("status", "--json").stdout) is None
    done = run("db", "current")
    assert (done.status, done.stdout) == (1, "")
    assert "LICTOR_DATABASE_URL" in done.stderr


def test_db_commands(run: Callable[..., Done], fresh_database: str) -> None:
    head = migrations.head_revision()
    done = run("db", "current", "--json", LICTOR_DATABASE_URL=fresh_database)
    assert json.loads(done.stdout) == {"current": head, "head": head}
    done = run("db", "downgrade", "base")
    assert (done.status, done.stdout.split()) == (0, ["base"])
    assert migrations.current_revision(fresh_database) is None
    done = run("db", "upgrade")
    assert (done.status, done.stdout.split()) == (0, [head])
    done = run("db", "upgrade", "nonsense")
    assert done.status == 1
    assert "nonsense" in done.stderr


def test_tenant_create(run: Callable[..., Done], database: str) -> None:
    done = run("tenant", "create", "Data Science", "--json", LICTOR_DATABASE_URL=database)
    identity = json.loads(done.stdout)["id"]
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT id::text, name, slug FROM tenant").fetchall()
    assert rows == [(identity, "Data Science", "data-science")]
    again = run("tenant", "create", "Data Science")
    assert (again.status, again.stdout) == (1, "")
    assert "data-science" in again.stderr
    bad = run("tenant", "create", "x", "--slug", "Not A Slug")
    assert (bad.status, "slugified" in bad.stderr) == (1, True)


def test_unreachable_database_is_told_without_a_traceback(run: Callable[..., Done]) -> None:
    done = run("db", "current", LICTOR_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert (done.status, done.stdout) == (1, "")
    assert "127.0.0.1" in done.stderr


def test_engine_serve_names_the_variable_it_misses(
    run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HASURA_GRAPHQL_DATABASE_URL", raising=False)
    done = run("engine", "serve")
    assert (done.status, "HASURA_GRAPHQL_DATABASE_URL" in done.stderr) == (2, True)


def test_engine_serve_tells_what_is_wrong_with_the_metadata(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "version.yaml").write_text("version: 2\n")
    done = run(
        "engine",
        "serve",
        HASURA_GRAPHQL_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        HASURA_GRAPHQL_METADATA_DIR=str(tmp_path),
    )
    assert (done.status, done.stdout) == (2, "")
    assert f"{tmp_path / 'version.yaml'}: metadata format version 3 is expected" in done.stderr
    assert "Traceback" not in done.stderr


def test_default_tenant_is_made_only_where_there_is_none(database: str) -> None:
    for _ in range(2):
        ensure_default_tenant(database)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT name, slug FROM tenant").fetchall() == [("default", "default")]
        connection.execute("UPDATE tenant SET slug = 'ours'")
        connection.commit()
        ensure_default_tenant(database)
        assert connection.execute("SELECT slug FROM tenant").fetchall() == [("ours",)]


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Data Science", "data-science"), ("  Ärger_2 ", "arger-2"), ("default", "default"), ("日本", "")],
)
def test_slugify(text: str, slug: str) -> None:
    assert slugify(text) == slug
