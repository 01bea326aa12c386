"""What roles may change: columns, presets, checks and filters, in plain, nested and conflicting inserts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import build_client_schema, get_introspection_query, parse, validate, validate_schema

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.company import Company, Permissions, company, write_metadata

MINE = {"owner_id": {"_eq": "X-Hasura-User-Id"}}
SELF = {"id": {"_eq": "X-Hasura-User-Id"}}
ALL: dict[str, Any] = {}
PERMISSIONS: Permissions = {
    "team": {
        "select": {"clerk": {"columns": ["id", "name"], "filter": {"name": {"_neq": "blue"}}},
                   "user": {"columns": ["id", "name", "budget"], "filter": ALL}},
        "insert": {"clerk": {"columns": ["name"], "check": {"name": {"_like": "c%"}}, "set": {"budget": 77, "note": "it's \"q\" \\"}},
                   "user": {"columns": ["name", "budget"], "check": {"budget": {"_gt": 1}}}},
        "update": {"user": {"columns": ["name", "budget"], "filter": {"name": {"_neq": "blue"}}, "check": {"budget": {"_lt": 1000}},
                            "set": {"note": "X-Hasura-User-Id"}},
                   "clerk": {"columns": ["name"], "filter": ALL, "check": None}},
        "delete": {"user": {"filter": {"_not": {"people": {}}}}},
    },
    "person": {
        "select": {"user": {"columns": ["id", "name", "team_id", "email"], "filter": {"team": {"name": {"_eq": "red"}}}}},
        "insert": {"user": {"columns": ["name", "email", "team_id"], "check": {"_or": [{"team": {"name": {"_neq": "blue"}}}, {"team_id": {"_is_null": True}}]},
                            "set": {"created_by": "X-Hasura-User-Id", "age": 21}},
                   "bot": {"columns": [], "check": ALL, "set": {"name": "bot"}},
                   "mole": {"columns": ["name", "email"], "check": ALL}},
        "update": {"user": {"columns": ["name", "age"], "filter": SELF, "check": {"age": {"_lt": 100}}},
                   "stamp": {"columns": [], "filter": ALL, "set": {"secret": "X-Hasura-Secret"}},
                   "mole": {"columns": ["name"], "filter": ALL}},
        "delete": {"stamp": {"filter": SELF}},
    },
    "task": {
        "select": {"user": {"columns": ["id", "title", "points", "owner_id"], "filter": MINE}},
        "insert": {"user": {"columns": ["title", "points"], "check": {"owner": {"created_by": {"_eq": "X-Hasura-User-Id"}}, "points": {"_lt": 50}},
                            "set": {"owner_id": "X-Hasura-User-Id"}}},
        "update": {"user": {"columns": ["title", "points"], "filter": MINE, "check": {"points": {"_lt": 50}}}},
        "delete": {"user": {"filter": MINE}},
    },
    "ledger": {
        "select": {"owner": {"columns": "*", "filter": {"owner": "X-Hasura-User-Id"}}},
        "insert": {"owner": {"columns": ["id", "amount"], "check": {"amount": {"_gt": 0}}, "set": {"owner": "X-Hasura-User-Id"}}},
        "update": {"owner": {"columns": ["amount"], "filter": {"owner": "X-Hasura-User-Id"}, "check": {"amount": {"_lt": 100}}}},
    },
    "tag": {"insert": {"backend": {"columns": "*", "check": ALL, "backend_only": True}},
            "select": {"backend": {"columns": ["name"], "filter": ALL}}},
}  # fmt: skip
CHECK = "check constraint of an insert/update permission has failed"


@pytest.fixture(scope="module")
async def served(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    target = tmp_path_factory.mktemp("roles")
    async with company(postgres, "engine_roles", target, PERMISSIONS) as found:
        yield found


@pytest.fixture
async def shop(served: Company) -> Company:
    await served.reset()
    return served


# name: (role, user id, mutation, answer, a query of the database afterwards and its column)
ALLOWED: dict[str, tuple[str, str, str, Any, str, list[Any]]] = {
    "presets of an insert": (
        "clerk", "1", 'insert_team(objects: [{name: "c1"}, {name: "c2"}]) { affected_rows returning { id name } }',
        {"affected_rows": 2, "returning": [{"id": 3, "name": "c1"}, {"id": 4, "name": "c2"}]},
        "SELECT budget || note FROM team WHERE id > 2 ORDER BY id", ["77it's \"q\" \\"] * 2),
    "a session variable as a preset": (
        "user", "1", 'insert_person_one(object: {name: "D", team_id: 1}) { name team_id }', {"name": "D", "team_id": 1},
        "SELECT created_by || age FROM person WHERE id = 4", ["121"]),
    "no column but presets": (
        "bot", "1", "insert_person(objects: [{}, {}]) { affected_rows }", {"affected_rows": 2},
        "SELECT name || secret FROM person WHERE id > 3", ["botnone"] * 2),
    "returned rows need not be visible": (
        "user", "3", 'insert_person(objects: [{name: "D"}]) { returning { id name } }', {"returning": [{"id": 4, "name": "D"}]},
        "SELECT count(*) FROM person", [4]),
    "related rows of returned ones are filtered": (
        "user", "1", 'update_team(where: {id: {_eq: 1}}, _set: {name: "Red"}) { returning { name people { id } } }',
        {"returning": [{"name": "Red", "people": []}]}, "SELECT note FROM team WHERE id = 1", ["1"]),
    "an update sees the rows of its filter": (
        "user", "2", 'update_person(where: {}, _set: {name: "Me"}) { affected_rows returning { id } }',
        {"affected_rows": 1, "returning": [{"id": 2}]}, "SELECT name FROM person ORDER BY id", ["Ada", "Me", "Cyd"]),
    "by_pk outside of the filter": (
        "user", "2", 'update_person_by_pk(pk_columns: {id: 1}, _set: {name: "Me"}) { id }', None,
        "SELECT count(*) FROM person WHERE name = 'Me'", [0]),
    "an update of presets only": (
        "stamp", "2", "update_person(where: {}) { affected_rows }", {"affected_rows": 3},
        "SELECT DISTINCT secret FROM person", ["S"]),
    "update many, each within the filter": (
        "user", "1", 'update_tasks_in_order(updates: [{where: {title: {_eq: "plan"}}, _set: {title: "p"}, _inc: {points: 1}},'
        ' {where: {title: {_eq: "p"}}, _inc: {points: 10}}, {where: {title: {_eq: "read"}}, _set: {points: 9}}])'
        " { affected_rows returning { title points } }",
        [{"affected_rows": 1, "returning": [{"title": "p", "points": 4}]},
         {"affected_rows": 1, "returning": [{"title": "p", "points": 14}]}, {"affected_rows": 0, "returning": []}],
        "SELECT points FROM task ORDER BY id", [14, None, 1]),
    "a delete within its filter": (
        "user", "2", "delete_task(where: {}) { affected_rows returning { title } }",
        {"affected_rows": 1, "returning": [{"title": "read"}]}, "SELECT title FROM task ORDER BY id", ["plan", "rest"]),
    "a delete filter through a relationship": (
        "user", "1", "delete_team_by_pk(id: 1) { id }", None, "SELECT count(*) FROM team", [2]),
    "an upsert within the filter, with presets": (
        "user", "9", 'insert_team(objects: [{name: "red", budget: 8}, {name: "blue", budget: 9}, {name: "new", budget: 2}],'
        " on_conflict: {constraint: team_name_key, update_columns: [budget]}) { affected_rows returning { name budget } }",
        {"affected_rows": 2, "returning": [{"name": "red", "budget": 8}, {"name": "new", "budget": 2}]},
        "SELECT name || budget || coalesce(note, '-') FROM team ORDER BY name", ["blue5-", "new2-", "red89"]),
    "the update check is for updated rows": (
        "user", "9", 'insert_team(objects: [{name: "red", budget: 0}],'
        " on_conflict: {constraint: team_name_key, update_columns: [budget]}) { affected_rows }",
        {"affected_rows": 1}, "SELECT budget FROM team WHERE id = 1", [0]),
    "a partitioned table": (
        "owner", "1", "insert_ledger(objects: [{id: 2, amount: 50}, {id: 102, amount: 500}]) { returning { id owner amount } }",
        {"returning": [{"id": 2, "owner": "1", "amount": 50}, {"id": 102, "owner": "1", "amount": 500}]},
        "SELECT amount FROM ledger ORDER BY id", [10, 50, 20, 500]),
    "do nothing needs no right to update": (
        "bot", "1", "insert_person(objects: [{}], on_conflict: {constraint: person_pkey, update_columns: []}) { affected_rows }",
        {"affected_rows": 1}, "SELECT count(*) FROM person", [4]),
    "nested rows have their own presets, and the parent's columns": (
        "user", "7", 'insert_person_one(object: {name: "D", team: {data: {name: "t", budget: 3}}, tasks: {data: [{title: "x"}, {title: "y", points: 2}]}})'
        " { id team { name } tasks { title } }",
        {"id": 4, "team": {"name": "t"}, "tasks": []},
        "SELECT p.created_by || p.age || t.owner_id || t.title FROM task t JOIN person p ON p.id = t.owner_id WHERE t.id > 3 ORDER BY t.id",
        ["7214x", "7214y"]),
    "an update of no rows by who may not select": (
        "mole", "1", 'update_person(where: {_not: {}}, _set: {name: "x"}) { affected_rows }', {"affected_rows": 0},
        "SELECT count(*) FROM person WHERE name = 'x'", [0]),
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
async def test_allowed(shop: Company, name: str) -> None:
    role, user, field, expected, sql, after = ALLOWED[name]
    answer = await shop.ask(f"mutation {{ answer: {field} }}", None, role, user_id=user, secret="S")
    assert answer == {"answer": expected}
    assert await shop.column(sql) == after


OF = "$.selectionSet"
REFUSED: dict[str, tuple[str, dict[str, str], str, tuple[str, str, str]]] = {
    "a check of new rows": ("clerk", {}, 'insert_team(objects: [{name: "c"}, {name: "d"}]) { affected_rows }',
        ("permission-error", f"{OF}.insert_team.args.objects", CHECK)),
    "a check that is unknown": ("user", {"user_id": "1"}, 'insert_person(objects: [{name: "x", team_id: 2}]) { affected_rows }',
        ("permission-error", f"{OF}.insert_person.args.objects", CHECK)),
    "null does not fulfil a check": ("owner", {"user_id": "1"}, "insert_ledger_one(object: {id: 5, amount: null}) { id }",
        ("permission-error", f"{OF}.insert_ledger_one.args.object", CHECK)),
    "a check after an update": ("user", {"user_id": "1"}, "update_person(where: {}, _set: {age: 100}) { affected_rows }",
        ("permission-error", "$", CHECK)),
    "a check after an update by key": ("user", {"user_id": "1"},
        "update_task_by_pk(pk_columns: {id: 1}, _inc: {points: 60}) { id }", ("permission-error", "$", CHECK)),
    "a check in the second of many updates": ("user", {"user_id": "1"},
        'update_tasks_in_order(updates: [{where: {}, _set: {points: 4}}, {where: {title: {_eq: "plan"}}, _inc: {points: 46}}]) { affected_rows }',
        ("permission-error", "$", CHECK)),
    "a check of rows an upsert updates": ("user", {"user_id": "1"},
        'insert_team_one(object: {name: "red", budget: 5000}, on_conflict: {constraint: team_name_key, update_columns: [budget]}) { id }',
        ("permission-error", f"{OF}.insert_team_one.args.object", CHECK)),
    "without an update check, the insert check is for both": ("clerk", {},
        'insert_team_one(object: {name: "red"}, on_conflict: {constraint: team_name_key, update_columns: [name]}) { id }',
        ("permission-error", f"{OF}.insert_team_one.args.object", CHECK)),
    # up to Postgres 17 it does not tell which rows of a partitioned table were there: no check, no upsert
    "an upsert of a partitioned table": ("owner", {"user_id": "1"},
        "insert_ledger(objects: [{id: 1, amount: 50}], on_conflict: {constraint: ledger_pkey, update_columns: [amount]}) { affected_rows }",
        ("unexpected", f"{OF}.insert_ledger.args.objects", "database query error")),
    "a check on the second level": ("user", {"user_id": "7"},
        'insert_person(objects: [{name: "D"}, {name: "E", tasks: {data: [{title: "x"}, {title: "y", points: 50}]}}]) { affected_rows }',
        ("permission-error", f"{OF}.insert_person.args.objects[1].tasks.data", CHECK)),
    "a check of an object": ("user", {"user_id": "7"},
        'insert_person_one(object: {name: "D", team: {data: {name: "t", budget: 1}}}) { id }',
        ("permission-error", f"{OF}.insert_person_one.args.object.team.data", CHECK)),
    "a check of a row with an object": ("user", {"user_id": "7"},
        'insert_person_one(object: {name: "D", team: {data: {name: "blue", budget: 5}, on_conflict: {constraint: team_name_key, update_columns: [name]}}}) { id }',
        ("not-supported", f"{OF}.insert_person_one.args.object.team",
         'cannot proceed to insert object relation "team" since insert to table "team" affects zero rows')),
    "a field before it is undone": ("clerk", {}, 'a: insert_team_one(object: {name: "c"}) { id } b: insert_team_one(object: {name: "d"}) { id }',
        ("permission-error", f"{OF}.insert_team_one.args.object", CHECK)),
    "a column that is preset": ("clerk", {}, 'insert_team(objects: [{name: "c", budget: 3}]) { affected_rows }',
        ("validation-failed", f"{OF}.insert_team.args.objects[0].budget", "field 'budget' not found in type: 'team_insert_input'")),
    "a column that may not be written": ("user", {"user_id": "1"}, 'insert_person(objects: [{name: "c", secret: "x"}]) { affected_rows }',
        ("validation-failed", f"{OF}.insert_person.args.objects[0].secret", "field 'secret' not found in type: 'person_insert_input'")),
    "a column that may not be updated": ("user", {"user_id": "1"}, 'update_person(where: {}, _set: {email: "x"}) { affected_rows }',
        ("validation-failed", f"{OF}.update_person.args._set.email", "field 'email' not found in type: 'person_set_input'")),
    "a filter on a hidden column": ("user", {"user_id": "1"}, 'update_person(where: {secret: {_eq: "none"}}, _set: {name: "x"}) { affected_rows }',
        ("validation-failed", f"{OF}.update_person.args.where.secret", "field 'secret' not found in type: 'person_bool_exp'")),
    "returning a hidden column": ("user", {"user_id": "1"}, 'insert_person(objects: [{name: "x"}]) { returning { secret } }',
        ("validation-failed", f"{OF}.insert_person.selectionSet.returning.selectionSet.secret", "field 'secret' not found in type: 'person'")),
    "returning without select": ("mole", {}, 'insert_person(objects: [{name: "x"}]) { returning { name } }',
        ("validation-failed", f"{OF}.insert_person.selectionSet.returning", "field 'returning' not found in type: 'person_mutation_response'")),
    "a row without select": ("mole", {}, 'insert_person_one(object: {name: "x"}) { name }',
        ("validation-failed", f"{OF}.insert_person_one", "field 'insert_person_one' not found in type: 'mutation_root'")),
    "where without select": ("mole", {}, 'update_person(where: {id: {_eq: 1}}, _set: {name: "x"}) { affected_rows }',
        ("validation-failed", f"{OF}.update_person.args.where.id", "field 'id' not found in type: 'person_bool_exp'")),
    "a table that may not be changed": ("clerk", {}, "delete_team(where: {}) { affected_rows }",
        ("validation-failed", f"{OF}.delete_team", "field 'delete_team' not found in type: 'mutation_root'")),
    "nested rows of a table that may not be changed": ("mole", {}, 'insert_person(objects: [{name: "x", tasks: {data: []}}]) { affected_rows }',
        ("validation-failed", f"{OF}.insert_person.args.objects[0].tasks", "field 'tasks' not found in type: 'person_insert_input'")),
    "a column the nested row's role may not write": ("user", {"user_id": "1"},
        'insert_person(objects: [{name: "x", tasks: {data: [{title: "t", doc: {}}]}}]) { affected_rows }',
        ("validation-failed", f"{OF}.insert_person.args.objects[0].tasks.data[0].doc", "field 'doc' not found in type: 'task_insert_input'")),
    "update columns that may not be updated": ("bot", {}, "insert_person(objects: [{}], on_conflict: {constraint: person_pkey, update_columns: [name]}) { affected_rows }",
        ("validation-failed", f"{OF}.insert_person.args.on_conflict.update_columns[0]",
         "expected one of the values ['_PLACEHOLDER'] for type 'person_update_column', but found 'name'")),
    "the placeholder": ("bot", {}, "insert_person(objects: [{}], on_conflict: {constraint: person_pkey, update_columns: [_PLACEHOLDER]}) { affected_rows }",
        ("validation-failed", f"{OF}.insert_person.args.on_conflict", "erroneous column name")),
    "a preset's session variable is missing": ("user", {}, 'insert_person(objects: [{name: "x"}]) { affected_rows }',
        ("not-found", "$", 'missing session variable: "x-hasura-user-id"')),
    "a check's session variable is missing": ("owner", {}, "insert_ledger_one(object: {id: 5, amount: 1}) { id }",
        ("not-found", "$", 'missing session variable: "x-hasura-user-id"')),
    "an update filter's session variable is missing": ("user", {}, 'a: insert_team_one(object: {name: "x", budget: 3}) { id } update_person(where: {}, _set: {age: 3}) { affected_rows }',
        ("not-found", "$", 'missing session variable: "x-hasura-user-id"')),
    "a delete filter's session variable is missing": ("user", {}, "delete_task(where: {}) { affected_rows }",
        ("not-found", "$", 'missing session variable: "x-hasura-user-id"')),
    "a nested preset's session variable is missing": ("user", {}, 'insert_person(objects: [{name: "x", team: {data: {name: "q", budget: 5}}}]) { affected_rows }',
        ("not-found", "$", 'missing session variable: "x-hasura-user-id"')),
    "a session variable that does not fit": ("owner", {"user_id": "1"}, "insert_ledger_one(object: {id: 500, amount: 1}) { id }",
        ("permission-error", f"{OF}.insert_ledger_one.args.object",
         'Check constraint violation. no partition of relation "ledger" found for row')),
    "for backends only": ("backend", {}, 'insert_tag_one(object: {name: "x"}) { name }',
        ("validation-failed", "$", "no mutations exist")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(shop: Company, name: str) -> None:
    role, session, fields, expected = REFUSED[name]
    assert await shop.refuses(f"mutation {{ {fields} }}", None, role, **session) == expected


async def test_backends_may_what_is_for_them(shop: Company) -> None:
    query = 'mutation { insert_tag_one(object: {name: "x"}) { name } }'
    body = await shop.engine.execute(query, None, None, Session("backend", {}, backend_only=True))
    assert orjson.loads(body) == {"data": {"insert_tag_one": {"name": "x"}}}


async def test_variables_do_not_get_past_a_check(shop: Company) -> None:
    """The same plan serves rows that pass, rows that do not, and rows with columns the role may not write."""
    query = "mutation ($o: [team_insert_input!]!) { insert_team(objects: $o) { affected_rows } }"
    assert await shop.ask(query, {"o": [{"name": "c"}]}, "clerk") == {"insert_team": {"affected_rows": 1}}
    for rows, code in (
        ([{"name": "d"}], "permission-error"),
        ([{"name": "c2", "budget": 1}], "validation-failed"),
    ):
        assert (await shop.refuses(query, {"o": rows}, "clerk"))[0] == code
    nested = [{"name": "c3", "people": {"data": [{"name": "x"}]}}]
    assert (await shop.refuses(query, {"o": nested}, "clerk"))[2] == (
        "field 'people' not found in type: 'team_insert_input'"
    )


async def test_a_nested_where_sees_what_the_role_sees(shop: Company) -> None:
    query = (
        'mutation ($c: person_on_conflict!) { insert_team_one(object: {name: "n", budget: 5, people: {data: [{name: "x",'
        ' email: "ada@x"}], on_conflict: $c}}) { id } }'
    )
    hidden = {
        "constraint": "person_email_key",
        "update_columns": ["name"],
        "where": {"secret": {"_eq": "none"}},
    }
    code, path, message = await shop.refuses(query, {"c": hidden}, "user", user_id="1")
    assert (code, message) == ("validation-failed", "field 'secret' not found in type: 'person_bool_exp'")
    assert path == "$.selectionSet.insert_team_one.args.object.people.on_conflict.where.secret"
    mine = {**hidden, "where": {"name": {"_eq": "Ada"}}}
    answer = await shop.ask(query, {"c": mine}, "user", user_id="1")
    assert answer == {"insert_team_one": {"id": 3}}
    assert await shop.column("SELECT name FROM person WHERE email = 'ada@x'") == ["x"]
    await shop.reset()
    await shop.ask(query, {"c": mine}, "user", user_id="2")  # the filter of updates: only oneself
    assert await shop.column("SELECT name FROM person WHERE email = 'ada@x'") == ["Ada"]


async def test_rows_that_somebody_else_should_judge_are_not_written(shop: Company, tmp_path: Path) -> None:
    """A permission with validate_input is left out and told of, not obeyed by half."""
    judged = {
        "columns": "*",
        "check": ALL,
        "validate_input": {"type": "http", "definition": {"url": "http://x"}},
    }
    permissions = {"tag": {"insert": {"user": judged}, "select": {"user": {"columns": "*", "filter": ALL}}}}
    engine = await Engine.start(shop.pool, write_metadata(tmp_path / "judged", permissions))
    assert "validate_input is not supported" in str(engine.inconsistencies)
    with pytest.raises(GraphQLFailure, match="no mutations exist"):
        engine.prepare('mutation { insert_tag_one(object: {name: "x"}) { name } }', role="user")


async def introspected(shop: Company, role: str) -> Any:
    schema = build_client_schema(await shop.ask(get_introspection_query(), None, role))
    assert validate_schema(schema) == []
    return schema


async def test_every_role_sees_what_it_may_write(shop: Company) -> None:
    for role in ("admin", "user", "clerk", "bot", "mole", "stamp", "owner"):
        await introspected(shop, role)
    types = (await introspected(shop, "user")).type_map
    assert set(types["person_insert_input"].fields) == {
        "name",
        "email",
        "team_id",
        "team",
        "tasks",
        "boss",
        "reports",
    }
    assert str(types["person_insert_input"].fields["tasks"].type) == "task_arr_rel_insert_input"
    assert str(types["task_arr_rel_insert_input"].fields["data"].type) == "[task_insert_input!]!"
    assert str(types["team_obj_rel_insert_input"].fields["data"].type) == "team_insert_input!"
    assert str(types["mutation_root"].fields["update_tasks_in_order"].type) == "[task_mutation_response]"
    assert set(types["task_updates"].fields) == {"_set", "_inc", "where"}
    mole = (await introspected(shop, "mole")).type_map
    assert set(mole["person_mutation_response"].fields) == {"affected_rows"}
    assert set(mole["mutation_root"].fields) == {"insert_person", "update_person", "update_person_many"}
    bot = (await introspected(shop, "bot")).type_map
    assert set(bot["person_update_column"].values) == {"_PLACEHOLDER"}


async def test_the_descriptions_are_hasuras(shop: Company) -> None:
    types = (await introspected(shop, "admin")).type_map
    described = {
        "team_insert_input": 'input type for inserting data into table "team"',
        "team_obj_rel_insert_input": 'input type for inserting object relation for remote table "team"',
        "task_arr_rel_insert_input": 'input type for inserting array relation for remote table "task"',
        "team_on_conflict": 'on_conflict condition type for table "team"',
        "team_constraint": 'unique or primary key constraints on table "team"',
        "team_update_column": 'update columns of table "team"',
        "team_set_input": 'input type for updating data in table "team"',
        "team_inc_input": 'input type for incrementing numeric columns in table "team"',
        "task_append_input": "append existing jsonb value of filtered columns with new jsonb value",
        "team_mutation_response": 'response of any mutation on the table "team"',
    }
    assert {name: types[name].description for name in described} == described
    fields = types["mutation_root"].fields
    told = {
        name: fields[name].description for name in ("insert_team", "update_team_many", "delete_team_by_pk")
    }
    assert told == {
        "insert_team": 'insert data into the table: "team"',
        "update_team_many": 'update multiples rows of table: "team"',
        "delete_team_by_pk": 'delete single row from the table: "team"',
    }
    assert fields["insert_team"].args["on_conflict"].description == "upsert condition"
    assert types["grid_constraint"].values["grid_pkey"].description == (
        'unique or primary key constraint on columns "a", "b"'
    )


async def test_what_is_introspected_is_taken(shop: Company) -> None:
    schema = await introspected(shop, "user")
    document = (
        'mutation ($t: team_obj_rel_insert_input, $u: [task_updates!]!) { insert_person_one(object: {name: "x", team: $t,'
        ' tasks: {data: [{title: "a"}], on_conflict: {constraint: task_pkey, update_columns: [title]}}}) { team { name } }'
        " update_tasks_in_order(updates: $u) { affected_rows } }"
    )
    assert validate(schema, parse(document)) == []
    values = {
        "t": {"data": {"name": "q", "budget": 9}},
        "u": [{"where": {"title": {"_eq": "plan"}}, "_inc": {"points": 1}}, {"where": {}, "_set": {}}],
    }
    answer = await shop.ask(document, values, "user", user_id="1")
    assert answer == {"insert_person_one": {"team": {"name": "q"}},
                      "update_tasks_in_order": [{"affected_rows": 1}, {"affected_rows": 0}]}  # fmt: skip
    without = await shop.ask(document, {**values, "t": None}, "user", user_id="1")
    assert without["insert_person_one"] == {"team": None}
    with pytest.raises(GraphQLFailure, match="'where'"):
        await shop.ask(document, {**values, "u": [{"_set": {}}]}, "user", user_id="1")
