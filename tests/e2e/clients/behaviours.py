"""What every release of the client must be able to do, seen by the client and by the database.

A test file inherits `Behaviours` and names its release as VERSION.
"""

from __future__ import annotations

import signal
import socket
import urllib.request
from datetime import datetime
from typing import Any

from tests.cli.lictor_process import until

RUN = "SELECT state, version, labels, parameters, start_time, end_time, heartbeat FROM flow_run WHERE id = %s"
RUN_STATES = "SELECT state, version FROM flow_run_state WHERE flow_run_id = %s ORDER BY version"
TASK_RUNS = """
SELECT task_run.id, slug, map_index, state, task_run.version, task_run.serialized_state,
    (SELECT array_agg(task_run_state.state ORDER BY task_run_state.version) FROM task_run_state WHERE task_run_id = task_run.id) AS states,
    (SELECT array_agg(task_run_state.version ORDER BY task_run_state.version) FROM task_run_state WHERE task_run_id = task_run.id) AS versions
FROM task_run JOIN task ON task.id = task_id WHERE flow_run_id = %s ORDER BY slug, map_index"""
SUCCEEDED = ["Pending", "Running", "Success"]


class Behaviours:
    """One test a behaviour; each in a project of its own."""

    def test_registers(self, prefect_client, release, rows):
        said = prefect_client.program("register_flows", {"project": "registering"})
        [project] = rows("SELECT id::text, description FROM project WHERE name = 'registering'")
        assert said["projects"] == [project["id"]] * 2
        assert project["description"] == "made by a test"
        assert said["again"] == said["first"] != said["changed"]
        flows = rows(
            """SELECT flow.id::text, flow.name, version, archived, core_version, parameters, environment, flow.run_config,
                   storage ->> 'type' AS storage, flow_group.labels AS group_labels
               FROM flow JOIN flow_group ON flow_group.id = flow_group_id
               WHERE project_id = %s AND flow.name <> 'typed' ORDER BY flow.name DESC, version""",
            project["id"],
        )
        assert [(flow["id"], flow["version"], flow["archived"]) for flow in flows] == [
            (said["first"], 1, True), (said["changed"], 2, False), (said["plain"], 1, False),
        ]  # fmt: skip
        first, changed, plain = flows
        assert {flow["core_version"] for flow in flows} == {release.version}
        assert {flow["storage"] for flow in flows} == {"Local"}
        assert first["group_labels"] is None
        if release.version.startswith("0.13."):
            assert first["run_config"] is None
            assert sorted(first["environment"]["labels"]) == ["blue", "red"]
        else:
            assert first["environment"] is None
            assert (first["run_config"]["type"], sorted(first["run_config"]["labels"])) == (
                "UniversalRun", ["blue", "red"],
            )  # fmt: skip
        assert [[p["name"], p["default"]] for p in changed["parameters"]] == said["parameters"]
        tasks = "SELECT slug, name, mapped FROM task WHERE flow_id = %s"
        assert {task["slug"]: [task["name"], task["mapped"]] for task in rows(tasks, changed["id"])} == said[
            "tasks"
        ]
        assert len(rows(tasks, plain["id"])) == len(rows(tasks, first["id"])) == 4
        edges = rows(
            """SELECT up.slug AS upstream, down.slug AS downstream, key, edge.mapped FROM edge
               JOIN task up ON up.id = upstream_task_id JOIN task down ON down.id = downstream_task_id
               WHERE edge.flow_id = %s""",
            changed["id"],
        )
        assert sorted(list(edge.values()) for edge in edges) == said["edges"]
        typed = rows(
            "SELECT version FROM flow WHERE project_id = %s AND name = 'typed' ORDER BY version",
            project["id"],
        )
        if release.version.startswith("0.13."):
            # Its command sends no idempotency key.
            assert [flow["version"] for flow in typed] == [1, 2]
        else:
            assert [flow["version"] for flow in typed] == [1]
            assert "1 registered" in said["printed"][0]
            assert "1 skipped" in said["printed"][1]

    def test_schedules(self, prefect_client, rows, graphql):
        said = prefect_client.program("schedule", {"project": "scheduling"})
        planned = (
            "SELECT scheduled_start_time, parameters, labels, name FROM flow_run"
            " WHERE flow_id = %s AND auto_scheduled AND state = 'Scheduled' ORDER BY scheduled_start_time"
        )
        events = [[datetime.fromisoformat(at), *rest] for at, *rest in said["events"]]
        runs = rows(planned, said["flow"])
        assert all(run["name"] for run in runs)
        assert [
            [run["scheduled_start_time"], {"n": 4} | run["parameters"], run["labels"]] for run in runs
        ] == [[at, {"n": 4} | parameters, labels] for at, parameters, labels in events]
        graphql(
            "mutation($id: UUID!) { set_schedule_inactive(input: {flow_id: $id}) { success } }",
            id=said["flow"],
        )
        assert rows(planned, said["flow"]) == []

    def test_an_agent_runs_it_and_resumes_what_was_paused(self, prefect_client, release, rows):
        label = "here"
        said = prefect_client.program("deploy", {"project": "agents", "label": label})
        with Agent(prefect_client, label) as agent:
            greet = self._run_and_watch(prefect_client, release, label)
            assert "Success" in greet or "succeeded" in greet
            [run] = rows("SELECT id::text FROM flow_run WHERE flow_id = %s", said["greet"])
            self._check_the_agents_run(rows, run["id"], release, agent)

            def gate() -> dict[str, Any]:
                return next(row for row in rows(TASK_RUNS, said["run"]) if row["slug"] == "proceed-1")

            until(lambda: gate()["state"] == "Paused", 60, "the task is paused")
            assert rows(RUN, said["run"])[0]["state"] == "Running"
            resumed = prefect_client.program("resume", {"task_run": str(gate()["id"])})
            assert (resumed["before"], resumed["after"]) == ("Paused", "Resume")
            until(
                lambda: agent.poke() and rows(RUN, said["run"])[0]["state"] == "Success",
                60,
                "the run is Success",
            )
        assert gate()["states"] == ["Pending", "Paused", "Resume", "Submitted", "Running", "Success"]
        assert [row["states"] for row in rows(TASK_RUNS, said["run"]) if row["slug"] == "prepare-1"] == [
            SUCCEEDED
        ]
        assert [row["state"] for row in rows(RUN_STATES, said["run"])] == [
            "Scheduled", "Submitted", "Running", "Success",
        ]  # fmt: skip

    @staticmethod
    def _run_and_watch(prefect_client: Any, release: Any, label: str) -> str:
        """Run `greet` by the command that the release has for it; what was printed."""
        by_name = ["--name", "greet", "--project", "agents", "--watch"]
        if release.version < "0.15":
            return prefect_client("run", "flow", *by_name, "--parameters-string", '{"name": "you"}')
        return prefect_client("run", *by_name[:2], "--watch", "--param", 'name="you"', "--label", label)

    @staticmethod
    def _check_the_agents_run(rows: Any, run_id: str, release: Any, agent: Agent) -> None:
        [run] = rows(RUN, run_id)
        assert (run["state"], run["parameters"], run["labels"]) == ("Success", {"name": "you"}, ["here"])
        assert run["start_time"] < run["end_time"]
        assert run["heartbeat"] is not None
        assert rows(RUN_STATES, run_id) == [
            {"state": state, "version": version}
            for version, state in enumerate(("Scheduled", "Submitted", "Running", "Success"), 1)
        ]
        assert [row["states"] for row in rows(TASK_RUNS, run_id)] == [SUCCEEDED] * 2
        [known] = rows(
            "SELECT agent.name, type, labels, core_version, last_queried FROM agent"
            " WHERE id = (SELECT agent_id FROM flow_run WHERE id = %s)",
            run_id,
        )
        # Agents of 0.13 add labels of the storages they can load from.
        assert (known["name"], known["type"], "here" in known["labels"]) == (agent.name, "LocalAgent", True)
        assert known["core_version"] == release.version
        told = (
            "SELECT count(*) FILTER (WHERE message = 'hello you' AND level = 'INFO' AND task_run_id IS NOT NULL) AS task,"
            " count(*) FILTER (WHERE message = 'hello you' AND info IS NOT NULL) AS details,"
            " count(*) FILTER (WHERE message LIKE 'Submitted for execution%%' AND task_run_id IS NULL) AS agent"
            " FROM log WHERE flow_run_id = %s"
        )
        # 0.13 adds the attributes of the log record.
        lines = {"task": 1, "details": int(release.version.startswith("0.13.")), "agent": 1}
        until(lambda: rows(told, run_id) == [lines], 20, "both logs have arrived")

    def test_maps(self, prefect_client, rows):
        said = prefect_client.program("map", {"project": "mapping"})
        assert (said["state"], said["total"], said["children"]) == ("Success", 55, ["Success"] * 6)
        task_runs = rows(TASK_RUNS, said["run"])
        parents = {row["slug"]: row["state"] for row in task_runs if row["map_index"] == -1}
        assert parents == said["states"] == {
            "n": "Success", "numbers-1": "Success", "square-1": "Mapped", "total-1": "Success",
        }  # fmt: skip
        squares = [row for row in task_runs if row["slug"] == "square-1"]
        assert [row["map_index"] for row in squares] == list(range(-1, 6))
        assert squares[0]["serialized_state"]["n_map_states"] == 6
        assert [row["states"] for row in squares] == [["Pending", "Mapped"], *[SUCCEEDED] * 6]
        assert [row["versions"] for row in squares] == [[1, 2], *[[1, 2, 3]] * 6]
        assert rows(RUN, said["run"])[0]["state"] == "Success"

    def test_retries(self, prefect_client, rows):
        said = prefect_client.program("retry", {"project": "retrying"})
        assert (said["third_time"]["state"], said["third_time"]["result"]) == ("Success", "3")
        assert (said["never"]["state"], said["never"]["result"]) == ("Failed", "never")
        twice = ["Pending", *["Running", "Failed", "Retrying"] * 2, "Running"]
        for name, end in (("third_time", "Success"), ("never", "Failed")):
            [task_run] = rows(TASK_RUNS, said[name]["run"])
            assert task_run["states"] == [*twice, end]
            assert task_run["versions"] == list(range(1, 10))
            assert rows(RUN, said[name]["run"])[0]["state"] == end

    def test_cancels(self, prefect_client, rows):
        said = prefect_client.program("cancel", {"project": "cancelling"})
        assert (said["state"], said["read"]) == ("Cancelled", "Cancelled")
        assert [row["state"] for row in rows(RUN_STATES, said["run"])] == [
            "Scheduled", "Running", "Cancelling", "Cancelled",
        ]  # fmt: skip
        assert rows(RUN, said["run"])[0]["end_time"] is not None
        # The client leaves its tasks as they were; the server settles them.
        assert {row["slug"]: row["states"] for row in rows(TASK_RUNS, said["run"])} == {
            "sleep-1": ["Pending", "Running", "Cancelled"], "after-1": ["Pending", "Cancelled"],
        }  # fmt: skip
        # Its reads, by which it learnt that it is cancelled, are known as its sign of life.
        heard = "SELECT is_regular, reads >= 2 AS often FROM utility.runner_read WHERE flow_run_id = %s"
        until(
            lambda: rows(heard, said["run"]) == [{"is_regular": True, "often": True}],
            20,
            "its reads are noted",
        )

    def test_caches(self, prefect_client, rows):
        said = prefect_client.program("cache", {"project": "caching"})
        assert said["calls"] == 1
        assert [run["value"] for run in said["runs"]] == [41] * 3
        assert {run["state"] for run in said["runs"]} == {"Cached"}
        histories = [rows(TASK_RUNS, run["run"])[0] for run in said["runs"]]
        assert [row["states"] for row in histories] == [
            ["Pending", "Running", "Success", "Cached"], ["Pending", "Cached"], ["Pending", "Cached"],
        ]  # fmt: skip
        assert len({row["serialized_state"]["_result"]["location"] for row in histories}) == 1
        keys = "SELECT cache_key FROM task_run WHERE id = ANY(%s)"
        assert {row["cache_key"] for row in rows(keys, [row["id"] for row in histories])} == {
            "key of caching"
        }

    def test_writes_artifacts(self, prefect_client, rows):
        said = prefect_client.program("artifacts", {"project": "artifacts"})
        assert said["state"] == "Success"
        artifacts = rows(
            "SELECT artifact.id::text, kind, data FROM task_run_artifact artifact JOIN task_run ON task_run.id = task_run_id"
            " WHERE flow_run_id = %s ORDER BY kind",
            said["run"],
        )
        assert artifacts == [
            {"id": said["link"], "kind": "link", "data": {"link": "https://example.com/report"}},
            {"id": said["markdown"], "kind": "markdown", "data": {"markdown": "# Report\n\n| ü | `x` |"}},
        ]
        assert rows("SELECT FROM task_run_artifact WHERE id = %s", said["deleted"]) == []

    def test_reads_back(self, prefect_client, release, rows):
        said = prefect_client.program("views", {"project": "viewing"})
        [run] = rows(RUN, said["run"])
        states = {row["slug"]: row["state"] for row in rows(TASK_RUNS, said["run"]) if row["map_index"] == -1}
        assert said["info"] == {
            "name": "the viewed run", "flow": said["flow"], "version": run["version"],
            "parameters": run["parameters"], "state": run["state"], "states": states,
            "square": ["Success", 3, "Success"],
        }  # fmt: skip
        printed = said["printed"]
        assert "viewed" in printed["flows"]
        assert "made by" not in printed["projects"]
        assert "viewing" in printed["projects"]
        assert "the viewed run" in printed["flow-runs"]
        assert "Success" in printed["flow-runs"]
        assert all(name in printed["tasks"] for name in ("numbers", "square", "total"))
        assert "a line of the viewed run" in printed["logs"]
        assert '"version": 1' in printed["describe flows"]
        assert '"slug": "square-1"' in printed["describe tasks"]
        assert "Success" in printed["describe flow-runs"]
        if release.version < "0.15":
            return
        assert "a line of the viewed run" in said["views"].pop("logs")
        assert said["views"] == {
            "flows": [said["flow"]] * 3,
            "flow": ["viewed", "viewing", release.version, False],
            "deserialised": sorted(states),
            "run": [said["run"], "the viewed run", "Success", {"n": 5}],
            "states": ["Scheduled", "Running", "Success"],
            "task_runs": sorted([row["slug"], row["map_index"]] for row in rows(TASK_RUNS, said["run"])),
            "mapped": [0, 1, 4, 9, 16],
            "total": 30,
            "one": [3, 9, "Success"],
            "tenant": "default",
        }


class Agent:
    """`prefect agent local start` in a process of its own; it is asked to look for work at once."""

    def __init__(self, prefect_client: Any, label: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.name = "the agent"
        self.process = prefect_client.start(
            "prefect", "agent", "local", "start", "--name", self.name, "--no-hostname-label",
            "--label", label, "--agent-address", self.address,
        )  # fmt: skip

    def poke(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.address}/api/poke", timeout=10) as answer:
            return answer.status == 200

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=30)
        finally:
            self.process.kill()
