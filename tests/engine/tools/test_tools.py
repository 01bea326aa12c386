"""GraphiQL, graphql-codegen and gql read the engine's schema and work with it."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.async_transport import AsyncTransport
from graphql import ExecutionResult, GraphQLError

pytestmark = pytest.mark.timeout(300)


def run(command: list[str], directory: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=directory, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Transport(AsyncTransport):
    """gql over the HTTP client of this project; gql's own transports want other ones."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.AsyncClient()
        self.url = url

    async def connect(self) -> None:
        pass

    async def close(self) -> None:
        await self.http.aclose()

    async def execute(self, request: GraphQLRequest, *args: Any, **kwargs: Any) -> ExecutionResult:
        answer = (await self.http.post(self.url, json=request.payload)).json()
        return ExecutionResult(answer.get("data"), answer.get("errors"))

    def subscribe(self, request: GraphQLRequest) -> AsyncGenerator[ExecutionResult]:
        raise NotImplementedError("subscriptions are for websockets")


async def test_gql_fetches_the_schema_and_validates_with_it(endpoint):
    async with Client(transport=Transport(endpoint), fetch_schema_from_transport=True) as session:
        query = gql("query ($n: Int) { author(limit: $n, order_by: {id: asc}) { id name } }")
        query.variable_values = {"n": 1}
        found = await session.execute(query)
        assert found == {"author": [{"id": 1, "name": "Ada"}]}
        with pytest.raises(GraphQLError, match="Cannot query field 'nope' on type 'author'"):
            await session.execute(gql("{ author { nope } }"))


def test_codegen_makes_operations_that_compile(endpoint, node, project, tmp_path):
    """Types that are too wide fail as well: the program's @ts-expect-error lines would then be errors."""
    work = project / f"generated-{os.getpid()}"
    work.mkdir(exist_ok=True)
    try:
        codegen = project / "node_modules" / "@graphql-codegen" / "cli" / "esm" / "bin.js"
        run(
            [*node, str(codegen), "--config", "codegen.mjs"], project,
            ENGINE_URL=endpoint, OUT=str(work), DOCUMENTS=str(project / "operations.graphql"),
        )  # fmt: skip
        (work / "usage.ts").write_text((project / "usage.ts").read_text())
        (work / "tsconfig.json").write_text((project / "tsconfig.json").read_text())
        run([*node, str(project / "node_modules" / "typescript" / "bin" / "tsc"), "-p", str(work)], project)
        generated = (work / "operations.ts").read_text()
        assert "export type AuthorsQueryVariables" in generated
    finally:
        for file in work.iterdir():
            file.unlink()
        work.rmdir()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_graphiql_shows_the_docs_and_runs_a_query(endpoint, node, project, chromium, tmp_path):
    handler = functools.partial(Quiet, directory=str(project))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{files.server_port}/graphiql.html?endpoint={endpoint}"
        screenshot = Path(os.environ.get("LICTOR_SCREENSHOTS", str(tmp_path))) / "graphiql.png"
        seen = json.loads(run([*node, "browser.mjs", chromium, page, str(screenshot)], project))
        files.shutdown()
    assert seen["errors"] == []
    assert "using primary key columns" in seen["docs"]
    assert '"name": "Ada"' in seen["result"]
    assert screenshot.stat().st_size > 10_000
