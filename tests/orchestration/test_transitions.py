"""Every state after every state: what the table says of a move is what the database does (contract server.md 3.6.6)."""

from __future__ import annotations

import itertools
import json
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration import limits, states
from lictor.orchestration.state_types import STATE_TYPES
from lictor.orchestration.states import NewState, StateAnswer, prepare_state
from lictor.orchestration.transitions import FLOW_RUN_MOVES, STATES, TASK_RUN_MOVES, Move
from tests.orchestration.builders import make_flow

PRODUCT = list(itertools.product(STATES, STATES))
WAITING = {"Pending", "Scheduled", "Paused", "Queued", "Resume", "Retrying"}


def test_the_tables_are_whole():
    assert set(STATES) == set(STATE_TYPES) - {"State", "_MetaState"}
    assert len(STATES) == 21
    assert set(FLOW_RUN_MOVES) == set(TASK_RUN_MOVES) == set(PRODUCT)


@pytest.mark.parametrize("moves", [FLOW_RUN_MOVES, TASK_RUN_MOVES], ids=["flow_run", "task_run"])
def test_only_submitted_is_ever_refused(moves):
    refused = {pair for pair, move in moves.items() if not move.allowed}
    assert refused == {(before, "Submitted") for before in set(STATES) - WAITING}
    assert {pair for pair, move in moves.items() if move.claim} == {
        (before, "Submitted") for before in WAITING
    }


def test_what_takes_a_slot():
    assert {pair for pair, move in FLOW_RUN_MOVES.items() if move.takes_slot} == {
        *((before, "Submitted") for before in WAITING),
        *((before, "Running") for before in set(STATES) - {"Submitted", "Running"}),
    }
    assert {pair for pair, move in TASK_RUN_MOVES.items() if move.takes_slot} == {
        (before, "Running") for before in set(STATES) - {"Running"}
    }


def test_what_a_process_that_was_given_up_may_not_do():
    finished = {
        "Finished",
        "Looped",
        "Success",
        "Cached",
        "Mapped",
        "Skipped",
        "Failed",
        "TimedOut",
        "TriggerFailed",
        "ValidationFailed",
    }
    assert {pair for pair, move in FLOW_RUN_MOVES.items() if move.given_up} == {
        *(("Scheduled", after) for after in finished),
        *(
            (before, after)
            for before in ("Submitted", "Running")
            for after in ("Success", "Cached", "Mapped", "Skipped")
        ),
    }
    assert {pair for pair, move in TASK_RUN_MOVES.items() if move.given_up} == {
        ("Retrying", "Success"), ("Retrying", "TimedOut"), ("Retrying", "Failed"),
        ("Submitted", "Success"), ("Submitted", "TimedOut"),
    }  # fmt: skip


async def _runs(pool: asyncpg.Pool, *, version_locking: bool = False) -> tuple[UUID, list[UUID]]:
    """A flow run for each move, in the state it comes from, labelled `limited`; and their tenant."""
    group = {"settings": {"version_locking_enabled": version_locking}}
    flow_id = await make_flow(pool, group=group)
    rows = await pool.fetch(
        """
        INSERT INTO flow_run (tenant_id, flow_id, labels, version, state, serialized_state)
        SELECT flow.tenant_id, flow.id, '["limited"]', 5, given.state, jsonb_build_object('type', given.state)
        FROM flow, unnest($2::text[]) WITH ORDINALITY AS given (state, number)
        WHERE flow.id = $1
        ORDER BY given.number
        RETURNING id, tenant_id
        """,
        flow_id, [before for before, _ in PRODUCT],
    )  # fmt: skip
    return rows[0]["tenant_id"], [row["id"] for row in rows]


async def _task_runs(pool: asyncpg.Pool, flow_run_state: str, **more) -> tuple[UUID, list[UUID]]:
    """A task run for each move, tagged `limited`, each in a flow run of its own in that state."""
    tenant_id, flow_runs = await _runs(pool, **more)
    await pool.execute("UPDATE task SET tags = '[\"limited\"]'")
    await pool.execute("UPDATE flow_run SET state = $1", flow_run_state)
    made = await pool.fetch("SELECT id, flow_run_id FROM task_run")
    by_flow_run = {row["flow_run_id"]: row["id"] for row in made}
    ids = [by_flow_run[run] for run in flow_runs]
    await pool.execute(
        """
        UPDATE task_run SET version = 5, state = given.state, serialized_state = jsonb_build_object('type', given.state)
        FROM unnest($1::uuid[], $2::text[]) AS given (id, state) WHERE task_run.id = given.id
        """,
        ids, [before for before, _ in PRODUCT],
    )  # fmt: skip
    return tenant_id, ids


async def _set(
    pool: asyncpg.Pool, kind: str, ids: list[UUID], version: int | None
) -> dict[tuple[str, str], StateAnswer]:
    """Make every move, each a call of its own; the answers by move."""
    calls = [
        [NewState(id, prepare_state({"type": after, "message": "moved"}), version)]
        for id, (_, after) in zip(ids, PRODUCT, strict=True)
    ]
    set_states = states.set_flow_run_states if kind == "flow_run" else states.set_task_run_states
    async with pool.acquire() as connection:
        answers = await set_states(connection, calls)
    return {pair: answer for pair, [answer] in zip(PRODUCT, answers, strict=True)}


async def _found(pool: asyncpg.Pool, kind: str, ids: list[UUID]) -> dict[tuple[str, str], tuple[str, int]]:
    rows = {row["id"]: row for row in await pool.fetch(f"SELECT id, state, version FROM {kind}")}
    return {pair: (rows[id]["state"], rows[id]["version"]) for id, pair in zip(ids, PRODUCT, strict=True)}


def _moves(kind: str) -> dict[tuple[str, str], Move]:
    return dict(FLOW_RUN_MOVES if kind == "flow_run" else TASK_RUN_MOVES)


async def _made(pool: asyncpg.Pool, kind: str, **more) -> tuple[UUID, list[UUID]]:
    return await (_runs(pool, **more) if kind == "flow_run" else _task_runs(pool, "Running", **more))


KINDS = pytest.mark.parametrize("kind", ["flow_run", "task_run"])


@KINDS
@pytest.mark.parametrize("version", [None, 5], ids=["whatever version", "its version"])
async def test_the_product_without_limits(pool, kind, version):
    _, ids = await _made(pool, kind)
    answers = await _set(pool, kind, ids, version)
    found = await _found(pool, kind, ids)
    for (before, after), move in _moves(kind).items():
        answer = answers[before, after]
        assert not answer.queued
        if move.allowed:
            assert (answer.error, found[before, after]) == (None, (after, 6)), (before, after)
        else:
            assert "already been submitted" in (answer.error or ""), (before, after)
            assert found[before, after] == (before, 5)


@KINDS
async def test_the_product_at_a_stale_version(pool, kind):
    """Only a claim looks at the version: a stale Failed of an agent must pass (client.md 5.2)."""
    _, ids = await _made(pool, kind)
    answers = await _set(pool, kind, ids, 3)
    for pair, move in _moves(kind).items():
        assert (answers[pair].error is None) == (move.allowed and not move.claim), pair


@KINDS
async def test_the_product_under_a_version_lock(pool, kind):
    _, ids = await _made(pool, kind, version_locking=True)
    stale = await _set(pool, kind, ids, 3)
    found = await _found(pool, kind, ids)
    for pair, move in _moves(kind).items():
        locked = stale[pair].code == "VERSION_LOCKING_ERROR"
        assert locked == move.version_locked, pair
        if locked:
            assert found[pair] == (pair[0], 5)


@KINDS
async def test_the_product_of_running_under_a_version_lock_at_its_version(pool, kind):
    _, ids = await _made(pool, kind, version_locking=True)
    answers = await _set(pool, kind, ids, 5)
    assert {pair for pair, answer in answers.items() if answer.code} == set()
    assert all(answers[before, "Running"].error is None for before in STATES)


async def test_the_product_of_task_runs_whose_flow_run_does_not_run(pool):
    _, ids = await _task_runs(pool, "Scheduled")
    answers = await _set(pool, "task_run", ids, None)
    for (before, after), move in TASK_RUN_MOVES.items():
        assert (after in {"Running", "Cancelling"}) == move.needs_running_flow_run
        refused = "is not in a running state" in (answers[before, after].error or "")
        assert refused == move.needs_running_flow_run, (before, after)


@KINDS
async def test_the_product_under_a_limit_without_a_free_slot(pool, kind):
    tenant_id, ids = await _made(pool, kind)
    make = limits.update_flow_concurrency_limit if kind == "flow_run" else limits.update_task_tag_limit
    await make(pool, tenant_id, "limited", 0)
    answers = await _set(pool, kind, ids, 5)
    found = await _found(pool, kind, ids)
    for pair, move in _moves(kind).items():
        before, after = pair
        if not move.allowed:
            continue
        if not move.takes_slot:
            assert (answers[pair].error, found[pair]) == (None, (after, 6)), pair
        elif move.claim:
            assert "State update failed" in (answers[pair].error or ""), pair
            assert found[pair] == (before, 5)
        else:
            assert answers[pair].queued, pair
            assert found[pair] == ("Queued", 6)
    waiting = await pool.fetch(
        f"SELECT serialized_state, state_start_time > now() + interval '9 min' AS later FROM {kind}"
        " WHERE state = 'Queued' AND version = 6 AND state_message LIKE 'Queued: all 0%'"
    )
    assert len(waiting) == sum(move.takes_slot and not move.claim for move in _moves(kind).values())
    assert {json.loads(row["serialized_state"])["type"] for row in waiting} == {"Queued"}
    assert all(row["later"] for row in waiting)


@KINDS
@pytest.mark.parametrize("locking", [False, True], ids=["unlocked", "locked"])
@pytest.mark.parametrize("slots", [0, 500])
@pytest.mark.parametrize("version", [None, 5, 4, 3], ids=["none", "its own", "the one before", "stale"])
async def test_the_product_of_locks_limits_and_versions(pool, kind, locking, slots, version):
    """What comes first: the claim, then the lock, then the slot."""
    tenant_id, ids = await _made(pool, kind, version_locking=locking)
    make = limits.update_flow_concurrency_limit if kind == "flow_run" else limits.update_task_tag_limit
    await make(pool, tenant_id, "limited", slots)
    answers = await _set(pool, kind, ids, version)
    found = await _found(pool, kind, ids)
    for pair, move in _moves(kind).items():
        before, after = pair
        answer = answers[pair]
        told = (answer.error is None, answer.code, answer.queued, found[pair])
        if not move.allowed or (move.claim and version not in {None, 5}):
            assert told == (False, None, False, (before, 5)), pair
        elif after == "Running" and before == "Queued" and version == 4:
            assert told == (True, None, True, (before, 5)), pair
        elif move.version_locked and locking and (version in {3, 4} or (version is None and before == after)):
            assert told == (False, "VERSION_LOCKING_ERROR", False, (before, 5)), pair
        elif move.takes_slot and slots == 0:
            refused = (False, None, False, (before, 5))
            assert told == (refused if move.claim else (True, None, True, ("Queued", 6))), pair
        else:
            assert told == (True, None, False, (after, 6)), pair
