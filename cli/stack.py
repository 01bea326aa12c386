"""The services that make a Lictor, declared.

In: settings, the data directory, the listening socket. Out: Service declarations in order. A database or Redis that
the settings name is used as it is; otherwise an embedded one is declared. Starts nothing itself.
"""

import shutil
import signal
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.embedded.valkey import ValkeyServer
from lictor.cli.instance import MARKER, Instance
from lictor.cli.supervisor import Service
from lictor.settings import Settings

DATABASE = "lictor"
_CLOSING_SECONDS = 5.0
"""What an API process needs to end, beyond the time it gives to calls under way."""


@dataclass
class Stack:
    """The services of one `up` and the URLs they are reached at."""

    settings: Settings
    instance: Instance
    listener: socket
    services: list[Service] = field(default_factory=list)
    database_url: str = ""
    redis_url: str = ""

    def __post_init__(self) -> None:
        # Keys that the settings name are in the environment already.
        given = self.settings.model_fields_set & {"secret_key", "secret_key_file"}
        self._secret_keys = {} if given else {"LICTOR_SECRET_KEY_FILE": str(self.instance.secret_key_path)}
        self._storage()
        self._database()
        self._lictor()

    @property
    def url(self) -> str:
        """Where the API is served."""
        host, port = self.listener.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        return f"http://{host}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every Lictor process is told."""
        return {
            **self._secret_keys,
            MARKER: self.instance.marker,
            "LICTOR_DATA_DIR": str(self.instance.data_dir),
            "LICTOR_DATABASE_URL": self.database_url,
            "LICTOR_REDIS_URL": self.redis_url,
            "LICTOR_PORT": str(self.listener.getsockname()[1]),
        }

    def _storage(self) -> None:
        given = self.settings.model_fields_set
        if "database_url" in given:
            self.database_url = self.settings.database_url
        else:
            postgres = PostgresServer(
                self.instance.data_dir / "postgres",
                # The log that its lines go to has the time already.
                settings={"log_line_prefix": ""},
            )
            self.services.append(
                Service(
                    "postgres",
                    postgres.command,
                    popen_kwargs=postgres.popen_kwargs,
                    prepare=postgres.prepare,
                    healthy=postgres.is_ready,
                    # Statements that fail are their clients' business, and clients come and go.
                    noise=r"^(ERROR|WARNING|DETAIL|HINT|CONTEXT|STATEMENT):|^FATAL:  (terminating|the database system is)",
                    # Recovery after a crash replays at most max_wal_size.
                    start_timeout=300,
                    stop_signal=signal.SIGINT,
                    stop_timeout=60,
                    death_signal=signal.SIGINT,
                )
            )
            # Known only now: port and password are kept in the cluster's directory.
            postgres.init()
            self.database_url = postgres.dsn(DATABASE, socket=True)
        if "redis_url" in given:
            self.redis_url = self.settings.redis_url
        else:
            valkey = ValkeyServer(self.instance.data_dir / "valkey")
            self.redis_url = valkey.url
            self.services.append(
                Service(
                    "valkey",
                    valkey.command,
                    environment={MARKER: self.instance.marker},
                    popen_kwargs=valkey.popen_kwargs,
                    prepare=valkey.prepare,
                    healthy=valkey.is_ready,
                    # A concern of servers that save to disk, which ours does not.
                    noise="overcommit",
                    death_signal=signal.SIGKILL,
                )
            )

    def _database(self) -> None:
        embedded = [service.name for service in self.services if service.name == "postgres"]
        self.services.append(
            Service(
                "migrate",
                lambda: [sys.executable, "-m", "lictor.cli.prepare_database"],
                after=embedded,
                environment=self.environment,
                prepare=self._empty_metrics,
                oneshot=True,
                start_timeout=600,
            )
        )

    def _lictor(self) -> None:
        after = ["migrate", *(service.name for service in self.services if service.name == "valkey")]
        common = {"after": after, "environment": self.environment}
        api = {"after": after, "environment": {**self.environment, **self._metrics()}}
        for number in range(1, self.settings.api_processes + 1):
            self.services.append(
                Service(
                    "api" if self.settings.api_processes == 1 else f"api-{number}",
                    self._api,
                    pass_fds=[self.listener.fileno()],
                    healthy=self.api_answers,
                    stop_timeout=self.settings.drain_seconds + _CLOSING_SECONDS,
                    **api,
                )
            )
        worker = [sys.executable, "-m", "lictor.workers"]
        self.services.append(Service("worker", lambda: worker, ready_line="ready for action", **common))
        self.services.append(
            Service("clock", lambda: [sys.executable, "-m", "lictor.workers.clock"], **common)
        )

    def _api(self) -> list[str]:
        return [sys.executable, "-m", "lictor.actions.gateway.serve", "--fd", str(self.listener.fileno())]

    def _metrics(self) -> dict[str, str]:
        """Where several API processes put their numbers together, so that a scrape of any of them shows all."""
        if self.settings.api_processes == 1:
            return {}
        return {"PROMETHEUS_MULTIPROC_DIR": str(self._metrics_dir)}

    @property
    def _metrics_dir(self) -> Path:
        return self.instance.data_dir / "metrics"

    def _empty_metrics(self) -> None:
        """Before the first API process starts: what those of another `up` have counted is over."""
        shutil.rmtree(self._metrics_dir, ignore_errors=True)
        self._metrics_dir.mkdir(parents=True)

    def api_answers(self) -> bool:
        """Whether the API answers its health route."""
        # Not urlopen: it would ask a proxy of the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
