"""`lictor backup` and `lictor restore`: what is in the file is what was in the database, and nothing else comes back."""

from __future__ import annotations

import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lictor import migrations
from lictor.cli import tenants
from lictor.cli.moving.backup import MANIFEST, backup
from lictor.cli.moving.errors import MoveError
from lictor.cli.moving.importing import run
from lictor.cli.moving.progress import Progress
from lictor.cli.moving.restore import restore
from lictor.cli.prepare_database import prepare
from tests.cli.lictor_process import run_lictor
from tests.invariants import violations

pytestmark = pytest.mark.timeout(300)
QUIET = Progress(quiet=True)
Make = Callable[..., str]

_TABLES = """
    SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('public', 'utility', 'vault') AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
"""
_RULES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
    WHERE connamespace::regnamespace::text IN ('public', 'utility', 'vault', 'history') AND contype <> 'n'
    UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text, true FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1, 2
"""


def ask(dsn: str, text: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(text.encode()).fetchall()


def everything(dsn: str) -> dict[str, list[Any]]:
    """All rows of all tables as JSON, by table."""
    return {
        name: ask(dsn, f"SELECT to_jsonb(row)::text FROM {name} AS row ORDER BY 1")
        for (name,) in ask(dsn, _TABLES)
    }


@pytest.fixture
def in_use(prefect_server: Make, lictor_database: Make) -> str:
    """A database with something in most tables, among it what only Lictor has."""
    dsn = lictor_database()
    run(prefect_server(60), dsn, QUIET, 50_000)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO vault.secret (tenant_id, name, key_id, nonce, ciphertext)"
            " SELECT id, 'password', 'k1', '\\x000102030405060708090a0b', '\\xdeadbeef00' FROM tenant"
        )
        connection.execute(
            "INSERT INTO key_value (tenant_id, key, value) SELECT id, 'n', '1e400' FROM tenant"
        )
        connection.execute(
            "INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event)"
            " SELECT tenant_id, 'cloud_hook', id, id, id, '{}' FROM cloud_hook"
        )
        # A clock that was far off: no partition of its own.
        connection.execute(
            "INSERT INTO log (tenant_id, flow_run_id, \"timestamp\", message) SELECT tenant_id, id, '1999-01-01', 'early'"
            " FROM flow_run LIMIT 1"
        )
    return dsn


@contextmanager
def busy(dsn: str) -> Iterator[list[int]]:
    """Somebody writes all the time, two lines in each transaction; the list holds how many transactions there were, and
    there is one at least.
    """
    done, begun, stop = [0], threading.Event(), threading.Event()

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute(
                    "INSERT INTO log (tenant_id, flow_run_id, name, message) SELECT tenant_id, id, 'busy', n::text"
                    " FROM (SELECT tenant_id, id FROM flow_run LIMIT 1) AS run, generate_series(1, 2) AS n"
                )
                done[0] += 1
                begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert begun.wait(60), "nothing was written"
        yield done
    finally:
        stop.set()
        thread.join()


def test_there_and_back_while_somebody_writes(in_use: str, lictor_database: Make, tmp_path: Path) -> None:
    there, file = lictor_database(), tmp_path / "there.zip"
    prepare(there)
    rules = ask(there, _RULES)
    with busy(in_use) as written:
        before = written[0]
        done = run_lictor("backup", str(file), LICTOR_DATABASE_URL=in_use)
        after = written[0]
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = run_lictor("restore", str(file), LICTOR_DATABASE_URL=there)
    assert done.returncode == 0, done.stderr

    theirs, ours = everything(there), everything(in_use)
    assert all(
        theirs[name]
        for name in ("public.flow_run", "vault.secret", "public.hook_delivery", "public.auth_user")
    )
    # A moment of the writer's work: whole transactions.
    ((busy_lines,),) = ask(there, "SELECT count(*) FROM log WHERE name = 'busy'")
    assert busy_lines % 2 == 0
    assert before <= busy_lines // 2 <= after < written[0] + 1
    assert set(theirs.pop("public.log")) <= set(ours.pop("public.log"))
    assert theirs == ours
    # The rules are what they were, and hold; numbers go on.
    assert [rule for rule in ask(there, _RULES) if not rule[0].startswith("history.")] == [
        rule for rule in rules if not rule[0].startswith("history.")
    ]
    assert ask(there, "SELECT count(*) FROM ONLY history.log_default") == [(1,)]
    assert tenants.run(there, violations) == []
    sequence = "INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event) SELECT tenant_id, kind,"
    sequence += " target_id, subject_id, uuidv7(), event FROM hook_delivery LIMIT 1 RETURNING sequence"
    assert ask(there, sequence) == [(3,)]

    # And back, over what has been written since.
    back = tmp_path / "back.zip"
    backup(there, back, QUIET)
    refused = run_lictor("restore", str(back), LICTOR_DATABASE_URL=in_use)
    assert refused.returncode == 1
    assert "The database is not empty: there are rows in agent, " in refused.stderr
    restore(back, in_use, QUIET, force=True)
    assert everything(in_use) == everything(there)


def test_from_an_older_release(empty_database: Make, lictor_database: Make, tmp_path: Path) -> None:
    old, file = empty_database(), tmp_path / "old.zip"
    migrations.upgrade(old, "0010")
    with psycopg.connect(old) as connection:
        connection.execute("INSERT INTO tenant (name, slug) VALUES ('Old', 'old')")
        connection.execute("INSERT INTO project (tenant_id, name) SELECT id, 'P' FROM tenant")
        connection.execute("INSERT INTO cloud_hook (tenant_id, type) SELECT id, 'WEBHOOK' FROM tenant")
    backup(old, file, QUIET)
    for new in (lictor_database(), empty_database()):
        restore(file, new, QUIET, force=False)
        assert migrations.current_revision(new) == migrations.head_revision()
        found = "SELECT slug, project.name, length(signing_secret) > 20 FROM tenant, project, cloud_hook"
        assert ask(new, found) == [("old", "P", True)]
    # The other way there is no way.
    backup(new, tmp_path / "new.zip", QUIET)
    restore(tmp_path / "new.zip", old, QUIET, force=True)
    assert everything(old) == everything(new)


def _rewrite(source: Path, target: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))


def test_files_that_are_refused(in_use: str, lictor_database: Make, tmp_path: Path) -> None:
    file, bad, target = tmp_path / "good.zip", tmp_path / "bad.zip", lictor_database()
    prepare(target)
    before = everything(target)
    backup(in_use, file, QUIET)
    with pytest.raises(MoveError, match="exists already"):
        backup(in_use, file, QUIET)

    def refused(told: str, path: Path = bad) -> None:
        with pytest.raises(MoveError, match=told):
            restore(path, target, QUIET, force=True)
        assert everything(target) == before

    refused("cannot be read: No such file", tmp_path / "nothing.zip")
    bad.write_bytes(file.read_bytes()[:-5000])
    refused("is damaged or no backup")
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    bad.write_bytes(content)
    refused("damaged")
    _rewrite(file, bad, "public.project", lambda text: text.replace(b"ETL 1", b"ETL 7"))
    refused("project: 2 rows with the checksum .* are not the 2 with")
    _rewrite(file, bad, MANIFEST, lambda text: text.replace(b'"revision": "00', b'"revision": "99'))
    refused("made by a later release")
    _rewrite(file, bad, MANIFEST, lambda _: b"{}")
    refused("is no backup")


def test_databases_that_cannot_be_backed_up(empty_database: Make, tmp_path: Path) -> None:
    file = tmp_path / "nothing.zip"
    with pytest.raises(MoveError, match="not one of Lictor's"):
        backup(empty_database(), file, QUIET)
    done = run_lictor("backup", str(file), LICTOR_DATA_DIR=str(tmp_path / "empty"))
    assert done.returncode == 1
    assert f"There is no database in {tmp_path / 'empty'}" in done.stderr
    assert list(tmp_path.iterdir()) == []
