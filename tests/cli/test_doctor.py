"""`lictor doctor` on a database of its own: what it calls well, and what ill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lictor.cli.doctor import duty_finding, leader_finding, migrations_finding, settings_findings
from lictor.cli.embedded.valkey import ValkeyServer
from lictor.orchestration.ops import DutyState, Leader
from lictor.settings import Settings
from tests.cli.lictor_process import run_lictor


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


def examined(dsn: str, redis_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_lictor("doctor", *arguments, LICTOR_DATABASE_URL=dsn, LICTOR_REDIS_URL=redis_url)


def statuses(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {finding["check"]: finding["status"] for finding in json.loads(done.stdout)["findings"]}


def test_well_and_ill(fresh_database: str, redis_url: str) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as db:
        db.execute(
            "INSERT INTO utility.leader VALUES ('clock', gen_random_uuid(), 2, now(), now() + interval '1 hour')"
        )
        db.execute(
            "INSERT INTO utility.duty (name, interval, next_due, last_succeeded) VALUES ('sweep', '1 min', now(), now())"
        )
        done = examined(fresh_database, redis_url, "--json")
        assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok"), done.stdout
        checks = ("settings", "database", "migrations", "leader", "duty sweep", "invariants", "redis")
        assert statuses(done) == dict.fromkeys(checks, "ok")

        db.execute("UPDATE utility.duty SET last_error = 'RuntimeError: no', started_dispatch = 5")
        done = examined(fresh_database, redis_url)
        assert done.returncode == 1
        assert "FAIL  duty sweep: It failed: RuntimeError: no" in done.stdout
        assert "FAIL  invariant duties: duty : sweep: order 0, begun 5, done 0" in done.stdout
        assert "please report it" in done.stdout


def test_what_cannot_be_reached(redis_url: str) -> None:
    done = examined("postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1/0", "--json")
    assert done.returncode == 1
    assert statuses(done) == {"settings": "ok", "database": "fail", "redis": "fail"}
    assert "LICTOR_DATABASE_URL" in done.stdout


DUTY = DutyState("x", 10.0, datetime.now(UTC), 0.0, None, 0.5, None, None, None)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "ok"),
        ({"lag_seconds": 69.0}, "ok"),
        ({"lag_seconds": 71.0}, "fail"),
        ({"last_error": "no"}, "fail"),
        ({"duration_seconds": None}, "ok"),
    ],
)
def test_duties(changes: dict[str, Any], status: str) -> None:
    assert duty_finding(replace(DUTY, **changes)).status == status


def test_migrations_and_leader() -> None:
    assert migrations_finding(None).way_out == "Run `lictor db upgrade`."
    assert migrations_finding("0001").status == "fail"
    assert migrations_finding("9999").status == "ok"
    leader = Leader(leader_id=None, term=1, held=False, vacant_seconds=31)  # pyright: ignore[reportArgumentType]
    assert leader_finding(leader, 30).status == "fail"
    assert leader_finding(leader, 32).status == "ok"
    assert leader_finding(None, 32).status == "fail"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "Nothing speaks against"),
        ({"host": "0.0.0.0"}, "will not start"),
        ({"host": "0.0.0.0", "auth_off_anywhere": True}, "may do everything"),
        ({"host": "127.8.9.1"}, "Nothing speaks against"),
        ({"host": "0.0.0.0", "auth": "key"}, "Nothing speaks against"),
        ({"metrics": "token"}, "nobody can read"),
        ({"secret_key_file": Path("/nonexistent/key")}, "there is no file"),
        ({"clock_lease": 10, "clock_patience": 4}, "ordered again too soon"),
        ({"traces": "otlp"}, "Nothing speaks against"),
    ],
)
def test_settings(settings: dict[str, Any], says: str) -> None:
    assert [finding for finding in settings_findings(Settings(**settings)) if says in finding.message]
