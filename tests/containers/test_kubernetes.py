"""deploy/kubernetes as kubectl renders it: valid for every Kubernetes that is maintained, and what Lictor understands."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from lictor.settings import Settings
from tests.containers.compose import FILE, images_of
from tests.tools import unavailable

ROOT = Path(__file__).parent.parent.parent
VERSIONS = ("1.28", "1.31", "1.34", "1.37")
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """deploy/kubernetes with the secrets that its example asks for."""
    copy = tmp_path_factory.mktemp("kubernetes") / "kubernetes"
    shutil.copytree(
        ROOT / "deploy" / "kubernetes", copy, ignore=lambda _, names: [n for n in names if n == "secrets"]
    )
    secrets = copy / "example" / "secrets"
    subprocess.run([ROOT / "deploy" / "make-secrets.sh", secrets], check=True, capture_output=True)
    (secrets / "lictor_redis_url").write_text("redis://redis.example:6379/0")
    return copy


def render(overlay: Path) -> list[Manifest]:
    """What would be applied. Fails with what kubectl complains of."""
    kubectl = Path(sys.executable).with_name("kubectl")
    if not kubectl.exists():
        unavailable("no kubectl for this system")
    done = subprocess.run(
        [kubectl, "kustomize", str(overlay)], capture_output=True, text=True, env={**os.environ, "HOME": "/nonexistent"}
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def example(directory: Path) -> list[Manifest]:
    return render(directory / "example")


@pytest.fixture(scope="module")
def with_engine(directory: Path) -> list[Manifest]:
    overlay = directory / "own"
    shutil.copytree(directory / "example", overlay, dirs_exist_ok=True)
    file = overlay / "kustomization.yaml"
    text = file.read_text()
    assert "# components: [../engine]" in text
    file.write_text(text.replace("# components: [../engine]", "components: [../engine]"))
    return render(overlay)


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The pod templates by the name of what makes them."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]
        for one in manifests
        if one["kind"] in {"Deployment", "Job"}
    }


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [one for one in manifests if one["kind"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", ["base", "example", "with_engine"])
def test_it_fits_the_schemas(
    directory: Path, request: pytest.FixtureRequest, overlay: str, version: str
) -> None:
    manifests = (
        render(directory / "base")
        if overlay == "base"
        else request.getfixturevalue(overlay)
    )  # fmt: skip
    kinds = [one["kind"] for one in manifests]
    assert kinds.count("Deployment") == 4
    assert kinds.count("PodDisruptionBudget") == 4
    for one in manifests:
        kubernetes_validate.validate(one, version, strict=True)


def test_selectors_find_pods(example: list[Manifest]) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(example).values()]
    selectors = [
        *(one["spec"]["selector"]["matchLabels"] for one in of_kind(example, "PodDisruptionBudget")),
        *(one["spec"]["selector"] for one in of_kind(example, "Service")),
    ]
    for selector in selectors:
        assert [found for found in labels if selector.items() <= found.items()], selector
    served = {one["metadata"]["name"]: one["spec"]["ports"][0] for one in of_kind(example, "Service")}
    [ingress] = of_kind(example, "Ingress")
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert served[backend["name"]]["name"] == backend["port"]["name"]


def test_pods_may_little(example: list[Manifest], with_engine: list[Manifest]) -> None:
    for name, pod in [*pods(example).items(), *pods(with_engine).items()]:
        spec = pod["spec"]
        # Otherwise LICTOR_PORT would be the address of the Service lictor.
        assert spec["enableServiceLinks"] is False, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        [container] = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["resources"]["limits"]["memory"], name
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
        assert ("readinessProbe" in container) == ("ports" in container), name
        assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in spec["volumes"]}


def test_what_is_set_is_a_setting(example: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and values, and each secret under the name under which it is looked for."""
    [settings] = of_kind(example, "ConfigMap")
    [secret] = of_kind(example, "Secret")
    known = {f"LICTOR_{name.upper()}" for name in Settings.model_fields}
    assert settings["data"].keys() <= known
    assert {name.upper() for name in secret["data"]} <= known
    for name in [name for name in os.environ if name.startswith("LICTOR_")]:
        monkeypatch.delenv(name)
    for name, value in settings["data"].items():
        monkeypatch.setenv(name, value)
    for name, value in secret["data"].items():
        monkeypatch.setenv(name.upper(), base64.b64decode(value).decode())
    found = Settings()  # pyright: ignore[reportCallIssue]
    assert found.graphql_url == "http://lictor-hasura:8080"
    assert found.redis_url == "redis://redis.example:6379/0"
    for name, pod in pods(example).items():
        for variable in pod["spec"]["containers"][0].get("env", ()):
            if "valueFrom" in variable:
                asked = variable["valueFrom"]["secretKeyRef"]
                assert asked["name"] == secret["metadata"]["name"], name
                assert asked["key"] in secret["data"], name


def test_images_are_those_of_compose(example: list[Manifest], with_engine: list[Manifest]) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    own = next(line for line in project.splitlines() if line.startswith("version")).split('"')[1]
    [hasura] = [name for name in images_of(FILE) if name.startswith("hasura/")]
    images = {name: pod["spec"]["containers"][0]["image"] for name, pod in pods(example).items()}
    assert images.pop("lictor-hasura") == hasura
    assert set(images.values()) == {f"registry.example/lictor:{own}"}
    engine = pods(with_engine)["lictor-hasura"]["spec"]["containers"][0]
    assert (engine["image"], engine["command"]) == (
        f"registry.example/lictor:{own}",
        ["lictor", "engine", "serve"],
    )


def test_hasura_is_told_what_compose_tells_it(example: list[Manifest]) -> None:
    compose = yaml.safe_load((ROOT / FILE).read_text())["services"]["hasura"]["environment"]
    container = pods(example)["lictor-hasura"]["spec"]["containers"][0]
    told = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    # Those of compose with a default of their own in .env, and where the handlers are.
    own = {"HASURA_GRAPHQL_PG_CONNECTIONS", "HASURA_GRAPHQL_ENABLE_CONSOLE", "LICTOR_ACTIONS_URL"}
    assert told.keys() == compose.keys()
    assert {n: v for n, v in told.items() if n not in own} == {n: v for n, v in compose.items() if n not in own}  # fmt: skip
