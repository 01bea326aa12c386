"""Lazarus and the zombie killer: each condition by itself, and what becomes of a run (contract server.md 4.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lictor.orchestration import limits, recovery
from lictor.orchestration.queue import runs_in_queue
from lictor.orchestration.transitions import STATES
from tests.orchestration.deathbed import (
    SILENCE,
    Reads,
    ago,
    api_was_up,
    logs_of,
    make_run,
    state_of,
    task_runs_of,
    task_states,
)  # fmt: skip

BUSY = {"Scheduled", "Paused", "Queued", "Resume", "Retrying", "Running", "Cancelling"}
OFF = {"heartbeat_enabled": False}


@pytest.fixture(autouse=True)
async def _api_is_up(pool):
    await pool.execute("DELETE FROM utility.runner_read")
    await api_was_up(pool)


async def revive(pool, silence=SILENCE, **more) -> int:
    async with pool.acquire() as connection:
        return await recovery.revive_flow_runs(connection, silence, **more)


async def kill(pool, silence=SILENCE, **more) -> int:
    async with pool.acquire() as connection:
        return await recovery.kill_zombies(connection, silence, **more)


# --- Lazarus -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {}, {"state": "Submitted"}, {"beat": None}, {"state": "Submitted", "beat": None}, {"tasks": ()},
        {"beat": 10}, {"state": "Submitted", "beat": 0}, {"settings": {"heartbeat_enabled": True, "lazarus_enabled": True}},
        *({"tasks": ("Success", state)} for state in STATES if state not in BUSY),
    ],
    ids=str,
)  # fmt: skip
async def test_lazarus_revives(pool, changed):
    run_id = await make_run(pool, **changed)
    assert await revive(pool) == 1
    assert await state_of(pool, run_id) == ("Scheduled", 6)
    assert await revive(pool) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"beat": 9.9}, {"beat": None, "state_age": 9.9}, {"state": "Submitted", "state_age": 9.9},
        {"settings": OFF}, {"settings": {"lazarus_enabled": False}}, {"tasks": ("Submitted",), "tasks_age": 9},
        *({"state": state} for state in STATES if state not in {"Running", "Submitted"}),
        *({"tasks": ("Success", state)} for state in sorted(BUSY)),
    ],
    ids=str,
)  # fmt: skip
async def test_lazarus_leaves_alone(pool, changed):
    run_id = await make_run(pool, **changed)
    before = await state_of(pool, run_id)
    assert await revive(pool) == 0
    assert await state_of(pool, run_id) == before
    assert await logs_of(pool, run_id) == []


async def test_what_lazarus_writes(pool):
    run_id = await make_run(pool, times_resurrected=2)
    before = await pool.fetchval("SELECT clock_timestamp()")
    assert await revive(pool) == 1
    run = await pool.fetchrow("SELECT * FROM flow_run WHERE id = $1", run_id)
    assert (run["times_resurrected"], run["state_message"]) == (3, "Rescheduled by a Lazarus process.")
    state = json.loads(run["serialized_state"])
    assert (state["type"], state["message"]) == ("Scheduled", "Rescheduled by a Lazarus process.")
    assert before <= run["state_start_time"] <= await pool.fetchval("SELECT clock_timestamp()")
    [(name, level, message)] = await logs_of(pool, run_id)
    assert (name, level) == ("prefect-server.Lazarus.FlowRun", "INFO")
    last = ago(11).strftime("%Y-%m-%d %H:%M:%S")
    assert message == (
        f"Rescheduled by a Lazarus process. This is attempt 3. Its last heartbeat came at {last} UTC."
    )
    assert await runs_in_queue(pool, run["tenant_id"], []) == [run_id]


@pytest.mark.parametrize(("before", "limit"), [(10, 10), (11, 10), (0, 0), (3, 3)])
async def test_beyond_the_limit_a_run_fails(pool, before, limit):
    run_id = await make_run(pool, times_resurrected=before)
    assert await revive(pool, limit=limit) == 1
    assert await state_of(pool, run_id) == ("Failed", 6)
    run = await pool.fetchrow("SELECT times_resurrected, end_time FROM flow_run WHERE id = $1", run_id)
    assert run["times_resurrected"] == before
    assert run["end_time"] is not None
    [(name, level, message)] = await logs_of(pool, run_id)
    assert (name, level) == ("prefect-server.Lazarus.FlowRun", "ERROR")
    assert message.startswith(f"A Lazarus process has tried {before} times")
    assert "marks it as failed" in message
    assert "last heartbeat" in message


async def test_below_the_limit_it_is_revived(pool):
    run_id = await make_run(pool, times_resurrected=9)
    await revive(pool)
    assert await state_of(pool, run_id) == ("Scheduled", 6)


# --- The second witness ------------------------------------------------------------------------------------

BEATING = 0.2


@pytest.mark.parametrize(
    "changed",
    [
        {"reads": Reads(last=30)},
        {"reads": Reads(last=30, regular=False)},
        {"reads": Reads(last=30, gap=10)},
        {"reads": Reads(last=36, gap=12)},
        # Little is known of it: four times as long.
        {"reads": Reads(last=120, count=1), "state_age": 120},
        {"reads": Reads(last=130, this_spell=False), "state_age": 120},
    ],
    ids=str,
)
async def test_heartbeats_do_not_prove_a_life(pool, changed):
    run_id = await make_run(pool, **{"beat": BEATING, "state_age": 80, **changed})
    assert await revive(pool) == 1
    assert "Heartbeats still come, but its process" in (await logs_of(pool, run_id))[0][2]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"reads": Reads(last=29.9)},
        {"reads": Reads(last=35.9, gap=12)},
        {"reads": Reads(last=40, count=2, regular=False)},
        {"reads": Reads(last=119, count=2), "state_age": 130},
        {"reads": Reads(last=130, this_spell=False), "state_age": 119},
        {"reads": Reads(last=70), "state_age": 29},
        {"reads": Reads(last=60), "settings": OFF},
        {"reads": Reads(last=60), "tasks": ("Retrying",)},
    ],
    ids=str,
)
async def test_who_beats_is_left_alone_as_long_as_he_may_live(pool, changed):
    await make_run(pool, **{"beat": BEATING, "state_age": 80, **changed})
    assert await revive(pool) == 0


async def test_the_second_witness_can_be_switched_off(pool):
    await make_run(pool, beat=BEATING, state_age=600, reads=Reads(last=500))
    await make_run(pool, "Cancelling", beat=BEATING, state_age=600, reads=Reads(last=500))
    silence = replace(SILENCE, reads=None)
    assert await revive(pool, silence) == await kill(pool, silence) == 0


RUNNERS = Reads(last=0.2, count=240)  # 60 minutes, every 15 s
WATCHED = Reads(last=0.2, count=600)  # and every 10 s by a flow that waits for it


@pytest.mark.parametrize(
    ("changed", "lives"),
    [
        ({"reads": RUNNERS}, True),
        ({"reads": RUNNERS, "idempotency_key": "0123456789abcdef0123456789abcdef"}, True),
        ({"reads": RUNNERS, "idempotency_key": "7e7bd4c5-9d58-4f6a-9c39-0f4cbb3cd1b9"}, False),
        ({"reads": RUNNERS, "idempotency_key": "7e7bd4c5-9d58-4f6a-9c39-0f4cbb3cd1b9-3"}, False),
        ({"reads": WATCHED}, False),
        ({"reads": replace(RUNNERS, last=10)}, False),
        ({"reads": replace(RUNNERS, this_spell=False)}, False),
        ({"reads": RUNNERS, "state": "Submitted"}, False),
    ],
    ids=str,
)
async def test_a_runner_without_heartbeats_lives_as_long_as_it_reads(pool, changed, lives):
    await make_run(pool, **{"beat": 60, **changed})
    assert await revive(pool) == int(not lives)


# --- Time in which nobody could have heard it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("beat", "life", "silent"),
    [
        (15, {"outages": [(14, 5)]}, False),
        (19.1, {"outages": [(14, 5)]}, True),
        (18.9, {"outages": [(14, 5)]}, False),
        (16.1, {"outages": [(14, 12), (9, 5)]}, True),
        (15.9, {"outages": [(14, 12), (9, 5)]}, False),
        (11, {"outages": [(60, 30)]}, True),
        (11, {"outages": [(100, 9.5)]}, False),
        (11, {"outages": [(0.4, 0)]}, True),
        (11, {"last_seen": 2}, False),
        (12.1, {"last_seen": 2}, True),
        (3000, {"last_seen": 2995}, False),
        (3000, {"since": 9}, False),
        (3000, {"since": 11}, True),
    ],
    ids=str,
)
async def test_silence_counts_only_while_the_api_was_up(pool, beat, life, silent):
    await api_was_up(pool, **life)
    await make_run(pool, beat=beat, state_age=4000)
    await make_run(pool, "Submitted", beat=None, state_age=beat)
    assert await revive(pool) == 2 * silent


async def test_without_a_word_of_the_api_nobody_is_silent(pool):
    await pool.execute("DELETE FROM utility.api_life")
    await make_run(pool, beat=5000)
    await make_run(pool, beat=5000, tasks=("Running",))
    await make_run(pool, "Cancelling", beat=5000)
    assert await revive(pool) == await kill(pool) == 0


async def test_the_runners_silence_is_counted_like_that_too(pool):
    await api_was_up(pool, [(40, 5)])
    await make_run(pool, beat=BEATING, state_age=80, reads=Reads(last=41))
    assert await revive(pool) == 0
    await make_run(pool, beat=BEATING, state_age=80, reads=Reads(last=66))
    assert await revive(pool) == 1


# --- The zombie killer -------------------------------------------------------------------------------------


async def had_retries(pool, task_run_id, count) -> None:
    for number in range(count):
        await pool.execute(
            "INSERT INTO task_run_state (tenant_id, task_run_id, state, version, serialized_state)"
            " SELECT tenant_id, id, 'Retrying', $2, '{}' FROM task_run WHERE id = $1",
            task_run_id, -number - 1,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "retries", "outcome"),
    [
        ({"task": {"max_retries": 2}}, 0, "Retrying"),
        ({"task": {"max_retries": 2}}, 1, "Retrying"),
        ({"task": {"max_retries": 2}}, 2, "Failed"),
        ({"task": {"max_retries": 0}}, 0, "Failed"),
        ({"task": {"max_retries": None}}, 0, "Failed"),
        ({"task": {"max_retries": 2}, "state": "Cancelling"}, 0, "Failed"),
        ({"task": {"max_retries": 2}, "state": "Submitted"}, 0, "Failed"),
        ({"task": {"max_retries": 2}, "tasks": ("Cancelling",)}, 0, "Failed"),
        ({"task": {"max_retries": 2}, "beat": 0.2, "state_age": 90, "reads": Reads(last=60)}, 0, "Retrying"),
        # The run ended while its process was at work: it may go on for a while.
        ({"task": {"max_retries": 2}, "state": "Success", "beat": 0.2, "reads": Reads(last=11)}, 0, "Failed"),
        ({"task": {"max_retries": 2}, "state": "Scheduled", "reads": Reads(last=11)}, 0, "Failed"),
    ],
    ids=str,
)
async def test_a_zombie_task_run_is_settled(pool, changed, retries, outcome):
    run_id = await make_run(pool, **{"tasks": ("Running",), **changed})
    [task_run_id] = await task_runs_of(pool, run_id)
    await had_retries(pool, task_run_id, retries)
    assert await kill(pool) >= 1
    task_run = await pool.fetchrow("SELECT * FROM task_run WHERE id = $1", task_run_id)
    assert (task_run["state"], task_run["version"]) == (outcome, 4)
    logs = [line for line in await logs_of(pool, run_id) if line[0].endswith("TaskRun")]
    assert [line[:2] for line in logs] == [("prefect-server.ZombieKiller.TaskRun", "ERROR")]
    assert logs[0][2].startswith(task_run["state_message"] + " ")
    if outcome == "Failed":
        assert task_run["state_message"] == (
            f"No heartbeat detected from the remote task; marking the task run {task_run_id} (task 1) as failed."
        )
    else:
        assert f"retry {retries + 1} of 2" in task_run["state_message"]
        assert json.loads(task_run["serialized_state"])["run_count"] == retries + 1
    assert await kill(pool) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"beat": 9.9}, {"settings": OFF}, {"beat": None, "state_age": 9}, {"beat": 0.2, "reads": Reads(last=29)},
        {"tasks_age": 9.9}, {"tasks_age": 9.9, "beat": 0.2, "state_age": 90, "reads": Reads(last=60)},
        *({"tasks": (state,)} for state in STATES if state not in {"Running", "Cancelling"}),
        {"state": "Success"}, {"state": "Success", "reads": Reads(last=9)}, {"state": "Success", "state_age": 9, "reads": Reads(last=50)},
        {"state": "Success", "settings": OFF, "reads": Reads(last=50)},
    ],
    ids=str,
)  # fmt: skip
async def test_who_is_no_zombie_is_left_alone(pool, changed):
    run_id = await make_run(pool, **{"tasks": ("Running",), **changed})
    before = await task_states(pool, run_id)
    assert await kill(pool) == 0
    assert await task_states(pool, run_id) == before


async def test_lazarus_being_off_does_not_protect_zombies(pool):
    await make_run(pool, tasks=("Running",), settings={"lazarus_enabled": False})
    assert await kill(pool) == 1


async def test_a_retry_waits_its_delay_and_brings_the_run_back_to_the_agents(pool):
    task = {"max_retries": 1, "retry_delay": timedelta(hours=1)}
    run_id = await make_run(pool, tasks=("Running",), task=task)
    [task_run_id] = await task_runs_of(pool, run_id)
    await pool.execute(
        """UPDATE task_run SET serialized_state = '{"type": "Running", "cached_inputs": {"x": {"type": "NoResultType"}}}' """
    )
    assert await kill(pool) == 1
    task_run = await pool.fetchrow("SELECT * FROM task_run WHERE id = $1", task_run_id)
    wait = task_run["state_start_time"] - task_run["state_timestamp"]
    assert wait == timedelta(hours=1)
    assert json.loads(task_run["serialized_state"])["cached_inputs"] == {"x": {"type": "NoResultType"}}
    assert await revive(pool) == 0
    tenant_id = task_run["tenant_id"]
    assert (
        await runs_in_queue(pool, tenant_id, [], before=task_run["state_start_time"] - timedelta(minutes=1))
        == []
    )
    assert await runs_in_queue(pool, tenant_id, [], before=task_run["state_start_time"]) == [run_id]


async def test_dead_without_retries_lazarus_takes_over(pool):
    run_id = await make_run(pool, tasks=("Running", "Pending"), beat=0.1, state_age=100, reads=Reads(last=60))
    assert await revive(pool) == 0
    assert await kill(pool) == 1
    assert await task_states(pool, run_id) == ["Failed", "Pending"]
    assert await revive(pool) == 1
    assert await state_of(pool, run_id) == ("Scheduled", 6)


@pytest.mark.parametrize("changed", [{}, {"beat": 0.1, "reads": Reads(last=40)}, {"beat": None}], ids=str)
async def test_a_cancelled_run_without_a_process_fails_and_is_settled(pool, changed):
    tasks = ("Success", "Running", "Pending", "Retrying", "Mapped", "Paused", "TimedOut")
    run_id = await make_run(pool, "Cancelling", tasks=tasks, **changed)
    assert await kill(pool) == 2
    assert await state_of(pool, run_id) == ("Failed", 6)
    assert await task_states(pool, run_id) == [
        "Success", "Failed", "Cancelled", "Cancelled", "Mapped", "Cancelled", "TimedOut",
    ]  # fmt: skip
    name, level, message = (await logs_of(pool, run_id))[-1]
    assert (name, level) == ("prefect-server.ZombieKiller.FlowRun", "ERROR")
    assert "No heartbeat detected from the flow run" in message
    assert (
        await pool.fetchval("SELECT count(*) FROM utility.waiting_task_run WHERE flow_run_id = $1", run_id)
        == 0
    )


@pytest.mark.parametrize(
    "changed",
    [{"beat": 9}, {"settings": OFF}, {"beat": 0.1, "reads": Reads(last=29)}, {"beat": 0.1, "state_age": 29, "reads": Reads(last=40)}],
    ids=str,
)  # fmt: skip
async def test_a_run_that_is_just_cancelling_is_left_alone(pool, changed):
    run_id = await make_run(pool, "Cancelling", tasks=("Pending",), **changed)
    assert await kill(pool) == 0
    assert await state_of(pool, run_id) == ("Cancelling", 5)


async def test_slots_are_free_again(pool):
    runs = [await make_run(pool, labels=["a"]), await make_run(pool, "Cancelling", labels=["a"])]
    for run_id in runs:
        tenant_id = await pool.fetchval("SELECT tenant_id FROM flow_run WHERE id = $1", run_id)
        await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 1)
        assert await limits.flow_concurrency(pool, tenant_id) == [limits.Usage("a", 1)]
    assert await revive(pool) == await kill(pool) == 1
    for run_id in runs:
        tenant_id = await pool.fetchval("SELECT tenant_id FROM flow_run WHERE id = $1", run_id)
        assert await limits.flow_concurrency(pool, tenant_id) == [limits.Usage("a", 0)]


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"state": "Success", "reads": Reads(last=11)}, False),
        ({"state": "Success", "reads": Reads(last=9)}, True),
        ({"state": "Success", "state_age": 5, "reads": Reads(last=11)}, True),
        ({"state": "Scheduled", "reads": Reads(last=11)}, False),
        ({"state": "Running", "beat": 0.1, "reads": Reads(last=11)}, True),
        ({"state": "Success", "tasks": ("Running",), "settings": OFF, "reads": Reads(last=11)}, False),
    ],
    ids=str,
)
async def test_runners_of_ended_runs_are_forgotten(pool, changed, kept):
    await make_run(pool, **changed)
    await kill(pool)
    assert await pool.fetchval("SELECT count(*) FROM utility.runner_read") == int(kept)


async def test_runners_of_deleted_runs_are_forgotten(pool):
    run_id = await make_run(pool, reads=Reads(last=1))
    await pool.execute("DELETE FROM flow_run WHERE id = $1", run_id)
    await kill(pool)
    assert await pool.fetchval("SELECT count(*) FROM utility.runner_read") == 0


# --- Batches -----------------------------------------------------------------------------------------------


async def test_one_that_cannot_be_done_holds_up_nobody(pool):
    runs = sorted([await make_run(pool, tasks=("Running",)) for _ in range(5)])
    lost = sorted([await make_run(pool) for _ in range(5)])
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE public.poison (id uuid)")
        await connection.execute("INSERT INTO poison VALUES ($1), ($2)", runs[2], lost[1])
        await connection.execute(
            """CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF EXISTS (SELECT FROM poison WHERE id = NEW.flow_run_id) THEN RAISE 'poison'; END IF;
                 RETURN NEW;
               END $$"""
        )
        await connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION public.refuse()"
        )
    try:
        with pytest.raises(Exception, match="poison"):
            await kill(pool, batch_size=3)
        with pytest.raises(Exception, match="poison"):
            await revive(pool, batch_size=3)
    finally:
        await pool.execute("DROP TRIGGER refuse ON log")
        await pool.execute("DROP FUNCTION public.refuse(); DROP TABLE public.poison")
    assert [(await task_states(pool, run))[0] for run in runs] == [
        "Failed",
        "Failed",
        "Running",
        "Failed",
        "Failed",
    ]
    assert [(await state_of(pool, run))[0] for run in lost] == ["Scheduled", "Running", *["Scheduled"] * 3]
    assert await pool.fetchval("SELECT sum(times_resurrected) FROM flow_run WHERE id = ANY ($1)", lost) == 4


async def test_more_than_a_batch(pool):
    for _ in range(7):
        await make_run(pool)
        await make_run(pool, tasks=("Running", "Running"))
        await make_run(pool, "Cancelling")
    assert await revive(pool, batch_size=2) == 7
    assert await kill(pool, batch_size=2) == 14 + 7
