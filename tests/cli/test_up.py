"""`lictor up` as users run it: what it serves, what it survives, what it refuses, what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import psycopg
import pytest

from lictor.cli.embedded import processes
from tests.cli.lictor_process import LictorProcess, run_lictor, until

RECOVERY_SECONDS = 15


def tenants(lictor: LictorProcess) -> set[str]:
    with psycopg.connect(lictor.state["database_url"]) as connection:
        return {slug for (slug,) in connection.execute("SELECT slug FROM tenant")}


def test_tells_where_everything_is(lictor: LictorProcess) -> None:
    assert f"Lictor is up at {lictor.url}" in lictor.output
    for hint in (
        "prefect backend server",
        f"PREFECT__SERVER__ENDPOINT={lictor.url}",
        str(lictor.instance.log_path),
    ):
        assert hint in lictor.output
    shown = run_lictor("status", LICTOR_DATA_DIR=str(lictor.instance.data_dir))
    assert shown.returncode == 0
    assert f"{lictor.url} (process {lictor.supervisor_pid}" in shown.stdout
    assert "default" in tenants(lictor)


def test_secrets_are_for_the_owner_only(lictor: LictorProcess) -> None:
    for name in ("state.json", "lictor.log", "postgres/password", "valkey/valkey.conf"):
        path = lictor.instance.data_dir / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
    password = (lictor.instance.data_dir / "postgres" / "password").read_text()
    for pid in lictor.pids():
        assert password not in Path(f"/proc/{pid}/cmdline").read_text()


def test_listens_on_loopback_only(lictor: LictorProcess) -> None:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {
        str(link.readlink()).removeprefix("socket:[").removesuffix("]")
        for pid in [lictor.supervisor_pid, *lictor.pids()]
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:[")
    }
    listening = {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}
    assert listening == {"0100007F"}


def test_second_one_on_the_same_data_is_refused(lictor: LictorProcess) -> None:
    done = run_lictor("up", "--port", "0", LICTOR_DATA_DIR=str(lictor.instance.data_dir))
    assert done.returncode == 1
    assert f"process {lictor.supervisor_pid}" in done.stdout
    assert lictor.url in done.stdout
    assert lictor.is_up()


def test_taken_port_is_named_and_nothing_starts(lictor: LictorProcess, directory: Path) -> None:
    port = lictor.url.rpartition(":")[2]
    done = run_lictor("up", LICTOR_DATA_DIR=str(directory / "data"), LICTOR_PORT=port)
    assert done.returncode == 1
    assert f"port {port}" in done.stdout
    assert "LICTOR_PORT=" in done.stdout
    assert not (directory / "data" / "postgres").exists()


@pytest.mark.parametrize("service", ["postgres", "valkey", "api", "worker", "clock"])
def test_killed_service_comes_back_and_the_others_stay(lictor: LictorProcess, service: str) -> None:
    others = {name: each["pid"] for name, each in lictor.state["services"].items() if name != service}
    killed = lictor.pid(service)
    os.kill(killed, signal.SIGKILL)
    until(lambda: lictor.pid(service) not in {None, killed}, RECOVERY_SECONDS, f"a new {service}")
    until(lictor.is_up, RECOVERY_SECONDS, "all running and the API answering")
    assert {name: each["pid"] for name, each in lictor.state["services"].items() if name != service} == others
    assert "default" in tenants(lictor)


def test_clients_can_connect_while_the_api_restarts(lictor: LictorProcess) -> None:
    port = int(lictor.url.rpartition(":")[2])
    killed = lictor.pid("api")
    os.kill(killed, signal.SIGKILL)
    until(lambda: not processes.is_alive(killed), 5, "the API gone")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connected = time.monotonic() - began
        connection.settimeout(RECOVERY_SECONDS)
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert connection.recv(15).startswith(b"HTTP/1.1 200")
    assert connected < 0.5
    until(lictor.is_up, RECOVERY_SECONDS, "up again")


def test_log_has_the_lines_of_all(lictor: LictorProcess) -> None:
    names = {line.split()[1] for line in lictor.instance.log_path.read_text().splitlines()}
    assert {"lictor", "postgres", "api", "worker"} <= names


def test_data_survive_a_killed_supervisor_and_its_services_do_not(lictor: LictorProcess) -> None:
    slug = f"kept-{lictor.supervisor_pid}"
    created = run_lictor("tenant", "create", slug, LICTOR_DATA_DIR=str(lictor.instance.data_dir))
    assert created.returncode == 0, created.stderr
    services = lictor.pids()
    assert lictor.stop(signal.SIGKILL) == -signal.SIGKILL
    assert lictor.instance.state() is None
    lictor.ensure_up()
    assert processes.wait_gone(services, 5) == []
    assert {"default", slug} <= tenants(lictor)

    # And a clean stop leaves nothing behind, even with clients connected.
    services = lictor.pids()
    port = int(lictor.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)), psycopg.connect(lictor.state["database_url"]):
        assert lictor.stop(signal.SIGINT) == 0
    assert not any(map(processes.is_alive, services))
    assert lictor.pids() == []
    assert not lictor.instance.state_path.exists()
