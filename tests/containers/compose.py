"""The stack of docker-compose.yml as a project of its own, with secrets, a port and volumes that are gone afterwards."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from lictor.cli.embedded.processes import free_port
from tests.cli.lictor_process import until

ROOT = Path(__file__).parent.parent.parent
FILE, ENGINE = "docker-compose.yml", "docker-compose.engine.yml"
UP_SECONDS = 600


def docker(*words: str, timeout: float = 120) -> str:
    """What a `docker` command printed. Raises AssertionError with what it complained of."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=timeout, cwd=ROOT)
    assert done.returncode == 0, f"docker {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def images_of(file: str) -> list[str]:
    """The names of the images in a compose file."""
    return re.findall(r"^ *image: (\S+)$", (ROOT / file).read_text(), re.MULTILINE)


def has_image(name: str) -> bool:
    return subprocess.run(["docker", "image", "inspect", name], capture_output=True).returncode == 0


class Compose:
    """One project; `up` before use, `down` after it."""

    def __init__(self, directory: Path) -> None:
        [hasura] = [name for name in images_of(FILE) if name.startswith("hasura/")]
        self.files = [FILE] if has_image(hasura) else [FILE, ENGINE]
        self.project = f"lictor-test-{uuid4().hex[:8]}"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.began = time.monotonic()
        self.secrets = directory / "secrets"
        subprocess.run([ROOT / "deploy" / "make-secrets.sh", self.secrets], check=True, capture_output=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LICTOR_")},
            "LICTOR_SECRETS": str(self.secrets),
            "LICTOR_LISTEN": f"127.0.0.1:{port}",
            # As people write in .env who are alone on their machine.
            "LICTOR_AUTH": "off",
            "LICTOR_AUTH_OFF_ANYWHERE": "1",
        }

    def __call__(self, *words: str, timeout: float = UP_SECONDS) -> str:
        """What `docker compose …` on this project printed."""
        files = [word for file in self.files for word in ("--file", file)]
        # An .env of the checkout is somebody's real one.
        command = [
            "docker",
            "compose",
            "--env-file",
            os.devnull,
            "--project-name",
            self.project,
            *files,
            *words,
        ]
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"docker compose {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self, *words: str) -> None:
        """Start it, or change it, and wait until all that has a health check is well."""
        self(
            "up",
            "--detach",
            "--no-build",
            "--pull",
            "never",
            "--wait",
            "--wait-timeout",
            str(UP_SECONDS - 30),
            *words,
        )

    def down(self) -> None:
        self("down", "--volumes", "--timeout", "20")

    def containers(self, service: str | None = None) -> list[dict[str, Any]]:
        """What Docker knows of the project's containers, or of those of one service."""
        ids = self("ps", "--all", "--quiet", *([service] if service else [])).split()
        return json.loads(docker("inspect", *ids))

    def service_of(self, container: dict[str, Any]) -> str:
        return container["Config"]["Labels"]["com.docker.compose.service"]

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()

    def address(self, container: dict[str, Any]) -> str:
        """Where this machine reaches a container."""
        return container["NetworkSettings"]["Networks"][f"{self.project}_inside"]["IPAddress"]

    @property
    def database_url(self) -> str:
        """Postgres, as this machine reaches it."""
        [postgres] = self.containers("postgres")
        return self.secret("lictor_database_url").replace("@postgres:", f"@{self.address(postgres)}:")

    def logs(self, *services: str) -> str:
        return self("logs", "--no-color", "--tail", "60", *services)

    def until_ready(self) -> None:
        """Until the gateway, the leader and Hasura are well again, as the proxy's clients see them."""
        until_well(f"{self.url}/ready")


def until_well(url: str, seconds: float = 180) -> None:
    """Until a GET is answered with 200. Raises AssertionError with the last answer."""
    told = ""

    def well() -> bool:
        nonlocal told
        try:
            answer = httpx2.get(url, timeout=10, trust_env=False)
        except httpx2.HTTPError as error:
            told = repr(error)
            return False
        told = answer.text
        return answer.status_code == 200

    try:
        until(well, seconds, f"well: {url}", every=0.3)
    except AssertionError as error:
        raise AssertionError(f"{error}: {told}") from None


def retried(url: str, document: str, variables: Any, seconds: float = 120) -> Any:
    """The data of an answer, asked for as Prefect's client does: again after 5xx and broken connections."""
    deadline = time.monotonic() + seconds
    pause = 0.1
    while True:
        problem: object
        try:
            answer = httpx2.post(
                f"{url}/graphql",
                json={"query": document, "variables": variables},
                timeout=15,
                trust_env=False,
            )
            if answer.status_code == 200:
                return answer.json()
            problem = answer.status_code, answer.text[:300]
            assert answer.status_code >= 500, problem
        except httpx2.TransportError as error:
            problem = error
        assert time.monotonic() < deadline, f"no answer within {seconds:g} s: {problem}"
        # As the client does between its attempts.
        time.sleep(pause)
        pause = min(2 * pause, 2.0)
