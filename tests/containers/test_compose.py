"""The compose file on a real Docker engine: from nothing to a real flow's Success, and through what containers meet.

    make test-compose

Skipped without it: it takes minutes, and an engine. Where no image of Hasura is there, docker-compose.engine.yml puts
Lictor's own engine in its place; base images without a registry: tests/containers/bases.sh. What it measures is in
the file that LICTOR_COMPOSE_REPORT names.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from lictor.cli.demo import client
from lictor.cli.embedded.processes import free_port
from tests.cli.lictor_process import until
from tests.containers.compose import Compose, docker, retried, until_well
from tests.e2e.conftest import Client

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LICTOR_TEST_COMPOSE"), reason="make test-compose runs these"),
    pytest.mark.timeout(1200),
]

CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"
CREATE_PROJECT = "mutation ($input: create_project_input!) { create_project(input: $input) { id } }"
PROJECTS = "query ($t: uuid!) { project(where: {tenant_id: {_eq: $t}}) { name } }"
Report = dict[str, Any]
ROUND_THE_CLOCK = {"postgres", "redis", "hasura", "actions", "workers", "clock", "proxy"}
FLOW = """
from prefect import Flow, task

@task(max_retries=3, retry_delay=__import__("datetime").timedelta(seconds=2))
def double(x):
    return 2 * x

with Flow("containers") as flow:
    double.map([1, 2, 3])
"""


def memory(stack: Compose) -> dict[str, str]:
    """What each container uses, as `docker stats` tells."""
    names = {one["Id"][:12]: one["Name"].removeprefix(f"/{stack.project}-") for one in stack.containers()}
    lines = docker("stats", "--no-stream", "--format", "{{.ID}} {{.MemUsage}}", *names).splitlines()
    return {names[line.split()[0]]: line.split()[1] for line in lines}


class Agent:
    """A real local agent with a real client's programs."""

    def __init__(self, stack: Compose, home: Path) -> None:
        self.client = Client(client.install(), home, stack.url)
        self.flow = home / "flow.py"
        home.mkdir(exist_ok=True)
        self.flow.write_text(FLOW)
        self.url = stack.url

    def __enter__(self) -> Agent:
        self.process = self.client.start("prefect", "agent", "local", "start", start_new_session=True)  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.communicate(timeout=60)

    def run(self, runs: int = 1) -> list[str]:
        """Register the flow and create runs of it; their ids."""
        register = Path(client.__file__).with_name("register.py")
        program = self.client.start("python", str(register), "containers", str(self.flow))
        output, _ = program.communicate(timeout=300)
        assert program.returncode == 0, output
        made = json.loads(output.splitlines()[-1])["containers"]
        more = "mutation ($f: UUID!) { create_flow_run(input: {flow_id: $f}) { id } }"
        others = [
            retried(self.url, more, {"f": made["flow_id"]})["data"]["create_flow_run"]["id"]
            for _ in range(runs - 1)
        ]
        return [made["flow_run_id"], *others]

    def states(self, runs: list[str]) -> list[str]:
        query = "query ($r: [uuid!]!) { flow_run(where: {id: {_in: $r}}) { state } }"
        return [one["state"] for one in retried(self.url, query, {"r": runs})["data"]["flow_run"]]

    def until_ended(self, runs: list[str], seconds: float = 600) -> list[str]:
        ended = {"Success", "Failed", "Cancelled"}
        until(lambda: set(self.states(runs)) <= ended, seconds, "the runs have ended", every=0.5)
        return self.states(runs)


def test_a_real_flow_comes_from_nothing_to_success(stack: Compose, tmp_path: Path, report: Report) -> None:
    report["memory idle"] = memory(stack)
    with Agent(stack, tmp_path / "home") as agent:
        runs = agent.run()
        assert agent.until_ended(runs) == ["Success"]
        report["first success"] = round(time.monotonic() - stack.began, 1)
    stack.until_ready()
    sizes = {one["Config"]["Image"]: one["Image"] for one in stack.containers()}
    report["MB"] = {name: int(docker("image", "inspect", "--format", "{{.Size}}", image)) // 1_000_000 for name, image in sizes.items()}  # fmt: skip


def test_containers_may_little(stack: Compose) -> None:
    published = set()
    for container in stack.containers():
        service, host = stack.service_of(container), container["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert host["Memory"] > 0, service
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), service
        assert int(container["Config"]["User"].split(":")[0]) > 0, service
        if service in ROUND_THE_CLOCK:
            assert host["RestartPolicy"]["Name"] == "unless-stopped", service
            assert container["State"]["Running"], service
        for ports in (container["NetworkSettings"]["Ports"] or {}).values():
            published |= {(service, one["HostIp"]) for one in ports or ()}
        # A secret in the environment could be read by whoever may ask Docker.
        environment = " ".join(container["Config"]["Env"] or ())
        for secret in Path(stack.environment["LICTOR_SECRETS"]).iterdir():
            assert secret.read_text() not in environment, (service, secret.name)
    assert published == {("proxy", "127.0.0.1")}


def test_handlers_and_metrics_are_not_the_worlds(stack: Compose) -> None:
    with httpx2.Client(base_url=stack.url, trust_env=False) as world:
        assert world.post("/actions/hello", json={}).status_code == 404
        assert world.get("/metrics").status_code in {401, 403}
        token = (Path(stack.environment["LICTOR_SECRETS"]) / "lictor_metrics_token").read_text()
        seen = world.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert "lictor_hasura_seconds" in seen.text


class Writers:
    """Clients that create projects as fast as they can, and remember which they were told are there."""

    def __init__(self, url: str, count: int = 4) -> None:
        self.url = url
        name = f"t-{uuid4().hex}"
        made = retried(url, CREATE_TENANT, {"input": {"name": name, "slug": name}})
        self.tenant = made["data"]["create_tenant"]["id"]
        self.acknowledged: list[str] = []
        self.errors: list[Any] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]

    def _write(self, number: int) -> None:
        written = 0
        while not self._ended.is_set():
            name = f"{number}-{written}"
            try:
                answer = retried(
                    self.url, CREATE_PROJECT, {"input": {"tenant_id": self.tenant, "name": name}}
                )
            except AssertionError as error:
                self.errors.append(str(error))
                return
            # Sent again after a break, it may find that it had been carried out.
            if "errors" in answer and "Uniqueness" not in answer["errors"][0]["message"]:
                self.errors.append(answer["errors"])
            self.acknowledged.append(name)
            written += 1

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def more(self, count: int = 20, seconds: float = 180) -> None:
        """Until so many more writes have been acknowledged."""
        wanted = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= wanted or bool(self.errors), seconds, f"{wanted} writes")

    def check(self) -> None:
        """All that was acknowledged is there, once."""
        assert self.errors == [], "the services' logs say why"
        found = [one["name"] for one in retried(self.url, PROJECTS, {"t": self.tenant})["data"]["project"]]
        assert sorted(found) == sorted(set(found))
        assert set(self.acknowledged) <= set(found)


def test_whatever_is_killed_nothing_acknowledged_is_lost(
    stack: Compose, tmp_path: Path, report: Report
) -> None:
    stack.up("--scale", "actions=3", "--scale", "workers=2", "--scale", "clock=2")
    stack.until_ready()
    with Agent(stack, tmp_path / "home") as agent, Writers(stack.url) as writers:
        runs = agent.run(3)
        writers.more()
        report["memory under load"] = memory(stack)
        for service in ("actions", "hasura", "workers", "clock", "redis", "postgres", "proxy"):
            victim = stack.containers(service)[0]["Id"]
            docker("kill", "--signal", "KILL", victim)
            # One that was killed from outside is not restarted by Docker's policy, as one that crashed is.
            docker("start", victim)
            writers.more()
        assert agent.until_ended(runs) == ["Success"] * 3
    if writers.errors:
        print(stack.logs("actions", "hasura"))
    writers.check()
    report["writes while killed"] = len(writers.acknowledged)
    stack.until_ready()


def test_gateways_are_restarted_one_by_one_and_no_call_fails(stack: Compose, report: Report) -> None:
    stack.up("--scale", "actions=3")
    with Writers(stack.url) as writers:
        writers.more()
        for container in stack.containers("actions"):
            docker("restart", "--time", "20", container["Id"])
            state = ["inspect", "--format", "{{.State.Health.Status}}", container["Id"]]
            until(lambda asked=state: docker(*asked) == "healthy", 120, "healthy", every=0.5)
            writers.more()
    writers.check()
    report["writes while restarted"] = len(writers.acknowledged)


def test_with_keys_who_has_none_is_refused(stack: Compose) -> None:
    made = stack("run", "--rm", "--no-deps", "-T", "migrate", "lictor", "key", "create", "container tests")
    key = made.split()[-1]
    assert key.startswith("lictor_")
    tenants = {"query": "{ tenant { slug } }"}
    name = f"t-{uuid4().hex}"
    create = {"query": CREATE_TENANT, "variables": {"input": {"name": name, "slug": name}}}
    stack.environment["LICTOR_AUTH"] = "key"
    try:
        stack.up()
        stack.until_ready()
        with httpx2.Client(base_url=stack.url, trust_env=False, timeout=60) as world:
            assert world.post("/graphql", json=tenants).status_code == 401
            assert world.post("/graphql", json=create).status_code == 401
            with_key = {"Authorization": f"Bearer {key}"}
            # By Hasura, in the role of members.
            seen = world.post("/graphql", json=tenants, headers=with_key).json()
            assert seen["data"]["tenant"], seen
            forged = {**with_key, "X-Hasura-Role": "admin", "X-Hasura-Admin-Secret": "x"}
            assert world.post("/graphql", json=tenants, headers=forged).json() == seen
    finally:
        stack.environment["LICTOR_AUTH"] = "off"
        stack.up()
    stack.until_ready()


def test_the_console_is_there_for_who_asks(stack: Compose) -> None:
    """On loopback, by a profile; it is Hasura's, which asks for its secret."""
    port = free_port()
    stack.environment |= {"HASURA_CONSOLE_PORT": str(port)}
    stack("--profile", "console", "up", "--detach", "--no-build", "--pull", "never", "console")
    try:
        until_well(f"http://127.0.0.1:{port}/healthz")
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as admin:
            ask = {"type": "export_metadata", "args": {}}
            assert "access-denied" in admin.post("/v1/metadata", json=ask).text
            secret = {"X-Hasura-Admin-Secret": stack.secret("lictor_graphql_admin_secret")}
            assert "sources" in admin.post("/v1/metadata", json=ask, headers=secret).json()
        [console] = stack.containers("console")
        published = [
            one["HostIp"] for ports in console["NetworkSettings"]["Ports"].values() for one in ports or ()
        ]
        assert set(published) == {"127.0.0.1"}
    finally:
        stack("--profile", "console", "rm", "--stop", "--force", "console")
