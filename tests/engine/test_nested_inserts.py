"""Nested inserts: objects through relationships, on any level, of any shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from lictor.engine import Engine
from tests.engine.company import Company, company


@pytest.fixture(scope="module")
async def served(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    target = tmp_path_factory.mktemp("nested")
    async with company(postgres, "engine_nested", target) as found:
        yield found


@pytest.fixture
async def shop(served: Company) -> Company:
    await served.reset()
    return served


# name: (field and arguments, selection, answer)
INSERTS: dict[str, tuple[str, str, Any]] = {
    "an object comes before its row": (
        'insert_person(objects: [{name: "Dan", team: {data: {name: "green"}}}])',
        "affected_rows returning { id name team { id name budget } }",
        {"affected_rows": 2, "returning": [{"id": 4, "name": "Dan", "team": {"id": 3, "name": "green", "budget": 10}}]}),
    "rows of an array come after": (
        'insert_person_one(object: {name: "Dan", tasks: {data: [{title: "a"}, {title: "b", points: null}]}})',
        "id tasks(order_by: {id: asc}) { id title points }",
        {"id": 4, "tasks": [{"id": 4, "title": "a", "points": 1}, {"id": 5, "title": "b", "points": None}]}),
    "every row keeps its own": (
        'insert_person(objects: [{name: "P", tasks: {data: [{title: "p1"}, {title: "p2"}]}}, {name: "Q"},'
        ' {name: "R", tasks: {data: [{title: "r1"}]}}])',
        "affected_rows returning { name tasks(order_by: {title: asc}) { title } }",
        {"affected_rows": 6, "returning": [
            {"name": "P", "tasks": [{"title": "p1"}, {"title": "p2"}]}, {"name": "Q", "tasks": []},
            {"name": "R", "tasks": [{"title": "r1"}]}]}),
    "both ways, four levels": (
        'insert_team_one(object: {name: "t", people: {data: [{name: "x", boss: {data: {name: "y", badge: {data: {code: "Y"}}}},'
        ' tasks: {data: [{title: "a", tags: {data: [{label: {data: {name: "new"}}, weight: 0.1}, {tag: "hot"}]}}]}}]}})',
        "people { name boss { name team { name } badge { code level } } tasks { title tags(order_by: {tag: asc}) { weight label { name color } } } }",
        {"people": [{"name": "x", "boss": {"name": "y", "team": None, "badge": {"code": "Y", "level": 1}},
                     "tasks": [{"title": "a", "tags": [{"weight": None, "label": {"name": "hot", "color": "red"}},
                                                       {"weight": 0.1, "label": {"name": "new", "color": None}}]}]}]}),
    "one to one, the key on the other side": (
        'insert_person(objects: [{name: "D", badge: {data: {code: "D"}}}, {name: "E", pass: {data: {code: "E", level: 2}}}])',
        "affected_rows returning { name badge { code level } }",
        {"affected_rows": 4, "returning": [{"name": "D", "badge": {"code": "D", "level": 1}},
                                           {"name": "E", "badge": {"code": "E", "level": 2}}]}),
    "the same table on two levels": (
        'insert_person_one(object: {name: "top", reports: {data: [{name: "mid", reports: {data: [{name: "low"}]}}, {name: "mid2"}]}})',
        "name reports(order_by: {id: asc}) { name reports { name boss { boss { name } } } }",
        {"name": "top", "reports": [{"name": "mid", "reports": [{"name": "low", "boss": {"boss": {"name": "top"}}}]},
                                    {"name": "mid2", "reports": []}]}),
    "a composite key": (
        'insert_grid_one(object: {a: 7, b: "q\'\\"", cells: {data: [{n: 1}, {n: 2}]}})',
        "a b cells(order_by: {n: asc}) { a b n }",
        {"a": 7, "b": "q'\"", "cells": [{"a": 7, "b": "q'\"", "n": 1}, {"a": 7, "b": "q'\"", "n": 2}]}),
    "a composite key the other way": (
        'insert_cell(objects: [{n: 5, grid: {data: {a: 8, b: "z"}}}, {a: 1, b: "x", n: 9}])',
        "affected_rows returning { a b n grid { label } }",
        {"affected_rows": 3, "returning": [{"a": 8, "b": "z", "n": 5, "grid": {"label": None}},
                                           {"a": 1, "b": "x", "n": 9, "grid": {"label": "first"}}]}),
    "rows with and without an object keep their order": (
        'insert_person(objects: [{name: "1", team_id: 2}, {name: "2", team: {data: {name: "n"}}}, {name: "3"}, {name: "4", team_id: 1}])',
        "returning { name team { name } }",
        {"returning": [{"name": "1", "team": {"name": "blue"}}, {"name": "2", "team": {"name": "n"}},
                       {"name": "3", "team": None}, {"name": "4", "team": {"name": "red"}}]}),
    "nothing nested is nothing": (
        'insert_person(objects: [{name: "D", tasks: {data: []}, team: null, reports: null}])',
        "affected_rows returning { name tasks { id } }",
        {"affected_rows": 1, "returning": [{"name": "D", "tasks": []}]}),
    "a single object stands for a list": (
        'insert_person(objects: {name: "D", tasks: {data: {title: "one"}}})',
        "affected_rows returning { tasks { title } }", {"affected_rows": 2, "returning": [{"tasks": [{"title": "one"}]}]}),
    "on_conflict within: do nothing": (
        'insert_task_one(object: {title: "t", owner_id: 1, tags: {data: [{weight: 1, tag: "hot"}, {weight: 2, tag: "cold"}],'
        " on_conflict: {constraint: task_tag_pkey}}})",
        "tags(order_by: {tag: asc}) { tag weight }", {"tags": [{"tag": "cold", "weight": 2}, {"tag": "hot", "weight": 1}]}),
    "on_conflict within: an object that is there": (
        'insert_person(objects: [{name: "D", team: {data: {name: "red", budget: 1}, on_conflict: {constraint: team_name_key,'
        ' update_columns: [name]}}}, {name: "E", team: {data: {name: "red", budget: 7},'
        ' on_conflict: {constraint: team_name_key, update_columns: [budget], where: {budget: {_gt: 50}}}}}])',
        "affected_rows returning { name team { id budget } }",
        {"affected_rows": 4, "returning": [{"name": "D", "team": {"id": 1, "budget": 7}},
                                           {"name": "E", "team": {"id": 1, "budget": 7}}]}),
    "on_conflict at the top, with rows below": (
        'insert_person(objects: [{email: "ada@x", name: "Ada L", tasks: {data: [{title: "new"}]}}, {email: "z@x", name: "Z"}],'
        " on_conflict: {constraint: person_email_key, update_columns: [name]})",
        "affected_rows returning { id name tasks(order_by: {id: asc}) { title } }",
        {"affected_rows": 3, "returning": [
            {"id": 1, "name": "Ada L", "tasks": [{"title": "plan"}, {"title": "rest"}, {"title": "new"}]},
            {"id": 5, "name": "Z", "tasks": []}]}),
    "on_conflict at the top leaves rows out": (
        'insert_person(objects: [{email: "ada@x", name: "no"}, {email: "z@x", name: "Z", team: {data: {name: "zz"}}}],'
        " on_conflict: {constraint: person_email_key})",
        "affected_rows returning { name team { name } }",
        {"affected_rows": 2, "returning": [{"name": "Z", "team": {"name": "zz"}}]}),
    "a trigger leaves out a row without nested ones": (
        'insert_thread(objects: [{title: "spam"}, {title: "ham", messages: {data: [{body: "b"}]}}])',
        "affected_rows returning { title messages { body } }",
        {"affected_rows": 2, "returning": [{"title": "ham", "messages": [{"body": "b"}]}]}),
    "only counted": (
        'insert_person(objects: [{name: "D", badge: {data: {code: "d"}}}])', "n: affected_rows __typename",
        {"n": 2, "__typename": "person_mutation_response"}),
}  # fmt: skip


@pytest.mark.parametrize("name", INSERTS)
async def test_inserts(shop: Company, name: str) -> None:
    field, selection, expected = INSERTS[name]
    assert await shop.ask(f"mutation {{ answer: {field} {{ {selection} }} }}") == {"answer": expected}


AT = "$.selectionSet.insert_person.args.objects"
REFUSED: dict[str, tuple[str, tuple[str, str, str]]] = {
    "a column and an object that determines it": (
        '[{name: "D"}, {name: "E", team_id: 1, team: {data: {name: "q"}}}]',
        ("validation-failed", f"{AT}[1].team",
         'cannot insert object relationship "team" as "team_id" column values are already determined')),
    "a column that the parent determines": (
        '[{name: "D", tasks: {data: [{title: "a"}, {title: "b", owner_id: 1}]}}]',
        ("validation-failed", f"{AT}[0].tasks.data[1]",
         'cannot insert "owner_id" columns as their values are already being determined by parent insert')),
    "an object that the parent determines": (
        '[{name: "D", tasks: {data: [{title: "a", owner: {data: {name: "F"}}}]}}]',
        ("validation-failed", f"{AT}[0].tasks.data[0].owner",
         'cannot insert object relationship "owner" as "owner_id" column values are already determined')),
    "a violated key on the second level": (
        '[{name: "D", tasks: {data: [{title: "a"}]}}, {name: "E", tasks: {data: [{title: "b"}, {title: "b"}]}}]',
        ("constraint-violation", f"{AT}[1].tasks.data",
         'Uniqueness violation. duplicate key value violates unique constraint "task_owner_id_title_key"')),
    "a violated key of an object": (
        '[{name: "D"}, {name: "E", team: {data: {name: "red"}}}]',
        ("constraint-violation", f"{AT}[1].team.data",
         'Uniqueness violation. duplicate key value violates unique constraint "team_name_key"')),
    "a violated key of a row with nested ones": (
        '[{name: "D", badge: {data: {code: "x"}}}, {name: "E", email: "bob@x", badge: {data: {code: "y"}}}]',
        ("constraint-violation", f"{AT}[1]",
         'Uniqueness violation. duplicate key value violates unique constraint "person_email_key"')),
    "an object that is there and shall stay as it is": (
        '[{name: "D", team: {data: {name: "red"}, on_conflict: {constraint: team_name_key, update_columns: []}}}]',
        ("not-supported", f"{AT}[0].team",
         'cannot proceed to insert object relation "team" since insert to table "team" affects zero rows')),
    "no data": ('[{name: "D", team: {on_conflict: null}}]',
        ("validation-failed", f"{AT}[0].team.data", "missing required field 'data'")),
    "a field that is not there": ('[{name: "D", tasks: {data: [{nope: 1}]}}]',
        ("validation-failed", f"{AT}[0].tasks.data[0].nope", "field 'nope' not found in type: 'task_insert_input'")),
    "a list for an object": ('[{name: "D", team: {data: [{name: "q"}]}}]',
        ("validation-failed", f"{AT}[0].team.data", "expected an object for type 'team_insert_input', but found a list")),
    "a constraint that is not there": (
        '[{name: "D", team: {data: {name: "q"}, on_conflict: {constraint: nope}}}]',
        ("validation-failed", f"{AT}[0].team.on_conflict.constraint",
         "expected one of the values ['team_name_key', 'team_pkey'] for type 'team_constraint', but found 'nope'")),
    "a value that is not of its type": ('[{name: "D", tasks: {data: [{title: "a", points: "x"}]}}]',
        ("validation-failed", f"{AT}[0].tasks.data[0].points", "expected a 32-bit integer for type 'Int', but found a string")),
    "a value that Postgres does not take": ('[{name: "D", reports: {data: [{name: "x", mood: "wild"}]}}]',
        ("data-exception", f"{AT}[0].reports.data", 'invalid input value for enum mood: "wild"')),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_refusals_undo_everything(shop: Company, name: str) -> None:
    objects, expected = REFUSED[name]
    assert (
        await shop.refuses(f"mutation {{ insert_person(objects: {objects}) {{ affected_rows }} }}")
        == expected
    )


async def test_rows_that_are_not_made_have_no_rows_below_them(shop: Company) -> None:
    query = (
        'mutation { insert_person(objects: [{name: "x", email: "bob@x", tasks: {data: [{title: "t"}]}}],'
        " on_conflict: {constraint: person_email_key}) { affected_rows } }"
    )
    assert await shop.refuses(query) == (
        "not-supported",
        f"{AT}[0]",
        'cannot proceed to insert array relations since insert to table "person" affects zero rows',
    )
    spam = 'mutation { insert_message_one(object: {body: "b", thread: {data: {title: "spam"}}}) { id } }'
    assert await shop.refuses(spam) == (
        "not-supported",
        "$.selectionSet.insert_message_one.args.object.thread",
        'cannot proceed to insert object relation "thread" since insert to table "thread" affects zero rows',
    )


# --- the same through variables ---------------------------------------------------------------------------

AS_VARIABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "all rows": (
        "mutation ($v: [person_insert_input!]!) { insert_person(objects: $v) { affected_rows returning { name team { name } tasks { title } } } }",
        {"v": [{"name": "D", "team": {"data": {"name": "t"}}, "tasks": {"data": [{"title": "a"}]}}]}),
    "one row": (
        "mutation ($v: person_insert_input!) { insert_person(objects: [$v]) { affected_rows returning { name team { name } tasks { title } } } }",
        {"v": {"name": "D", "team": {"data": {"name": "t"}}, "tasks": {"data": {"title": "a"}}}}),
    "the nested parts": (
        'mutation ($t: team_obj_rel_insert_input, $s: task_arr_rel_insert_input!) { insert_person(objects: [{name: "D", team: $t, tasks: $s}])'
        " { affected_rows returning { name team { name } tasks { title } } } }",
        {"t": {"data": {"name": "t"}, "on_conflict": None}, "s": {"data": [{"title": "a"}]}}),
    "the data": (
        'mutation ($t: team_insert_input!, $s: [task_insert_input!]!) { insert_person(objects: [{name: "D", team: {data: $t}, tasks: {data: $s}}])'
        " { affected_rows returning { name team { name } tasks { title } } } }",
        {"t": {"name": "t"}, "s": [{"title": "a"}]}),
    "the values": (
        'mutation ($t: String, $s: String!, $p: Int) { insert_person(objects: [{name: "D", team: {data: {name: $t}}, tasks: {data: [{title: $s, points: $p}]}}])'
        " { affected_rows returning { name team { name } tasks { title } } } }",
        {"t": "t", "s": "a"}),
    "on_conflict": (
        'mutation ($c: team_on_conflict, $s: task_on_conflict!) { insert_person(objects: [{name: "D", team: {data: {name: "t"}, on_conflict: $c},'
        ' tasks: {data: [{title: "a"}], on_conflict: $s}}]) { affected_rows returning { name team { name } tasks { title } } } }',
        {"s": {"constraint": "task_pkey", "update_columns": ["title"], "where": {"title": {"_in": ["x", "y"]}}}}),
    "values of on_conflict": (
        'mutation ($n: Boolean, $w: [String!]) { insert_person(objects: [{name: "D", team: {data: {name: "t"}, on_conflict: {constraint: team_name_key,'
        ' update_columns: budget, where: {name: {_in: $w}, note: {_is_null: $n}}}}, tasks: {data: [{title: "a"}]}}])'
        " { affected_rows returning { name team { name } tasks { title } } } }",
        {"n": True, "w": ["p", "t"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", AS_VARIABLES)
async def test_variables_on_every_level(shop: Company, name: str) -> None:
    query, variables = AS_VARIABLES[name]
    row = {"name": "D", "team": {"name": "t"}, "tasks": [{"title": "a"}]}
    assert await shop.ask(query, variables) == {"insert_person": {"affected_rows": 3, "returning": [row]}}
    prepared = shop.engine.prepare(query)
    assert prepared.document.checked


async def test_one_plan_serves_all_rows(shop: Company) -> None:
    query = "mutation ($v: [team_insert_input!]!) { insert_team(objects: $v) { affected_rows } }"
    for rows, count in (
        ([{"name": "a"}], 1),
        ([{"name": "b", "people": {"data": [{"name": "x", "tasks": {"data": [{"title": "t"}]}}]}}], 3),
        ([{"name": "a", "people": {"data": {"name": "y"}}}, {"name": "c"}], None),
    ):
        if count is None:
            assert (await shop.refuses(query, {"v": rows}))[0] == "constraint-violation"
        else:
            assert await shop.ask(query, {"v": rows}) == {"insert_team": {"affected_rows": count}}
    assert shop.engine.prepare(query).document._fixed is not None


async def test_a_level_is_one_statement(shop: Company) -> None:
    """Whatever the number of rows, as long as there is no on_conflict."""
    query = "mutation ($v: [person_insert_input!]!) { insert_person(objects: $v) { affected_rows } }"
    people = [
        {"name": str(i), "team": {"data": {"name": f"t{i}"}},
         "tasks": {"data": [{"title": f"{i}.{j}", "tags": {"data": [{"tag": "hot"}]}} for j in range(3)]}}
        for i in range(40)
    ]  # fmt: skip
    seen: list[str] = []

    async def watch(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(lambda record: seen.append(record.query))

    async with asyncpg.create_pool(shop.dsn, min_size=1, max_size=1, init=watch) as pool:
        watched = Company(pool, await Engine.start(pool, shop.engine.metadata), shop.dsn)
        answer = await watched.ask(query, {"v": people})
    assert answer == {"insert_person": {"affected_rows": 40 + 40 + 120 + 120}}
    inserts = [text for text in seen if "INSERT INTO" in text]
    tables = [text.split("INSERT INTO ")[1].split(" ")[0] for text in inserts]
    assert tables == ['"public"."team"', '"public"."person"', '"public"."task"', '"public"."task_tag"']


async def test_objects_nested_too_deeply_are_refused(shop: Company) -> None:
    person: dict[str, Any] = {"name": "x"}
    for _ in range(5000):
        person = {"name": "x", "boss": {"data": person}}
    code, _, message = await shop.refuses(
        "mutation ($v: person_insert_input!) { insert_person_one(object: $v) { id } }", {"v": person}
    )
    assert (code, message) == ("validation-failed", "the values of the request are nested too deeply")
