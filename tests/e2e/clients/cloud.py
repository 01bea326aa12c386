"""What every release of the client must be able to do with `backend = cloud`, where the server asks for keys.

A test file inherits `CloudBehaviours` and names its release as VERSION.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.cli.lictor_process import until
from tests.e2e.clients.behaviours import Agent
from tests.e2e.conftest import Client, Guarded, cloud

PROGRAMS = Path(__file__).parent / "programs"
SECRET = "correct horse"
SEEN = {"markdown": f"{SECRET} someone"}


@pytest.mark.timeout(300)
class CloudBehaviours:
    """Logging in by the commands, and everything else with the key given in the environment."""

    @pytest.fixture
    def stored(self, guarded: Guarded) -> Iterator[Callable[..., list[dict[str, Any]]]]:
        """`stored(sql, *values)` gives what the database itself holds."""
        with psycopg.connect(guarded.state["database_url"], autocommit=True, row_factory=dict_row) as db:
            yield lambda sql, *values: db.execute(sql, values).fetchall()

    @staticmethod
    def client(prefect: Path, home: Path, guarded: Guarded, **variables: str) -> Client:
        made = cloud(prefect, home, guarded.url, **variables)
        made.scripts = PROGRAMS
        return made

    def test_logs_in_and_changes_tenants(self, prefect, release, guarded, key, stored, tmp_path):
        second = guarded.cli("tenant", "create", "Second team")
        said = self.client(prefect, tmp_path / "home", guarded).program(
            "login", {"key": key, "project": "of the second"}
        )
        if release.version < "0.15":
            assert "Error attempting to" in said["wrong"]
            assert "Login successful!" in said["login"]
        else:
            assert "Unauthorized. Invalid Prefect Cloud API key." in said["wrong"]
            assert "Logged in to Prefect Cloud tenant 'default' (default)" in said["login"]
        assert [row[0] for row in said["before"] if row[-1] == "*"] == ["default"]
        assert "Tenant switched" in said["switched"]
        assert [row[-2:] for row in said["after"] if row[-1] == "*"] == [[second, "*"]]
        assert "of the second" in said["projects"]
        [project] = stored("SELECT tenant_id::text FROM project WHERE name = 'of the second'")
        assert project["tenant_id"] == second

        assert said["token"].startswith("lictor_")
        assert "successfully revoked" in said["revoked"]
        assert "Unable to revoke" in said["revoked_again"]
        # Other tests have keys, too; the one that was revoked is not there.
        assert ["of", "the", "tests"] in [row[:3] for row in said["listed"][1:]]
        assert "ogged out" in said["logout"]
        if said["kv"] is not None:
            _, read, listed, _, empty = said["kv"]
            assert "hello" in read
            assert "typed" in listed
            assert "No keys found" in empty

    def test_runs_with_what_only_cloud_had(self, prefect, release, guarded, key, stored, tmp_path):
        variable = "PREFECT__CLOUD__AUTH_TOKEN" if release.version < "0.15" else "PREFECT__CLOUD__API_KEY"
        client = self.client(prefect, tmp_path / "home", guarded, **{variable: key})
        said = client.program("cloud", {"project": "cloudy", "labels": ["cloudy"]})
        assert (said["state"], said["missing"], said["found"]) == ("Success", "KeyError", [True, False])
        assert said["limits"] == [1]
        assert said["values"] == (
            None if release.version < "0.14" else [{"list": [1, None, {"a": True}]}, True, []]
        )
        self._ran(stored, said["run"])

        # An agent has a token of its own; one without is not let in.
        for_agent = "PREFECT__CLOUD__AGENT__AUTH_TOKEN" if release.version < "0.15" else variable
        refused = self.client(prefect, tmp_path / "refused", guarded, **{for_agent: key[:-1] + "-"})
        process = refused.start("prefect", "agent", "local", "start", "--no-hostname-label")
        output, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "UNAUTHENTICATED" in output
        with Agent(self.client(prefect, tmp_path / "home", guarded, **{for_agent: said["token"]}), "cloudy"):
            state = "SELECT state FROM flow_run WHERE id = %s"
            until(
                lambda: stored(state, said["waiting"]) == [{"state": "Success"}], 60, "the agent has run it"
            )
        self._ran(stored, said["waiting"])

    @staticmethod
    def _ran(stored: Callable[..., list[dict[str, Any]]], run: str) -> None:
        """The run succeeded, had both secrets, and took the one slot of its tag."""
        assert stored("SELECT state FROM flow_run WHERE id = %s", run) == [{"state": "Success"}]
        artifacts = stored(
            "SELECT data FROM task_run_artifact JOIN task_run ON task_run.id = task_run_id WHERE flow_run_id = %s",
            run,
        )
        assert artifacts == [{"data": SEEN}]
        slots = "SELECT tag FROM utility.task_run_slot JOIN task_run ON task_run.id = task_run_id JOIN task_tag_limit AS l ON l.id = limit_id WHERE flow_run_id = %s"
        assert stored(slots, run) == [{"tag": "few"}]
