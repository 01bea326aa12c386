"""What Postgres refuses: Hasura's codes, paths and texts; what it adds: defaults, generated columns, views."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from lictor.engine import GraphQLFailure
from lictor.engine.run.pgerrors import as_failure
from tests.engine.company import Company, company


@pytest.fixture(scope="module")
async def served(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(postgres, "engine_constraints", tmp_path_factory.mktemp("constraints")) as found:
        yield found


@pytest.fixture
async def shop(served: Company) -> Company:
    await served.reset()
    return served


OF = "$.selectionSet"
REFUSED: dict[str, tuple[str, tuple[str, str, str]]] = {
    "unique": ('insert_person(objects: [{name: "x", email: "ada@x"}]) { affected_rows }',
        ("constraint-violation", f"{OF}.insert_person.args.objects",
         'Uniqueness violation. duplicate key value violates unique constraint "person_email_key"')),
    "unique, one row": ('insert_person_one(object: {name: "x", email: "ada@x"}) { id }',
        ("constraint-violation", f"{OF}.insert_person_one.args.object",
         'Uniqueness violation. duplicate key value violates unique constraint "person_email_key"')),
    "unique, in an update": ('update_person(where: {}, _set: {email: "all"}) { affected_rows }',
        ("constraint-violation", "$", 'Uniqueness violation. duplicate key value violates unique constraint "person_email_key"')),
    "foreign key": ("insert_task_one(object: {title: \"x\", owner_id: 99}) { id }",
        ("constraint-violation", f"{OF}.insert_task_one.args.object",
         'Foreign key violation. insert or update on table "task" violates foreign key constraint "task_owner_id_fkey"')),
    "foreign key, in a delete": ("delete_person(where: {id: {_eq: 1}}) { affected_rows }",
        ("constraint-violation", "$", 'Foreign key violation. update or delete on table "person" violates foreign key constraint '
         '"person_boss_id_fkey" on table "person"')),
    "not null": ('insert_person(objects: [{name: "x"}, {email: "y"}]) { affected_rows }',
        ("constraint-violation", f"{OF}.insert_person.args.objects",
         'Not-NULL violation. null value in column "name" of relation "person" violates not-null constraint')),
    "null in place of a default": ("insert_team(objects: [{budget: null}]) { affected_rows }",
        ("constraint-violation", f"{OF}.insert_team.args.objects",
         'Not-NULL violation. null value in column "budget" of relation "team" violates not-null constraint')),
    "not null, in an update": ("update_person_by_pk(pk_columns: {id: 1}, _set: {name: null}) { id }",
        ("constraint-violation", "$", 'Not-NULL violation. null value in column "name" of relation "person" violates not-null constraint')),
    "check": ('insert_person_one(object: {name: "x", age: -1}) { id }',
        ("permission-error", f"{OF}.insert_person_one.args.object",
         'Check constraint violation. new row for relation "person" violates check constraint "grown"')),
    "check, in an update": ("update_person(where: {id: {_eq: 1}}, _inc: {age: -41}) { affected_rows }",
        ("permission-error", "$", 'Check constraint violation. new row for relation "person" violates check constraint "grown"')),
    "exclusion": ('insert_booking_one(object: {during: "[2,5)"}) { id }',
        ("constraint-violation", f"{OF}.insert_booking_one.args.object",
         'Exclusion violation. conflicting key value violates exclusion constraint "one_at_a_time"')),
    "a value of an enum": ('insert_person_one(object: {name: "x", mood: "wild"}) { id }',
        ("data-exception", f"{OF}.insert_person_one.args.object", 'invalid input value for enum mood: "wild"')),
    "a number out of range": ("insert_team_one(object: {budget: 1}) { id } update_task(where: {}, _inc: {points: 2147483647}) { affected_rows }",
        ("data-exception", "$", "integer out of range")),
    "a bad escape": ('update_person(where: {name: {_like: "A%\\\\"}}, _set: {age: 1}) { affected_rows }',
        ("bad-request", "$", "LIKE pattern must not end with escape character")),
    "json of the wrong shape": ("update_task(where: {id: {_eq: 1}}, _delete_elem: {doc: 0}) { affected_rows }",
        ("data-exception", "$", "cannot delete from object using integer index")),
    "a generated column": ("insert_booking_one(object: {hours: 3}) { id }",
        ("validation-failed", f"{OF}.insert_booking_one.args.object.hours", "field 'hours' not found in type: 'booking_insert_input'")),
    "an identity column": ("insert_booking_one(object: {id: 3}) { id }",
        ("validation-failed", f"{OF}.insert_booking_one.args.object.id", "field 'id' not found in type: 'booking_insert_input'")),
    "a row twice in one upsert": (
        'insert_team(objects: [{name: "q"}, {name: "q"}], on_conflict: {constraint: team_name_key, update_columns: [budget]}) { affected_rows }',
        ("unexpected", f"{OF}.insert_team.args.objects", "database query error")),
    "a view that is a sum": ("insert_total(objects: []) { affected_rows }",
        ("validation-failed", f"{OF}.insert_total", "field 'insert_total' not found in type: 'mutation_root'")),
    "a view's own check": ('insert_adult_one(object: {id: 50, name: "kid", age: 3}) { id }',
        ("unexpected", f"{OF}.insert_adult_one.args.object", "database query error")),
    "a view has no on_conflict": ('insert_adult(objects: [], on_conflict: {constraint: person_pkey}) { affected_rows }',
        ("validation-failed", f"{OF}.insert_adult", "'insert_adult' has no argument named 'on_conflict'")),
    "no constraint": ("insert_team(objects: [], on_conflict: {update_columns: [name]}) { affected_rows }",
        ("validation-failed", f"{OF}.insert_team.args.on_conflict.constraint", "missing required field 'constraint'")),
    "two operators on two columns": ("update_task(where: {}, _set: {id: 1, points: 1}, _inc: {id: 1, points: 1}) { affected_rows }",
        ("validation-failed", f"{OF}.update_task.args", "Column found in multiple operators: ['id', 'points'].")),
    "no operator in many": ("update_team_many(updates: [{where: {}}]) { affected_rows }",
        ("validation-failed", f"{OF}.update_team_many.args.updates[0]", "at least any one of '_set', '_inc' is expected")),
    "no where in many": ('update_team_many(updates: [{where: {}, _set: {name: "x"}}, {_set: {name: "x"}}]) { affected_rows }',
        ("validation-failed", f"{OF}.update_team_many.args.updates[1].where", "missing required field 'where'")),
    "no updates": ("update_team_many { affected_rows }",
        ("validation-failed", f"{OF}.update_team_many.args.updates", "missing required field 'updates'")),
    "an unknown operator in many": ("update_team_many(updates: [{where: {}, _append: {}}]) { affected_rows }",
        ("validation-failed", f"{OF}.update_team_many.args.updates[0]._append", "field '_append' not found in type: 'team_updates'")),
    "the second of many": ('update_team_many(updates: [{where: {id: {_eq: 1}}, _set: {note: "n"}}, {where: {}, _set: {name: "same"}}]) { affected_rows }',
        ("constraint-violation", "$", 'Uniqueness violation. duplicate key value violates unique constraint "team_name_key"')),
    "the third field undoes the first": (
        'a: insert_team_one(object: {name: "x"}) { id } b: update_team(where: {}, _inc: {budget: 1}) { affected_rows }'
        ' c: insert_person(objects: [{name: "p", tasks: {data: [{title: "t"}, {title: "t"}]}}]) { affected_rows }',
        ("constraint-violation", f"{OF}.insert_person.args.objects[0].tasks.data",
         'Uniqueness violation. duplicate key value violates unique constraint "task_owner_id_title_key"')),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shop: Company, name: str) -> None:
    fields, expected = REFUSED[name]
    assert await shop.refuses(f"mutation {{ {fields} }}") == expected


# name: (field, answer)
DONE: dict[str, tuple[str, Any]] = {
    "no objects": ("insert_team(objects: []) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    "an object without fields": ("insert_team(objects: [{}]) { returning { id name budget } }",
        {"returning": [{"id": 3, "name": None, "budget": 10}]}),
    "null instead of a default": ("insert_person_one(object: {name: \"x\", mood: null}) { mood secret }", {"mood": None, "secret": "none"}),
    "a generated column and an identity": ('insert_booking_one(object: {during: "[5,9)"}) { id hours }', {"id": 2, "hours": 4}),
    "an insertable view": ('insert_adult_one(object: {id: 50, name: "old", age: 90}) { name }', {"name": "old"}),
    "an updatable view": ("update_adult(where: {}, _inc: {age: 1}) { affected_rows returning { name age } }",
        {"affected_rows": 1, "returning": [{"name": "Ada", "age": 41}]}),
    "an enum": ('insert_person_one(object: {name: "x", mood: "cross"}) { mood }', {"mood": "cross"}),
    "do nothing by default": ('insert_team(objects: [{name: "red"}, {name: "new"}], on_conflict: {constraint: team_name_key}) { returning { name } }',
        {"returning": [{"name": "new"}]}),
    "one row that is there": ('insert_team_one(object: {name: "red"}, on_conflict: {constraint: team_name_key, update_columns: []}) { id }', None),
    "a composite key": ('update_cell_by_pk(pk_columns: {a: 1, b: "x", n: 1}, _set: {n: 2}) { a b n }', {"a": 1, "b": "x", "n": 2}),
    "append": ("update_task_by_pk(pk_columns: {id: 3}, _append: {doc: [2]}) { doc }", {"doc": [1, 2]}),
    "prepend": ("update_task_by_pk(pk_columns: {id: 3}, _prepend: {doc: [0]}) { doc }", {"doc": [0, 1]}),
    "append to nothing": ("update_task_by_pk(pk_columns: {id: 2}, _append: {doc: {a: 1}}) { doc }", {"doc": None}),
    "delete a key": ('update_task_by_pk(pk_columns: {id: 1}, _delete_key: {doc: "deep"}) { doc }', {"doc": {"a": 1, "list": [1, 2, 3]}}),
    "delete at a path": ('update_task_by_pk(pk_columns: {id: 1}, _delete_at_path: {doc: ["deep", "x", "y"]}) { doc(path: "deep") }', {"doc": {"x": {}}}),
    "delete an element from the end": ("update_task_by_pk(pk_columns: {id: 3}, _delete_elem: {doc: -1}) { doc }", {"doc": []}),
    "an increment of null": ("update_task_by_pk(pk_columns: {id: 2}, _inc: {points: 1}) { points }", {"points": None}),
    "several operators": ('update_task_by_pk(pk_columns: {id: 1}, _set: {title: "t"}, _inc: {points: -1}, _append: {doc: {b: 2}}) { title points doc(path: "b") }',
        {"title": "t", "points": 2, "doc": 2}),
    "nothing to set": ("update_task(where: {}, _set: {}) { affected_rows returning { owner { name } } }", {"affected_rows": 0, "returning": []}),
    "updates in order": ('update_team_many(updates: [{where: {id: {_eq: 1}}, _set: {name: "x"}}, {where: {name: {_eq: "x"}}, _inc: {budget: 1}}, {where: {}, _set: {}}])'
        " { affected_rows __typename returning { name budget people(order_by: {id: asc}) { id } } }",
        [{"affected_rows": 1, "__typename": "team_mutation_response", "returning": [{"name": "x", "budget": 100, "people": [{"id": 1}, {"id": 2}]}]},
         {"affected_rows": 1, "__typename": "team_mutation_response", "returning": [{"name": "x", "budget": 101, "people": [{"id": 1}, {"id": 2}]}]},
         {"affected_rows": 0, "__typename": "team_mutation_response", "returning": []}]),
    "no updates at all": ("update_team_many(updates: []) { affected_rows }", []),
    "one update stands for a list": ("update_team_many(updates: {where: {}, _inc: {budget: 1}}) { affected_rows }", [{"affected_rows": 2}]),
    "a custom name": ("update_tasks_in_order(updates: [{where: {id: {_gt: 1}}, _set: {points: 9}}]) { affected_rows }", [{"affected_rows": 2}]),
}  # fmt: skip


@pytest.mark.parametrize("name", DONE)
async def test_done(shop: Company, name: str) -> None:
    field, expected = DONE[name]
    assert await shop.ask(f"mutation {{ answer: {field} }}") == {"answer": expected}


async def test_updates_by_variables_of_every_shape(shop: Company) -> None:
    query = "mutation ($u: [team_updates!]!) { update_team_many(updates: $u) { affected_rows } }"
    for updates, expected in (
        ([{"where": {"id": {"_eq": 1}}, "_set": {"name": "a"}}], [1]),
        ([{"where": {"id": {"_eq": 2}}, "_inc": {"budget": 3}}], [1]),
        (
            [{"where": {"id": {"_eq": 9}}, "_set": {"name": None}}, {"where": {}, "_inc": {"budget": 1}}],
            [0, 2],
        ),
        ([{"where": {"name": {"_eq": "a"}}, "_set": {"name": "b"}, "_inc": {"budget": 1}}], [1]),
        ([], []),
    ):
        data = await shop.ask(query, {"u": updates})
        assert [part["affected_rows"] for part in data["update_team_many"]] == expected, updates
    assert await shop.column("SELECT name || budget FROM team ORDER BY id") == ["b102", "blue9"]


async def test_a_serialization_failure_is_told(shop: Company) -> None:
    """Two transactions that would have to be one after the other."""
    await shop.pool.execute(
        "ALTER DATABASE engine_constraints SET default_transaction_isolation = 'serializable'"
    )
    try:
        await shop.pool.expire_connections()
        async with shop.pool.acquire() as other, other.transaction():
            await other.fetch("SELECT * FROM team")
            await other.execute("UPDATE team SET budget = budget + 1 WHERE id = 1")
            asked = asyncio.ensure_future(
                shop.ask(
                    "mutation { update_team(where: {id: {_eq: 1}}, _inc: {budget: 5}) { affected_rows } }"
                )
            )
            while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                pass  # asking takes its time
        with pytest.raises(GraphQLFailure) as caught:
            await asked
    finally:
        await shop.pool.execute("ALTER DATABASE engine_constraints RESET default_transaction_isolation")
        await shop.pool.expire_connections()
    assert caught.value.errors == [{
        "message": "serialization failure due to concurrent update",
        "extensions": {"path": "$", "code": "concurrent-update"},
    }]  # fmt: skip


STATES = {
    "23001": ("constraint-violation", "Can not delete or update due to data being referred. why"),
    "23000": ("constraint-violation", "why"),
    "22025": ("bad-request", "why"),
    "22P02": ("data-exception", "why"),
    "42704": ("constraint-error", "why"),
    "42P10": ("constraint-error", "there is no unique or exclusion constraint on target column(s)"),
    "40P01": ("concurrent-update", "why"),
    "P0001": ("postgres-error", "why"),
    "42601": ("unexpected", "database query error"),
}


@pytest.mark.parametrize("state", STATES)
def test_states_of_postgres(state: str) -> None:
    error = asyncpg.PostgresError.new({"C": state, "M": "why", "S": "ERROR"})
    told = as_failure(error, "$.x").errors[0]
    assert (told["extensions"]["code"], told["message"]) == STATES[state]
