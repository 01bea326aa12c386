"""CPU per GraphQL operation in the engine, beside raw asyncpg running the same SQL.

In: nothing; starts its own Postgres and fills it with a small tenant. Out: a table: µs of CPU of this process per
operation, operations per second on one connection at a time, and the share of raw asyncpg's speed.
Run it with `python -m bench.engine [seconds per line]`.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import orjson
import uvloop

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import SESSION_SETTINGS, Engine, EngineOptions, Session
from lictor.engine.metadata import Document, read_directory

METADATA = Path(__file__).parents[1] / "hasura"
RUNS, TASKS = 200, 10
ADMIN = Session()
FILL = """
INSERT INTO tenant (id, name, slug) VALUES ('00000000-0000-0000-0000-000000000001', 't', 't');
INSERT INTO project (id, tenant_id, name)
    VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'p');
INSERT INTO flow_group (id, tenant_id, name)
    VALUES ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', 'g');
INSERT INTO flow (id, tenant_id, project_id, flow_group_id, name, storage, settings)
    VALUES ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001',
            '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003', 'f',
            '{"type": "Local", "path": "/flows"}', '{"heartbeat_enabled": true}');
"""

AGENT = """
query {
    flow_run(where: { id: { _in: [%s] }, _or: [{ state: { _eq: "Scheduled" } }, { state: { _eq: "Running" },
        task_runs: { state_start_time: { _lte: "%s" } } }] }) {
        id version state serialized_state parameters scheduled_start_time run_config name
        flow { id name environment storage version core_version }
        task_runs(where: { state_start_time: { _lte: "%s" } }) { id version task_id serialized_state }
    }
}"""
BY_PK = 'query { flow_run_by_pk(id: "%s") { serialized_state version name } }'
BY_PK_VARIABLE = "query ($id: uuid!) { flow_run_by_pk(id: $id) { serialized_state version name } }"
_COUNTS = " ".join(
    f'{state}: flow_run_aggregate(where: {{state: {{_eq: "{state}"}}, scheduled_start_time: {{_gte: "2020-01-01"}},'
    ' flow: {project_id: {_eq: "00000000-0000-0000-0000-000000000002"}}}) { aggregate { count } }'
    for state in ("Success", "Failed", "Running", "Scheduled", "Cancelled", "Pending")
)
# Ten panels of a front page: six counts and four lists.
DASHBOARD = f"""query {{ {_COUNTS}
    latest: flow_run(where: {{state: {{_neq: "Scheduled"}}}}, order_by: {{start_time: desc}}, limit: 10) {{
        id name state start_time flow {{ id name project {{ id name }} }} }}
    upcoming: flow_run(where: {{state: {{_eq: "Scheduled"}}}}, order_by: {{scheduled_start_time: asc}}, limit: 10) {{
        id name scheduled_start_time flow {{ id name }} }}
    project(order_by: {{name: asc}}) {{ id name flows_aggregate {{ aggregate {{ count }} }} }}
    agents: flow(where: {{archived: {{_eq: false}}}}, order_by: {{name: asc}}, limit: 20) {{
        id name version flow_runs(order_by: {{scheduled_start_time: desc}}, limit: 5) {{ id state }} }} }}"""
TENANT = "00000000-0000-0000-0000-000000000001"
USER = Session("user", {"x-hasura-tenant-id": TENANT})


def metadata_with_a_role() -> Document:
    """Lictor's metadata, and a role that sees the flow runs of its tenant only."""
    document = read_directory(METADATA)
    tables = document["sources"][0]["tables"]
    for entry in tables:
        if entry["table"]["name"] == "flow_run":
            permission = {"columns": "*", "filter": {"tenant_id": {"_eq": "X-Hasura-Tenant-Id"}}}
            entry["select_permissions"] = [{"role": "user", "permission": permission}]
    return document


SET_STATES = """mutation($input: set_task_run_states_input!) {
    set_task_run_states(input: $input) { states { id status message } } }"""


async def measure(
    name: str, seconds: float, operation: Callable[[], Awaitable[object]], raw: float | None = None
) -> float:
    """Runs `operation` one after the other; prints and gives µs of CPU each."""
    for _ in range(50):
        await operation()
    count, cpu, start = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(20):
            await operation()
        count += 20
    cpu, wall = time.process_time() - cpu, time.perf_counter() - start
    each = cpu / count * 1e6
    share = f"   CPU of raw asyncpg: {raw / each:4.0%} of it" if raw else ""
    print(
        f"{name:<52}{each:>8.0f} µs CPU{count / wall:>9.0f} op/s{1e6 * count / cpu / 1e6:>9.0f} op per CPU s{share}"
    )
    return each


async def fill(pool: asyncpg.Pool) -> list[str]:
    """One flow, RUNS runs; gives their ids."""
    tenant, flow = uuid.UUID(int=1), uuid.UUID(int=4)
    ids = [uuid.uuid4() for _ in range(RUNS)]
    async with pool.acquire() as connection:
        await connection.execute(FILL)
        await connection.executemany(
            "INSERT INTO flow_run (id, tenant_id, flow_id, name, state, scheduled_start_time, serialized_state)"
            " VALUES ($1, $2, $3, 'run', 'Scheduled', now(), $4)",
            [(i, tenant, flow, '{"type": "Scheduled", "message": "made by the bench"}') for i in ids],
        )
        await connection.execute("ANALYZE")
    return [str(i) for i in ids]


async def reads(engine: Engine, pool: asyncpg.Pool, ids: list[str], seconds: float) -> None:
    turn = iter(range(10**9))

    async def by_pk() -> None:
        await engine.execute(BY_PK % ids[next(turn) % RUNS], None, None, ADMIN)

    async def by_pk_variable() -> None:
        await engine.execute(BY_PK_VARIABLE, {"id": ids[next(turn) % RUNS]}, None, ADMIN)

    async def by_pk_as_a_role() -> None:
        await engine.execute(BY_PK % ids[next(turn) % RUNS], None, None, USER)

    async def agent() -> None:
        some = ", ".join(f'"{ids[(next(turn) + k) % RUNS]}"' for k in range(10))
        now = f"2026-01-01T00:00:{next(turn) % 60:02}+00:00"
        await engine.execute(AGENT % (some, now, now), None, None, ADMIN)

    async def dashboard() -> None:
        await engine.execute(DASHBOARD, None, None, ADMIN)

    async def raw(document: str) -> float:
        prepared = engine.prepare(document)
        statement = prepared.document.compiled({}).statement
        assert statement is not None
        arguments = [encode({}, prepared.literals) for encode in statement.encoders]

        async def run() -> None:
            await pool.fetchrow(statement.text, *arguments)

        return await measure("  the same SQL by raw asyncpg", seconds, run)

    base = await raw(BY_PK % ids[0])
    await measure("by_pk, id written in the document (literals differ)", seconds, by_pk, base)
    await measure("by_pk, id in a variable", seconds, by_pk_variable, base)
    await measure("by_pk, as a role with a filter on rows", seconds, by_pk_as_a_role, base)
    ten = ", ".join(f'"{i}"' for i in ids[:10])
    base = await raw(AGENT % (ten, "2026-01-01", "2026-01-01"))
    await measure("agent's poll of 10 runs (literals differ)", seconds, agent, base)
    base = await raw(DASHBOARD)
    await measure("dashboard, 10 panels in one document", seconds, dashboard, base)


async def without_database(engine: Engine, seconds: float) -> None:
    state = {"type": "Success", "message": "done", "result": {"__version__": "1.4.1", "value": 1}}
    items = [{"task_run_id": str(uuid.uuid4()), "version": 1, "state": state} for _ in range(50)]
    variables = {"input": {"states": items}}
    answer = {"states": [{"id": str(i), "status": "SUCCESS", "message": None} for i in range(50)]}
    document = BY_PK % "{}"

    async def action() -> None:
        prepared = engine.prepare(SET_STATES)
        for call in prepared.action_calls(variables):
            prepared.shape(call, answer)

    async def prepare_action() -> None:
        engine.prepare(SET_STATES).action_calls(variables)

    async def lex() -> None:
        engine.prepare(document.replace("{}", str(time.perf_counter_ns()), 1))

    async def cold() -> None:
        engine.state.documents._by_text.clear()
        engine.state.documents._by_key.clear()
        engine.prepare(AGENT % ('"x"', "y", "z"))

    await measure("action document, 50 states: prepare and coerce", seconds, prepare_action)
    await measure("action document, 50 states: and shape the answer", seconds, action)
    await measure("orjson.dumps of that answer", seconds, _dumps(answer))
    await measure("prepare by_pk, literal never seen (lexer)", seconds, lex)
    await measure("cold compile of the agent's poll", seconds, cold)
    start = time.process_time()
    engine.graphql_schema()
    print(f"{'schema for introspection, once':<52}{(time.process_time() - start) * 1e6:>8.0f} µs CPU")


def _dumps(value: object) -> Callable[[], Awaitable[object]]:
    async def dumps() -> bytes:
        return orjson.dumps(value)

    return dumps


async def main(dsn: str, seconds: float) -> None:
    settings = {**SESSION_SETTINGS, "jit": "off"}
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1, server_settings=settings) as pool:
        engine = await Engine.start(
            pool, metadata_with_a_role(), options=EngineOptions(v1_boolean_null_collapse=True)
        )
        ids = await fill(pool)
        await reads(engine, pool, ids, seconds)
        await without_database(engine, seconds)


if __name__ == "__main__":
    with PostgresServer.temporary() as server:
        server.create_database("bench")
        migrations.upgrade(server.dsn("bench"))
        uvloop.run(main(server.dsn("bench"), float(sys.argv[1]) if len(sys.argv) > 1 else 2.0))
