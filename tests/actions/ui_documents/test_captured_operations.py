"""What real clients, agents and CLIs (0.13.19 to 1.4.1) sent to the original server, replayed against a filled Lictor.

captured_operations.jsonl holds each operation with ids, times and numbers as placeholders, and the shape of the original's
answer. Here ids of rows that exist take the places of the captured ones; the answers must come without errors, be as
full as the original's, have its shape, and say that what was asked for was done.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    ArgumentNode,
    FieldNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.actions.ui_documents.conftest import UI
from tests.actions.ui_documents.pages import ago
from tests.actions.ui_documents.world import World

WORLD = World()
LINES = Path(__file__).with_name("captured_operations.jsonl").read_text(encoding="utf-8").splitlines()
OPERATIONS = [json.loads(line) for line in LINES]
SUBMISSIONS = [operation for operation in OPERATIONS if operation["root_field"] == "set_flow_run_states"]
CLIENTS = sorted({operation["client"] for operation in OPERATIONS})
IDS = {
    "tenant": WORLD.id("tenant", 1),
    "project": WORLD.id("project", 1),
    "flow_group": WORLD.id("flow_group", 1),
    "flow": WORLD.flow(),
    "flow_run": WORLD.run("Failed"),
    "task": WORLD.task(4),
    "task_run": WORLD.task_run("Failed", 4),
    "task_run_artifact": WORLD.id("task_run_artifact", 1),
    "agent": WORLD.id("agent", 1),
    "agent_config": WORLD.id("agent_config", 1),
}
RUNNING = {"flow_run": WORLD.run("Running"), "task_run": WORLD.task_run("Running", 4)}
INSTEAD: dict[str, dict[str, str]] = {
    # A task run needs a flow run that runs; what is deleted belongs to nobody else.
    "set_task_run_states": RUNNING,
    "get_or_create_task_run_info": RUNNING,
    "delete_project": {"project": WORLD.id("project", 5)},
}
FLOW = {
    "type": "prefect.core.flow.Flow", "name": "replayed", "__version__": "1.4.1", "schedule": None, "environment": None,
    "storage": {"type": "Local", "flows": {}}, "run_config": None, "parameters": [], "edges": [], "reference_tasks": [],
    "tasks": [{"type": "prefect.tasks.core.function.FunctionTask", "name": "say", "slug": "say-1", "tags": []}],
}  # fmt: skip
NAMES = {"create_project": {"name": "replayed"}, "secret_value": {"name": "a"}, "tenant": {"slug": "team"}}
"""Names instead of those that the filled database has already, or lacks."""


class _Filler(Visitor):
    """Puts ids and times into a document, by the names of the fields they stand in."""

    def __init__(self, root: str, ids: dict[str, str]) -> None:
        super().__init__()
        self.root, self.ids, self.names = root, ids, [root.removesuffix("_by_pk")]

    def enter(self, node: Any, *_: Any) -> Any:
        if isinstance(node, FieldNode | ArgumentNode | ObjectFieldNode):
            self.names.append(node.name.value)
        elif isinstance(node, StringValueNode) and node.value in ("<uuid>", "cfg", "cfg-1"):
            return StringValueNode(value=self.ids[self._kind()])
        elif isinstance(node, StringValueNode) and node.value == "<ts>":
            return StringValueNode(
                value=ago(days=365) if self.names[-1] in ("_gt", "_gte") else ago(hours=-1)
            )
        return None

    def leave(self, node: Any, *_: Any) -> None:
        if isinstance(node, FieldNode | ArgumentNode | ObjectFieldNode):
            self.names.pop()

    def _kind(self) -> str:
        for name in reversed(self.names):
            if name.endswith("_id"):
                return name.removesuffix("_id")
            if name in self.ids:
                return name
            if name.removesuffix("_by_pk") in self.ids:
                return name.removesuffix("_by_pk")
        raise AssertionError(f"an id of what? {self.names}")


def _ids(operation: dict[str, Any]) -> dict[str, str]:
    ids = {**IDS, **INSTEAD.get(operation["root_field"], {}), **operation.get("made", {})}
    if operation["root_field"] == "set_flow_run_states":
        # A run can be submitted once: each call gets its own.
        ids["flow_run"] = WORLD.upcoming(
            1 + SUBMISSIONS.index({key: value for key, value in operation.items() if key != "made"}), 0
        )
    # An agent asks for runs that wait.
    return (
        {**ids, "flow_run": WORLD.run("Scheduled")}
        if 'id: { _in: ["<uuid>"' in operation["document"]
        else ids
    )


def document_of(operation: dict[str, Any]) -> str:
    """The captured document with rows that exist."""
    text = operation["document"].replace('["<uuid>"…]', '["<uuid>"]').replace("<n>", "0")
    return print_ast(visit(parse(text, no_location=True), _Filler(operation["root_field"], _ids(operation))))


def variables_of(operation: dict[str, Any]) -> dict[str, Any] | None:
    """The captured variables with rows that exist."""
    given = operation["variables"]
    if given is None:
        return None
    given = _with_ids(given, _ids(operation))
    target = given.get("input", given)
    target.update(NAMES.get(operation["root_field"], {}))
    if operation["root_field"] == "create_flow_from_compressed_string":
        target["serialized_flow"] = base64.b64encode(gzip.compress(json.dumps(FLOW).encode())).decode()
    return given


def _with_ids(value: Any, ids: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_ids(item, ids, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_ids(item, ids) for item in value]
    return ids.get(key.removesuffix("_id"), value) if key.endswith("_id") and value is not None else value


def _differences(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Where an answer is emptier than the original's, or of another shape."""
    if shape in ("any", None):
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict) or set(value) != set(shape):
            yield f"{path}: {value!r} has not the members {sorted(shape)}"
            return
        for key, item in shape.items():
            yield from _differences(item, value[key], f"{path}.{key}")
    elif isinstance(shape, list):
        if not isinstance(value, list) or bool(shape) > bool(value):
            yield f"{path}: {value!r} where the original had rows"
        elif shape and value:
            yield from _differences(shape[0], value[0], f"{path}[0]")
    elif path.endswith(".success") and value is not True:
        yield f"{path}: {value!r}"
    elif (
        value is not None
        and {bool: "boolean", int: "number", float: "number", str: "string"}[type(value)] != shape
    ):
        yield f"{path}: {value!r} is no {shape}"


def _order(operation: dict[str, Any]) -> int:
    """Reads first, then what makes, then what changes, then what deletes."""
    text = operation["root_field"]
    if not operation["document"].startswith("mutation"):
        return 0
    return next(
        number
        for number, prefix in (
            (1, "create_"),
            (2, "register_tasks"),
            (3, "register_"),
            (5, "delete_"),
            (4, ""),
        )
        if text.startswith(prefix)
    )


async def _of_cloud(ui: UI) -> dict[str, str]:
    """What the filled database cannot hold, made by its mutations: what is sealed, and ids of the server's own."""
    user = await ui.value("SELECT id::text FROM auth_user")
    document = """mutation($user: UUID!) {
        secret: set_secret(input: { name: "a", value: "hidden" }) { success }
        key_value: set_key_value(input: { key: "a", value: "1" }) { id }
        k: set_key_value(input: { key: "k", value: "2" }) { id }
        limit: update_task_tag_limit(input: { tag: "t", limit: 3 }) { id }
        key: create_api_key(input: { user_id: $user, name: "made" }) { id }
    }"""
    data = (await ui.gateway.post(document, {"user": user})).json()["data"]
    return {"user": user, **{kind: data[kind]["id"] for kind in ("key_value", "limit", "key")}}


async def _post(ui: UI, operation: dict[str, Any], path: str = "/") -> dict[str, Any]:
    """As the client sends it: its variables are JSON in JSON (contract server.md 3.1)."""
    document, variables = document_of(operation), json.dumps(variables_of(operation))
    response = await ui.gateway.post(document, variables, path=path)
    assert response.status_code == 200, (document, response.text)
    return response.json()


@pytest.mark.parametrize("client", CLIENTS)
async def test_operations_of_a_client(ui: UI, client):
    mine = [operation for operation in OPERATIONS if operation["client"] == client]
    made = await _of_cloud(ui)
    faults = []
    for operation in sorted(mine, key=_order):
        if operation["failed"]:
            continue
        answer = await _post(ui, {**operation, "made": made})
        if "errors" in answer:
            faults.append(f"{document_of(operation)}: {answer['errors']}")
        elif operation["shape"]:
            faults += [
                f"{document_of(operation)}: {text}"
                for text in _differences(operation["shape"], answer["data"])
            ]
    assert faults == []


async def test_what_failed_on_the_original_fails_here(reader: UI):
    """A client that does not find its task sends an empty id."""
    (operation,) = [operation for operation in OPERATIONS if operation["failed"]]
    answer = await _post(reader, operation)
    assert answer["data"] == {"get_or_create_task_run_info": None}
    assert "UUID" in answer["errors"][0]["message"]
