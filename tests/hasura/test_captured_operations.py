"""Every document that unmodified clients (0.13.19 to 1.4.1) were seen to send fits our metadata and database.

captured_operations.jsonl holds each distinct document once, ids and times replaced. Those of features that only Prefect
Cloud had are among them. tests/actions/ui_documents replays them against a filled database.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lictor.engine import Engine, EngineOptions, GraphQLFailure, Session

HERE = Path(__file__).parent
METADATA = HERE.parents[1] / "hasura"
OPERATIONS = [json.loads(line) for line in (HERE / "captured_operations.jsonl").read_text().splitlines()]


@pytest.fixture
async def engine(pool) -> Engine:
    return await Engine.start(pool, METADATA, options=EngineOptions(v1_boolean_null_collapse=True))


async def test_metadata_and_database_agree(engine):
    assert engine.inconsistencies == ()


async def test_every_document_fits(engine):
    refused = {}
    for operation in OPERATIONS:
        try:
            prepared = engine.prepare(operation["document"])
        except GraphQLFailure as failure:
            refused.setdefault(operation["root_field"], []).append(failure.errors[0]["message"])
        else:
            assert prepared.kind in operation["document"] or prepared.kind == "query"
    assert refused == {}


async def test_every_table_query_runs(engine):
    """Against an empty database every list is empty and every object null."""
    ran = 0
    for operation in OPERATIONS:
        prepared = engine.prepare(operation["document"])
        if prepared.only_actions:
            continue
        variables = dict.fromkeys(prepared.document.operation.used)
        answer = json.loads(await engine.run(prepared, variables, Session()))
        assert answer["data"][operation["root_field"]] in ([], None), operation["document"]
        ran += 1
    assert ran > 80
