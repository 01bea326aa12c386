"""A server that answers every call of a Prefect 1.4.1 client at once: what a run costs without any backend.

In: the client's calls while it registers and runs flows. Out: plausible answers from dictionaries, no database, no
rules, nothing checked; GET /calls tells how many calls of which kind came since it was asked last. It is the zero of
the scale in bench/mapped.py. Run as a process of its own (`python -m bench.instant`), it prints its port.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

import orjson
import uvloop

_ROOT = re.compile(r"\{\s*(\w+)")
_ID = re.compile(r'"([0-9a-f]{8}-[0-9a-f-]{27})"')
_MAP_INDEX = re.compile(r"map_index:\s*(-?\d+)")
PENDING = {"type": "Pending", "message": "Task run created"}


class Backend:
    """The state of the world, as far as a run asks for it."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.tenant = {"id": str(uuid4()), "name": "instant", "slug": "instant"}
        self.project = {"id": str(uuid4()), "name": "bench"}
        self.tasks: dict[str, dict[str, str]] = {}
        self.flow_runs: dict[str, dict[str, Any]] = {}
        self.task_runs: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.task_runs_by_id: dict[str, dict[str, Any]] = {}
        self.roots: dict[str, Callable[[str, dict[str, Any]], Any]] = {
            "hello": lambda document, given: "👋",
            "tenant": lambda document, given: [self.tenant],
            "project": lambda document, given: [self.project],
            "create_project": lambda document, given: self.project,
            "create_flow_from_compressed_string": self.create_flow,
            "register_tasks": self.register_tasks,
            "create_flow_run": self.create_flow_run,
            "flow_by_pk": lambda document, given: {"flow_group_id": str(uuid4())},
            "flow_run_by_pk": lambda document, given: self.flow_runs.get(_ID.findall(document)[0]),
            "get_or_create_task_run_info": self.get_or_create_task_run,
            "set_flow_run_states": lambda document, given: self.set_states(
                given, "flow_run_id", self.flow_runs
            ),
            "set_task_run_states": lambda document, given: self.set_states(
                given, "task_run_id", self.task_runs_by_id
            ),
        }

    def answer(self, document: str, variables: Any) -> bytes:
        """The answer to one call."""
        found = _ROOT.search(document)
        root = found[1] if found else ""
        self.calls[root] += 1
        given = orjson.loads(variables) if isinstance(variables, str) else variables
        given = (given or {}).get("input") or {}
        reply = self.roots.get(root, lambda document, given: {"success": True})
        return orjson.dumps({"data": {root: reply(document, given)}})

    def create_flow(self, document: str, given: dict[str, Any]) -> Any:
        flow_id = str(uuid4())
        self.tasks[flow_id] = {}
        return {"id": flow_id}

    def register_tasks(self, document: str, given: dict[str, Any]) -> Any:
        tasks = given["serialized_tasks"]
        for task in orjson.loads(tasks) if isinstance(tasks, str) else tasks:
            self.tasks[given["flow_id"]][task["slug"]] = str(uuid4())
        return {"success": True}

    def create_flow_run(self, document: str, given: dict[str, Any]) -> Any:
        run: dict[str, Any] = {
            "id": str(uuid4()),
            "name": "instant-run",
            "flow_id": given["flow_id"],
            "parameters": given.get("parameters") or {},
            "context": {},
            "version": 1,
            "scheduled_start_time": "2026-01-01T00:00:00+00:00",
            "serialized_state": {"type": "Scheduled", "start_time": "2026-01-01T00:00:00+00:00"},
            "flow": {"project": self.project, "settings": {"heartbeat_enabled": True}},
        }
        self.flow_runs[run["id"]] = run
        run["task_runs"] = [
            self._task_run(run["id"], task, -1) | {"task": {"id": task, "slug": slug}}
            for slug, task in self.tasks[given["flow_id"]].items()
        ]
        return {"id": run["id"]}

    def get_or_create_task_run(self, document: str, given: dict[str, Any]) -> Any:
        flow_run, task = _ID.findall(document)[:2]
        index = _MAP_INDEX.search(document)
        return self._task_run(flow_run, task, int(index[1]) if index else -1)

    def _task_run(self, flow_run: str, task: str, index: int) -> dict[str, Any]:
        key = (flow_run, task, index)
        if key not in self.task_runs:
            made = {"id": str(uuid4()), "version": 1, "state": "Pending", "serialized_state": PENDING}
            self.task_runs[key] = self.task_runs_by_id[made["id"]] = made
        return self.task_runs[key]

    def set_states(self, given: dict[str, Any], field: str, runs: dict[str, dict[str, Any]]) -> Any:
        for item in given["states"]:
            run = runs[item[field]]
            run["serialized_state"] = item["state"]
            run["version"] += 1
        return {
            "states": [{"id": item[field], "status": "SUCCESS", "message": None} for item in given["states"]]
        }


class Connection(asyncio.Protocol):
    """HTTP, as far as the client and bench/mapped.py speak it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = next(
                (int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0
            )
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.reply(head, rest[:length])

    def reply(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            answer = orjson.dumps(self.backend.calls)
            self.backend.calls.clear()
        else:
            request = orjson.loads(body)
            answer = self.backend.answer(request["query"], request.get("variables"))
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )


async def main() -> None:
    backend = Backend()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(backend), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
