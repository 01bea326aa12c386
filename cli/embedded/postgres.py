"""A real Postgres in a directory: made, configured, started, watched, stopped, without installing anything.

In: a data directory. Out: a running server on loopback and a Unix socket, and DSNs for it. It holds `cluster/` (PGDATA),
`socket/`, the configuration, the password (0600) and the last port. Never runs as root, never upgrades a cluster of another major
version by itself, never touches a process that is not a postmaster of this very cluster.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from lictor.cli.embedded import accounts, processes
from lictor.cli.embedded.accounts import Account
from lictor.cli.embedded.binaries import PostgresBinaries
from lictor.cli.embedded.configuration import POSTGRES_SETTINGS, pg_hba, render
from lictor.cli.embedded.errors import EmbeddedServerError

ADMIN = "postgres"
OWNER = "lictor"
_SOCKET_PATH_LIMIT = 103
"""Bytes of a Unix socket's path on every system we run on (107 on Linux, 103 on macOS)."""
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
StopMode = Literal["smart", "fast", "immediate"]


class PostgresServer:
    """A Postgres cluster below `data_dir`, and the server that runs on it.

    `port` is the TCP port on 127.0.0.1 (None: the port of last time if it is free, else any free one); `settings` are
    added to postgresql.conf, e.g. `{"fsync": "off"}` for tests.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        binaries: PostgresBinaries | None = None,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.settings = dict(settings or {})
        self.process: subprocess.Popen[Any] | None = None
        self._given_port = port
        self._given_binaries = binaries

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, settings: Mapping[str, str] | None = None) -> Iterator[Self]:
        """A running server in a temporary directory, gone afterwards; unsafe-but-fast settings for tests."""
        directory = Path(tempfile.mkdtemp(prefix="lictor-pg-"))
        directory.chmod(0o711)
        try:
            with cls(directory / "postgres", settings={"fsync": "off", **(settings or {})}) as server:
                yield server
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    # --- where things are -------------------------------------------------------------------------------------------

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self._home / "cluster"

    @property
    def _home(self) -> Path:
        """The data directory on the straight way, which may be the only one that the account can go (see _place)."""
        return self.data_dir.resolve()

    @property
    def log_path(self) -> Path:
        """Where `start` sends the server's messages."""
        return self.data_dir / "postgres.log"

    @cached_property
    def account(self) -> Account | None:
        """The account the server runs as; None: our own."""
        return accounts.unprivileged_account(self.cluster)

    @cached_property
    def binaries(self) -> PostgresBinaries:
        """The programs to run, reachable by `account`."""
        return (self._given_binaries or PostgresBinaries.find()).for_account(self.account)

    @cached_property
    def port(self) -> int:
        """The TCP port on 127.0.0.1, also part of the socket's name."""
        remembered = self.data_dir / "port"
        if self._given_port:
            return self._given_port
        with contextlib.suppress(OSError, ValueError):
            last = int(remembered.read_text())
            return last if self.postmaster_pid() is not None else processes.free_port(last)
        return processes.free_port()

    @cached_property
    def socket_dir(self) -> Path:
        """The directory of the Unix socket: in the data directory, or a short one if that path is too long."""
        inside = self._home / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.65535.lock")) <= _SOCKET_PATH_LIMIT:
            return inside
        remembered = self.data_dir / "socket-path"
        with contextlib.suppress(OSError):
            short = Path(remembered.read_text())
            # Somebody else may have taken the name since, after the temporary directory was cleaned.
            if not short.is_symlink() and short.stat().st_uid == self._uid:
                return short
        short = Path(tempfile.mkdtemp(prefix="lictor-", dir="/tmp"))
        remembered.write_text(str(short))
        return short

    @property
    def _uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()

    @property
    def password(self) -> str:
        """The password of both roles, as kept in the data directory."""
        return (self.data_dir / "password").read_text()

    def dsn(self, dbname: str = "postgres", *, user: str = OWNER, socket: bool = False) -> str:
        """A libpq URL for asyncpg and psycopg; over TCP, or over the Unix socket if `socket`.

        `user` is "lictor", which owns the databases made here and is no superuser, or "postgres", which is one.
        """
        login = f"{user}:{self.password}"
        if socket:
            return f"postgresql://{login}@/{quote(dbname)}?host={quote(str(self.socket_dir), safe='')}&port={self.port}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{quote(dbname)}"

    # --- making the cluster -----------------------------------------------------------------------------------------

    def init(self) -> None:
        """Make the cluster unless it is there. Raises EmbeddedServerError if it is of another major version."""
        self._place()
        if (self.cluster / "PG_VERSION").exists():
            self._check_version()
            return
        password = secrets.token_hex(24)
        _write_secret(self.data_dir / "password", password)
        # Under another name until it is complete: an interrupted initdb is simply thrown away next time.
        partial = self.cluster.with_name("cluster.new")
        shutil.rmtree(partial, ignore_errors=True)
        self._make_private(partial)
        self._make_private(self.cluster.with_name("init"))
        password_file = self.cluster.with_name("init") / "password"
        try:
            _write_secret(password_file, password)
            self._give(password_file)
            self._run(self._initdb_command(partial, password_file))
            bootstrap = Path(__file__).with_name("bootstrap.sql").read_text().replace(":password", password)
            self._run(
                [self.binaries["postgres"], "--single", "-F", "-D", str(partial), "postgres"], bootstrap
            )
        finally:
            shutil.rmtree(password_file.parent)
        self._sync(partial)
        partial.rename(self.cluster)

    def _place(self) -> None:
        """Make the data directory; as root, where the server's account can reach it."""
        parent = self.data_dir.parent
        parent.mkdir(parents=True, exist_ok=True)
        if self.data_dir.is_symlink() or accounts.can_reach(self.account, parent):
            self.data_dir.mkdir(mode=0o711 if self.account else 0o700, exist_ok=True)
            return
        if self.data_dir.exists():
            if any(self.data_dir.iterdir()):
                raise EmbeddedServerError(
                    f"Postgres cannot run as root, and the account {self.account.name if self.account else ''} cannot "
                    f"enter {parent}. Move {self.data_dir} to a directory that every user can enter."
                )
            self.data_dir.rmdir()
        elsewhere = Path(tempfile.mkdtemp(prefix="postgres-", dir=accounts.system_dir()))
        elsewhere.chmod(0o711)
        self.data_dir.symlink_to(elsewhere)

    def _make_private(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        self._give(directory)

    def _give(self, path: Path) -> None:
        if self.account:
            # Not what a link points to: in its own directories the account may put links to anything.
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _initdb_command(self, target: Path, password_file: Path) -> list[str]:
        command = [self.binaries["initdb"], "-D", str(target), "-U", ADMIN, "-A", "scram-sha-256"]
        command += [f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C", "--data-checksums"]
        if self.binaries.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [*command, "--no-sync"]

    def _sync(self, target: Path) -> None:
        """Write all to disk, unless the server would not do so either."""
        if self.settings.get("fsync") == "off":
            return
        self._run([self.binaries["initdb"], "-D", str(target), "--sync-only"])

    def _run(self, command: list[str], stdin: str = "") -> None:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, **self._as_account())
        if done.returncode:
            raise EmbeddedServerError(
                f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}"
            )

    def _as_account(self) -> dict[str, Any]:
        identity = dict(self.account.popen_kwargs()) if self.account else {"umask": 0o077}
        # LC_ALL: messages in English, and macOS refuses a postmaster that became multithreaded by its locale.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {"cwd": "/", "env": environment | {"LC_ALL": "C"}, **identity}

    def _check_version(self) -> None:
        found = int((self.cluster / "PG_VERSION").read_text())
        ours = self.binaries.major
        if found != ours:
            raise EmbeddedServerError(
                f"{self.cluster} was made by Postgres {found}; the programs in {self.binaries.directory} are "
                f"Postgres {ours}. Either run Postgres {found} on it:\n"
                f"  LICTOR_POSTGRES_BIN=/usr/lib/postgresql/{found}/bin lictor up\n"
                "or carry the data over: with the old programs, while that runs,\n"
                '  pg_dump --format=custom --file=lictor.dump "$(lictor status --json | jq -r .database_url)"\n'
                f"then move {self.data_dir} away, start again, and\n"
                '  pg_restore --clean --if-exists --dbname="$(lictor status --json | jq -r .database_url)" lictor.dump'
            )

    # --- running ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """All that must be so before `command` is run: cluster, no old server on it, configuration."""
        self.init()
        self.recover()
        self._make_private(self.socket_dir)
        settings = (
            dict(POSTGRES_SETTINGS)
            | ({"io_method": "sync"} if self.binaries.major >= 18 else {})
            | self.settings
        )
        if settings.get("fsync") == "off":
            settings.setdefault("full_page_writes", "off")
        settings |= {"port": str(self.port), "unix_socket_directories": str(self.socket_dir)}
        settings |= {"hba_file": str(self._home / "pg_hba.conf")}
        # Outside of the cluster: there the server's account might have put a link for root to write through.
        _write_public(self._home / "pg_hba.conf", pg_hba())
        _write_public(self._home / "postgresql.conf", render(settings, self.cluster / "postgresql.conf"))
        (self.data_dir / "port").write_text(str(self.port))

    def recover(self) -> None:
        """Stop a server that a dead Lictor left on this cluster, and wait for what a killed one left of itself.

        The children of a killed postmaster keep its shared memory for some moments, and Postgres refuses to start then.
        """
        if self.postmaster_pid() is not None:
            self.stop()
        elif left := processes.wait_gone(self.pids(), 5):
            for pid in left:
                processes.send(pid, signal.SIGKILL)
            processes.wait_gone(left, 5)
        # What remains names a pid that is dead, or by now another program's, before which Postgres would back off.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def postmaster_pid(self) -> int | None:
        """The process id of the postmaster that runs on this cluster, whoever started it; None if none does."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
            if pid in self.pids():
                return pid
        return None

    def pids(self) -> list[int]:
        """All processes of servers on this cluster, whoever started them: the postmaster and its children."""
        return processes.pids_working_in(self.cluster, "postgres")

    def command(self) -> list[str]:
        """The command line of the server, which stays in the foreground and logs to standard error."""
        return [
            self.binaries["postgres"],
            "-D",
            str(self.cluster),
            f"--config-file={self._home / 'postgresql.conf'}",
        ]

    def popen_kwargs(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess.Popen` that `command` needs: account, environment, directory."""
        return {"stdin": subprocess.DEVNULL, "start_new_session": True, **self._as_account()}

    def start(self, timeout: float = 30) -> None:
        """Prepare and start the server and wait until it takes connections, at most `timeout` seconds."""
        self.prepare()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.popen_kwargs())
        try:
            self.wait_ready(timeout)
        except BaseException:
            self.stop("immediate")
            raise

    def is_ready(self) -> bool:
        """Whether the server says of itself that it takes connections (line 8 of postmaster.pid)."""
        # The file may be half written just now.
        with contextlib.suppress(OSError, ValueError):
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready" and processes.is_alive(int(lines[0]))
        return False

    def wait_ready(self, timeout: float = 30) -> None:
        """Wait until the server takes connections. Raises EmbeddedServerError if it ends or `timeout` passes."""
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if self.process and self.process.poll() is not None:
                raise EmbeddedServerError(
                    f"Postgres ended with status {self.process.returncode}:\n{processes.tail(self.log_path)}"
                )
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"Postgres took no connections within {timeout:g} s:\n{processes.tail(self.log_path)}"
                )
            time.sleep(0.02)

    def stop(self, mode: StopMode = "fast", timeout: float = 30) -> None:
        """Stop the server; after `timeout` seconds at once ("immediate": no data is lost, the next start recovers)."""
        pid = self.process.pid if self.process else self.postmaster_pid()
        if pid is not None:
            for signum in (_STOP_SIGNALS[mode], signal.SIGQUIT, signal.SIGKILL):
                if not processes.send(pid, signum) or not self._wait_ended(pid, timeout):
                    break
        if self.process:
            self.process.wait()
        self.process = None

    def _wait_ended(self, pid: int, timeout: float) -> list[int]:
        if self.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        return processes.wait_gone([pid, *self.pids()], timeout)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- databases --------------------------------------------------------------------------------------------------

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database owned by "lictor", as a copy of `template` if given. Raises psycopg.Error."""
        from psycopg import sql

        text = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        if template:
            text += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._execute(text)

    def database_exists(self, name: str) -> bool:
        """Whether the cluster has a database of this name."""
        return bool(self._execute("SELECT FROM pg_database WHERE datname = %s", (name,)))

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending the connections to it."""
        from psycopg import sql

        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: Any, parameters: tuple[object, ...] | None = None) -> int:
        import psycopg

        with psycopg.connect(
            self.dsn(user=ADMIN, socket=True), autocommit=True, connect_timeout=10
        ) as connection:
            return connection.execute(statement, parameters).rowcount


def _write_public(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
