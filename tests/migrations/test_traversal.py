"""Walks along edges (contract server.md 1.4 C)."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

import pytest


@pytest.fixture
def diamond(world):
    """Tasks a, b, c, d, e with edges a>b>d>e, a>c>d, a>d; by name."""
    flow = world.flow(tasks=5)
    tasks = dict(zip("abcde", world.tasks(flow), strict=True))
    _connect(world, flow, tasks, "ab bd de ac cd ad")
    return tasks


def _connect(world, flow: UUID, tasks: dict[str, UUID], pairs: str) -> None:
    world.insert_many(
        "edge",
        [
            {
                "tenant_id": world.tenant,
                "flow_id": flow,
                "upstream_task_id": tasks[up],
                "downstream_task_id": tasks[down],
            }
            for up, down in pairs.split()
        ],
    )


def _walk(
    world, direction: str, tasks: dict[str, UUID], starts: str, *limit: int | None
) -> list[tuple[str, int]]:
    """[(name, depth)] in the order of the answer."""
    names = {id: name for name, id in tasks.items()}
    arguments = ", ".join(["%s"] * (1 + len(limit)))
    rows = world.rows(
        f"SELECT * FROM utility.{direction}_tasks({arguments})", [tasks[s] for s in starts], *limit
    )
    assert rows == sorted(rows, key=lambda row: (row[2], row[1]))
    assert {tenant for tenant, _, _ in rows} <= {world.tenant}
    return [(names[id], depth) for _, id, depth in rows]


def test_each_task_once_at_its_largest_depth(world, diamond):
    assert sorted(_walk(world, "downstream", diamond, "a")) == [
        ("a", 0),
        ("b", 1),
        ("c", 1),
        ("d", 2),
        ("e", 3),
    ]
    assert sorted(_walk(world, "upstream", diamond, "e")) == [
        ("a", 3),
        ("b", 2),
        ("c", 2),
        ("d", 1),
        ("e", 0),
    ]


def test_a_start_that_is_reachable_from_another_comes_once(world, diamond):
    assert sorted(_walk(world, "downstream", diamond, "ad")) == [
        ("a", 0),
        ("b", 1),
        ("c", 1),
        ("d", 2),
        ("e", 3),
    ]


@pytest.mark.parametrize("direction", ["downstream", "upstream"])
def test_depth_limit(world, diamond, direction):
    depths = [
        depth for _, depth in _walk(world, direction, diamond, "a" if direction == "downstream" else "e", 1)
    ]
    assert depths == ([0, 1, 1, 1] if direction == "downstream" else [0, 1])
    assert len(_walk(world, direction, diamond, "ae", 0)) == 2


def test_unknown_tasks_yield_nothing(world, diamond):
    assert world.rows("SELECT * FROM utility.downstream_tasks(%s)", [uuid4()]) == []
    assert world.rows("SELECT * FROM utility.upstream_tasks('{}')") == []


def test_a_cycle_ends_at_the_depth_cap(world):
    flow = world.flow(tasks=2)
    tasks = dict(zip("ab", world.tasks(flow), strict=True))
    _connect(world, flow, tasks, "ab ba")
    for limit in ((), (50,), (1000,)):
        assert sorted(_walk(world, "downstream", tasks, "a", *limit)) == [("a", 50), ("b", 49)]


def test_a_chain_longer_than_the_cap(world):
    flow = world.flow(tasks=60)
    names = [chr(ord("A") + n) for n in range(60)]
    tasks = dict(zip(names, world.tasks(flow), strict=True))
    _connect(world, flow, tasks, " ".join(a + b for a, b in itertools.pairwise(names)))
    assert len(_walk(world, "downstream", tasks, "A")) == 51
