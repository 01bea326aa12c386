"""The endpoints of administrators: /v1/metadata, /v2/query, /v1/query.

In: HTTP requests. Out: what the commands answer, or Hasura's error bodies with its statuses. Only the role admin is
let in.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from lictor.engine.errors import GraphQLFailure
from lictor.engine.metadata import MetadataError
from lictor.engine.metadata.document import Node
from lictor.engine.server.commands import items_of
from lictor.engine.server.failure import ARGS, ApiFailure, malformed
from lictor.engine.server.management import Management
from lictor.engine.server.run_sql import RunSql, run_sql
from lictor.engine.server.session import session_of
from lictor.engine.server.settings import ServerSettings
from lictor.engine.types import ADMIN

log = logging.getLogger(__name__)

Run = Callable[[Management, ServerSettings, Any], Awaitable[Any]]


async def metadata(request: Request) -> Response:
    """POST /v1/metadata."""
    return await _answer(request, _metadata)


async def query(request: Request) -> Response:
    """POST /v2/query: run_sql and bulk of it."""
    return await _answer(request, _query)


async def query_v1(request: Request) -> Response:
    """POST /v1/query: run_sql, metadata commands, and bulk of both, each for itself."""
    return await _answer(request, _query_v1)


async def _metadata(management: Management, settings: ServerSettings, command: Any) -> Any:
    return await management.command(command)


async def _query(management: Management, settings: ServerSettings, command: Any, path: str = "$") -> Any:
    try:
        node = Node(command)
        kind = node["type"].expect(str, what="a string")
        if kind == "bulk":
            return [
                await _query(management, settings, item, f"{path}.args[{index}]")
                for index, item in enumerate(items_of(node["args"]))
            ]
        if kind != "run_sql":
            raise ApiFailure(f'unknown query type "{kind}"', "parse-failed", path="$")
        _ = node["args"].object
        arguments = RunSql.read(Node(node.value["args"], ("args",)))
        return await run_sql(management, settings.database_url, arguments)
    except MetadataError as error:
        raise malformed(error, path) from error
    except ApiFailure as failure:
        raise failure if failure.path.startswith(path + ".") else failure.inside(path) from failure


async def _query_v1(management: Management, settings: ServerSettings, command: Any) -> Any:
    kind = command.get("type") if isinstance(command, dict) else None
    if kind == "run_sql":
        try:
            return await _query(management, settings, command)
        except ApiFailure as failure:
            # the older endpoint says where, the newer one does not
            raise failure if failure.path != "$" else failure.inside(ARGS) from failure
    if kind != "bulk" or not _holds_run_sql(command):
        return await management.command(command)
    answers = []
    for index, item in enumerate(items_of(Node(command)["args"])):
        try:
            answers.append(await _query_v1(management, settings, item))
        except ApiFailure as failure:
            raise failure.inside(f"$.args[{index}]") from failure
    return answers


def _holds_run_sql(command: Any) -> bool:
    if not isinstance(command, dict):
        return False
    items = command.get("args")
    if command.get("type") == "bulk" and isinstance(items, list):
        return any(_holds_run_sql(item) for item in items)
    return command.get("type") == "run_sql"


async def _answer(request: Request, run: Run) -> Response:
    app = request.app.state
    try:
        session = session_of(request.headers, app.settings)
        command = _parse(await request.body())
        if session.role != ADMIN:
            raise ApiFailure("restricted access : admin only", "access-denied")
        return _json(await run(app.management, app.settings, command))
    except GraphQLFailure as denied:
        extensions = denied.errors[0]["extensions"]
        status = 401 if extensions["code"] == "access-denied" else 400
        return _json({"path": "$", "error": str(denied), "code": extensions["code"]}, status)
    except MetadataError as error:
        failure = malformed(error)
    except ApiFailure as refused:
        failure = refused
    except Exception:
        log.exception("unexpected error")
        failure = ApiFailure("internal error", "unexpected", path="$", status=500)
    return _json(failure.body, failure.status)


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiFailure(f"Error in $: {error}", "invalid-json", path="$") from error


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
