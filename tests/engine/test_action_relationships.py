"""Rows of tables beside the answers of actions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import yaml
from graphql import GraphQLObjectType, build_client_schema, get_introspection_query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.engine import SESSION_SETTINGS, Engine, EngineOptions, GraphQLFailure, Session
from tests.engine.conftest import METADATA, asker
from tests.engine.test_permissions import with_permissions

A1, A2, A3, A4, A5 = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(1, 6))
SDL = """
type person {
  number: Int
  label: String
  work: UUID
  best: person
  friends: [person!]
  grid: [[person]]
  names: [String!]
}
extend type Query { people(from: Int, kind: thing_kind): [person]  boss: person! }
extend type Mutation { hire(number: Int): person }
"""
AUTHOR, ARTICLE, VISIT = "author", "article", {"name": "visit", "schema": "stats"}
RELATIONSHIPS: list[tuple[str, str, Any, dict[str, str]]] = [
    ("author", "object", AUTHOR, {"number": "id"}),
    ("namesake", "object", AUTHOR, {"label": "name"}),
    ("alike", "object", AUTHOR, {"number": "rating"}),
    ("article", "object", ARTICLE, {"work": "id"}),
    ("titled", "object", ARTICLE, {"number": "author_id", "label": "title"}),
    ("articles", "array", ARTICLE, {"number": "author_id"}),
    ("visits", "array", VISIT, {"work": "article_id"}),
]
BROKEN = {
    'table "nowhere" is not tracked': ("lost", "object", "nowhere", {"number": "id"}),
    'column "nope" of table "author" does not exist': ("bare", "object", AUTHOR, {"number": "nope"}),
    'the field "nope" does not exist': ("odd", "object", AUTHOR, {"nope": "id"}),
    'the type of the field "names" is a list type': ("many", "array", AUTHOR, {"names": "name"}),
    'the type of the field "best" is an object type': ("deep", "object", AUTHOR, {"best": "id"}),
    'the object has a field "label" already': ("label", "object", AUTHOR, {"number": "id"}),
    'the object has a field "articles" already': ("articles", "object", AUTHOR, {"number": "id"}),
    "the field mapping is empty": ("void", "object", AUTHOR, {}),
}
EVERYTHING = Session()
PERMISSIONS = {
    "author": [("reader", {"columns": ["id", "name"], "filter": {"active": True}})],
    "article": [("reader", {"columns": ["title"], "filter": {"author_id": "X-Hasura-User-Id"}, "limit": 1}),
                ("counter", {"columns": ["title"], "filter": {}, "allow_aggregations": True})],
}  # fmt: skip


def with_relationships(target: Path, declared: list[tuple[str, str, Any, dict[str, str]]]) -> Path:
    """Adds `SDL` and relationships of `person` to a copy of the library's metadata."""
    sdl, path = target / "actions.graphql", target / "actions.yaml"
    sdl.write_text(sdl.read_text() + SDL)
    document = yaml.safe_load(path.read_text())
    roles = {"people": ["reader", "counter", "stranger"], "boss": [], "hire": []}
    document["actions"] += [
        {"name": name, "definition": {"handler": "http://x"}, "permissions": [{"role": role} for role in of]}
        for name, of in roles.items()
    ]
    document["custom_types"]["objects"].append({
        "name": "person",
        "relationships": [
            {"name": name, "type": kind, "remote_table": table, "field_mapping": mapping, "source": "default"}
            for name, kind, table, mapping in declared
        ],
    })  # fmt: skip
    path.write_text(yaml.safe_dump(document))
    return target


@pytest.fixture(scope="module")
def metadata(tmp_path_factory) -> Path:
    target = with_permissions(tmp_path_factory.mktemp("joined") / "metadata", PERMISSIONS, [])
    return with_relationships(target, RELATIONSHIPS)


@pytest.fixture
async def engine(library_pool, metadata, handlers) -> Engine:
    engine = await Engine.start(library_pool, metadata, actions=handlers)
    assert [one.type for one in engine.inconsistencies] == ["table", "function"]  # the library's own
    return engine


@pytest.fixture
def ask(engine, handlers):
    """Asks for a selection of `people`, whose handler answers `people`."""

    async def ask(
        selection: str, people: Any, variables: Any = None, *, head: str = "", session: Session = EVERYTHING
    ) -> Any:
        handlers.answers["people"] = people
        body = await engine.execute(f"{head} {{ people {selection} }}", variables, None, session)
        return orjson.loads(body)["data"]["people"]

    return ask


ADA = {"name": "Ada"}
SELECTIONS = {
    "an object": ("{ author { name } }", [{"number": 1}], [{"author": ADA}]),
    "the key need not be selected, may be, under any name, and other fields may have its name": (
        "{ label: number a: author { name } number: label n: number }", [{"number": 1, "label": "x"}],
        [{"label": 1, "a": ADA, "number": "x", "n": 1}]),
    "no such row": ("{ author { name } }", [{"number": 77}], [{"author": None}]),
    "no key": ("{ author { name } articles { id } }", [{"number": None}, {}],
               [{"author": None, "articles": []}] * 2),
    "null for the object": ("{ author { name } }", [None, {"number": 1}], [None, {"author": ADA}]),
    "nobody": ("{ author { name } }", [], []),
    "null for the list": ("{ author { name } }", None, None),
    "equal keys": ("{ author { name } }", [{"number": 1}, {"number": 2}, {"number": 1}],
                   [{"author": ADA}, {"author": {"name": "Bob"}}, {"author": ADA}]),
    "a key of two columns": (
        "{ titled { id } }", [{"number": 1, "label": "Notes"}, {"number": 2, "label": "Notes"}, {"number": 1}],
        [{"titled": {"id": A2}}, {"titled": None}, {"titled": None}]),
    "a uuid": ("{ article { title } }", [{"work": A3}, {"work": A3.upper()}], [{"article": {"title": "Beer"}}] * 2),
    "a text with quotes": ("{ namesake { id } }", [{"label": "Ada"}, {"label": "'; DROP TABLE author; --\\"}, {"label": ""}],
                           [{"namesake": {"id": 1}}, {"namesake": None}, {"namesake": None}]),
    "one of several rows": ("{ alike { rating } }", [{"number": 3.25}, {"number": 9.5}, {"number": "9.50"}],
                            [{"alike": {"rating": 3.25}}, {"alike": {"rating": 9.5}}, {"alike": {"rating": 9.5}}]),
    "a whole float": ("{ author { name } }", [{"number": 1.0}], [{"author": ADA}]),
    "a list": ("{ articles(order_by: {title: asc}) { title } }", [{"number": 2}, {"number": 3}],
               [{"articles": [{"title": "Beer"}, {"title": "Cats"}]}, {"articles": []}]),
    "a list with arguments": (
        '{ articles(where: {title: {_gt: "B"}, author: {active: {_eq: true}}}, order_by: {title: desc}, limit: 1, offset: 0)'
        " { title author { name } } }", [{"number": 1}, {"number": 2}],
        [{"articles": [{"title": "Notes", "author": ADA}]},
         {"articles": [{"title": "Cats", "author": {"name": "Bob"}}]}]),
    "distinct rows": ("{ articles(distinct_on: author_id, order_by: [{author_id: asc}, {title: desc}]) { title } }",
                      [{"number": 1}], [{"articles": [{"title": "Notes"}]}]),
    "aggregates": (
        "{ articles_aggregate(where: {words: {_is_null: false}}) { aggregate { count max { words } } nodes { title } } }",
        [{"number": 2}, {"number": None}],
        [{"articles_aggregate": {"aggregate": {"count": 1, "max": {"words": 20}}, "nodes": [{"title": "Cats"}]}},
         {"articles_aggregate": {"aggregate": {"count": 0, "max": {"words": None}}, "nodes": []}}]),
    "a table of another schema": ("{ visits(order_by: {seconds: asc}) { seconds } }", [{"work": A1}],
                                  [{"visits": [{"seconds": 30}, {"seconds": 60}]}]),
    "deep inside, in lists and in lists of lists": (
        "{ best { author { name } best { author { name } } } friends { articles(limit: 0) { id } author { id } }"
        " grid { author { id } } }",
        [{"best": {"number": 1, "best": {"number": 2}}, "friends": [{"number": 3}, {"number": 1}],
          "grid": [[{"number": 4}, None], [], None]}],
        [{"best": {"author": ADA, "best": {"author": {"name": "Bob"}}},
          "friends": [{"articles": [], "author": {"id": 3}}, {"articles": [], "author": {"id": 1}}],
          "grid": [[{"author": {"id": 4}}, None], [], None]}]),
    "twice under two names": (
        '{ a: articles(where: {title: {_eq: "Engines"}}) { title } b: articles(where: {title: {_eq: "Notes"}}) { id } }',
        [{"number": 1}], [{"a": [{"title": "Engines"}], "b": [{"id": A2}]}]),
    "typenames and fragments": (
        "{ __typename ...f } ", [{"number": 1}],
        [{"__typename": "person", "author": {"__typename": "author", "name": "Ada"}, "number": 1}]),
}  # fmt: skip
FRAGMENT = " fragment f on person { author { __typename ... on author { name } } number }"


@pytest.mark.parametrize("case", SELECTIONS)
async def test_selections(engine, handlers, case):
    selection, people, expected = SELECTIONS[case]
    handlers.answers["people"] = people
    document = f"{{ people {selection} }}" + (FRAGMENT if "...f" in selection else "")
    data = await asker(engine)(document)
    assert orjson.dumps(data) == orjson.dumps({"people": expected})  # keys in their order
    assert len(handlers.calls) == 1


async def test_variables_and_plans(ask, engine):
    head = "query ($w: article_bool_exp, $n: Int, $o: [article_order_by!])"
    selection = "{ articles(where: $w, limit: $n, order_by: $o) { title } }"
    titles = {
        1: {"w": {"title": {"_eq": "Notes"}}},
        2: {"w": {"title": {"_neq": "Notes"}}, "n": None},
        3: {"n": 1, "o": [{"title": "desc"}]},
        4: {"n": 1, "o": [{"title": "asc"}]},
        5: {"n": 2, "o": {"title": "asc"}},
    }
    expected = {1: ["Notes"], 2: ["Engines"], 3: ["Notes"], 4: ["Engines"], 5: ["Engines", "Notes"]}
    for number, variables in (*titles.items(), *titles.items()):
        [person] = await ask(selection, [{"number": 1}], variables, head=head)
        assert [article["title"] for article in person["articles"]] == expected[number]


async def test_mutations_and_other_root_fields(engine, handlers):
    handlers.answers = {
        "hire": lambda call: {"number": call.input["number"]},
        "boss": {"number": 2},
        "ping": "pong",
    }
    ask = asker(engine)
    assert await ask("mutation { a: hire(number: 1) { author { name } } b: hire(number: 2) { author { name } } }") == {
        "a": {"author": ADA}, "b": {"author": {"name": "Bob"}},
    }  # fmt: skip
    assert await ask("{ boss { author { name } } ping author_by_pk(id: 3) { name } again: boss { number } }") == {
        "boss": {"author": {"name": "Bob"}}, "ping": "pong", "author_by_pk": {"name": "Cyd"}, "again": {"number": 2},
    }  # fmt: skip


ONLY = {
    "{ people { number best { number } } ping }": True,
    "{ people { author { name } } }": False,
    "{ people { best { friends { articles { id } } } } }": False,
    "{ ping people { ... on person { ...f } } } fragment f on person { articles_aggregate { aggregate { count } } }": False,
    "{ people { ...f } ...g } fragment f on person { number } fragment g on query_root { boss { ...f } }": True,
    "{ ...g } fragment f on person { alike { id } } fragment g on query_root { boss { best { ...f } } }": False,
    "mutation { hire { author { id } } }": False,
    "mutation { hire { number } }": True,
    "query ($y: Boolean!) { people { number author @include(if: $y) { id } } }": False,
}


@pytest.mark.parametrize("document", ONLY)
def test_documents_that_need_no_table(engine, document):
    assert engine.prepare(document).only_actions is ONLY[document]


async def test_a_relationship_left_out_by_a_directive(ask):
    selection = "{ number author @include(if: $y) { name } }"
    head = "query ($y: Boolean!)"
    assert await ask(selection, [{"number": 1}], {"y": False}, head=head) == [{"number": 1}]
    assert await ask(selection, [{"number": 1}], {"y": True}, head=head) == [{"number": 1, "author": ADA}]


REFUSED = {
    "{ people { author(limit: 4) { name } } }": ("'author' has no argument named 'limit'", ".author"),
    "{ people { author } }": ("missing selection set for 'author'", ".author.selectionSet"),
    "{ people { articles { nope } } }":
        ("field 'nope' not found in type: 'article'", ".articles.selectionSet.nope"),
    '{ people { articles(limit: "x") { id } } }':
        ("expected a non-negative 32-bit integer for type 'Int', but found a string", ".articles.args.limit"),
    "{ people { author_aggregate { nodes { id } } } }":
        ("field 'author_aggregate' not found in type: 'person'", ".author_aggregate"),
}  # fmt: skip


@pytest.mark.parametrize("document", REFUSED)
async def test_selections_that_do_not_fit(engine, handlers, document):
    message, place = REFUSED[document]
    handlers.answers["people"] = [{"number": 1}]
    with pytest.raises(GraphQLFailure) as caught:
        await engine.execute(document, None, None, Session())
    path = f"$.selectionSet.people.selectionSet{place}"
    assert caught.value.errors == [
        {"message": message, "extensions": {"path": path, "code": "validation-failed"}}
    ]


KEYS_REFUSED = {
    "{ article { id } }": ({"work": "no uuid"}, 'invalid input syntax for type uuid: "no uuid"'),
    "{ author { id } }": ({"number": {"a": [1]}}, 'invalid input syntax for type integer: "{"a":[1]}"'),
    "{ articles { id } }": ({"number": 2**31}, 'value "2147483648" is out of range for type integer'),
    "{ namesake { id } }": ({"label": "\0"}, 'invalid byte sequence for encoding "UTF8": 0x00'),
    "{ n: namesake { id } }": ({"label": "\ud800"}, "a value holds characters that are not valid UTF-8"),
}


@pytest.mark.parametrize("selection", KEYS_REFUSED)
async def test_keys_that_postgres_refuses(ask, selection):
    person, message = KEYS_REFUSED[selection]
    with pytest.raises(GraphQLFailure) as caught:
        await ask(selection, [person])
    assert caught.value.kind == "data"
    assert caught.value.errors == [
        {"message": message, "extensions": {"path": "$", "code": "data-exception"}}
    ]


# --- roles ------------------------------------------------------------------------------------------------


def reader(user: str) -> Session:
    return Session("reader", {"x-hasura-user-id": user})


async def test_a_role_sees_its_own_rows(ask):
    people = [{"number": number} for number in (1, 2, 3)]
    selection = "{ author { name articles { title } } articles(order_by: {title: asc}) { title } }"
    # the row of 3 is filtered out; of the articles of 1 the role's limit leaves one
    assert await ask(selection, people, session=reader("1")) == [
        {"author": {"name": "Ada", "articles": [{"title": "Engines"}]}, "articles": [{"title": "Engines"}]},
        {"author": {"name": "Bob", "articles": []}, "articles": []},
        {"author": None, "articles": []},
    ]
    assert await ask(selection, people, session=reader("2")) == [
        {"author": {"name": "Ada", "articles": []}, "articles": []},
        {"author": {"name": "Bob", "articles": [{"title": "Beer"}]}, "articles": [{"title": "Beer"}]},
        {"author": None, "articles": []},
    ]


async def test_the_columns_of_the_mapping_need_no_permission(ask):
    """`counter` may not read author_id, by which its articles are found."""
    [person] = await ask(
        "{ articles_aggregate { aggregate { count } } }", [{"number": 2}], session=Session("counter")
    )
    assert person == {"articles_aggregate": {"aggregate": {"count": 2}}}


@pytest.mark.parametrize(
    ("role", "selection", "message"),
    [
        ("reader", "{ author { rating } }", "field 'rating' not found in type: 'author'"),
        ("reader", "{ articles_aggregate { aggregate { count } } }",
         "field 'articles_aggregate' not found in type: 'person'"),
        ("counter", "{ author { id } }", "field 'author' not found in type: 'person'"),
        ("counter", "{ visits { at } }", "field 'visits' not found in type: 'person'"),
        ("stranger", "{ best { articles { id } } }", "field 'articles' not found in type: 'person'"),
    ],
)  # fmt: skip
async def test_what_a_role_cannot_select_is_not_there(ask, role, selection, message):
    with pytest.raises(GraphQLFailure) as caught:
        await ask(selection, [{"number": 1}], session=Session(role))
    assert str(caught.value) == message


async def test_a_session_variable_that_is_missing(ask):
    with pytest.raises(GraphQLFailure, match="missing session variable"):
        await ask("{ articles { title } }", [{"number": 1}], session=Session("reader"))
    assert await ask("{ articles { title } }", [], session=Session("reader")) == []


def person_fields(engine: Engine, role: str) -> dict[str, Any]:
    person = engine.graphql_schema(role).type_map["person"]
    assert isinstance(person, GraphQLObjectType)
    return person.fields


async def test_relationships_a_role_sees(engine):
    seen = {
        role: set(person_fields(engine, role)) - {"number", "label", "work", "names"}
        for role in ("admin", "reader", "counter", "stranger")
    }
    nested = {"best", "friends", "grid"}
    assert seen == {
        "admin": nested | {name for name, *_ in RELATIONSHIPS} | {"articles_aggregate", "visits_aggregate"},
        "reader": nested | {"author", "namesake", "alike", "article", "titled", "articles"},
        "counter": nested | {"article", "titled", "articles", "articles_aggregate"},
        "stranger": nested,
    }


async def test_introspection(engine):
    fields = person_fields(engine, "admin")
    types = {name: (str(field.type), sorted(field.args)) for name, field in fields.items()}
    rows = ["distinct_on", "limit", "offset", "order_by", "where"]
    assert types["author"] == ("author", [])
    assert types["articles"] == ("[article!]!", rows)
    assert types["articles_aggregate"] == ("article_aggregate!", rows)
    assert types["friends"] == ("[person!]", [])
    answer = orjson.loads(await engine.execute(get_introspection_query(), None, None, Session()))
    assert "titled" in build_client_schema(answer["data"]).type_map["person"].fields  # pyright: ignore[reportAttributeAccessIssue]


# --- what it costs, and what is always true ---------------------------------------------------------------


async def test_one_statement_for_each_relationship_field(library_dsn, metadata, handlers):
    statements: list[str] = []

    async def listen(connection: asyncpg.Connection) -> None:
        def log(record: Any) -> None:
            if record.query.startswith("SELECT ("):  # the pool cleans up with statements of its own
                statements.append(record.query)

        connection.add_query_logger(log)

    settings = {**SESSION_SETTINGS, "jit": "off"}
    async with asyncpg.create_pool(
        library_dsn, min_size=1, max_size=1, init=listen, server_settings=settings
    ) as pool:
        engine = await Engine.start(pool, metadata, actions=handlers)
        people = [{"number": n % 7, "best": {"number": n % 5}, "work": None} for n in range(500)]
        handlers.answers["people"] = people
        statements.clear()
        data = await asker(engine)(
            "{ people { author { name articles { title } } articles { id } best { author { id } number } } }"
        )
        assert len(data["people"]) == 500
        assert len(statements) == 3
        statements.clear()
        handlers.answers["people"] = [{"best": None, "friends": []}]
        await asker(engine)("{ people { best { author { id } } friends { articles { id } } } }")
        assert statements == []


async def test_numbers_as_strings(library_pool, metadata, handlers):
    options = EngineOptions(stringify_numeric_types=True)
    engine = await Engine.start(library_pool, metadata, options=options, actions=handlers)
    handlers.answers["people"] = [{"work": A1, "number": 1}]
    data = await asker(engine)(
        "{ people { article { views } articles_aggregate { aggregate { max { views } } } } }"
    )
    views = "9007199254740993"
    assert data["people"] == [
        {"article": {"views": views}, "articles_aggregate": {"aggregate": {"max": {"views": views}}}}
    ]


ROWS = {
    1: ("Ada", ["Engines", "Notes"]), 2: ("Bob", ["Beer", "Cats"]), 3: ("Cyd", []), 4: ("dee_100%", ["Zen"]),
}  # fmt: skip
PEOPLE = st.recursive(
    st.none() | st.fixed_dictionaries({}, optional={"number": st.none() | st.integers(-1, 6)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "number": st.integers(0, 5),
            "best": inner,
            "friends": st.lists(inner.filter(bool), max_size=3),
        },
    ),
    max_leaves=12,
)
LEVELS = 4


def _selection(level: int) -> str:
    deeper = _selection(level - 1) if level else ""
    inner = f"best {{ {deeper} }} friends {{ {deeper} }}" if level else ""
    return f"n: number author {{ name }} titles: articles(order_by: {{title: asc}}) {{ title }} {inner}"


def _expected(person: Any, level: int) -> Any:
    """What the selection shows of an object, found without SQL."""
    if person is None:
        return None
    number = person.get("number")
    name, titles = ROWS.get(number, (None, []))
    shown = {
        "n": number,
        "author": None if name is None else {"name": name},
        "titles": [{"title": title} for title in titles],
    }
    if level:
        friends = person.get("friends")
        shown["best"] = _expected(person.get("best"), level - 1)
        shown["friends"] = None if friends is None else [_expected(friend, level - 1) for friend in friends]
    return shown


@given(people=st.lists(PEOPLE, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_answer_is_joined_as_a_loop_would(ask, people):
    found = await ask(f"{{ {_selection(LEVELS)} }}", people)
    assert found == [_expected(person, LEVELS) for person in people]


# --- metadata ---------------------------------------------------------------------------------------------


async def test_relationships_that_do_not_fit_are_named_and_left_out(library_pool, tmp_path, handlers):
    target = Path(shutil.copytree(METADATA, tmp_path / "metadata"))
    engine = await Engine.start(
        library_pool, with_relationships(target, [*RELATIONSHIPS, *BROKEN.values()]), actions=handlers
    )
    left_out = [one.reason for one in engine.inconsistencies if one.type == "custom_types"]
    assert left_out == [
        f'in relationship "{name}" of type "person": {reason}' for reason, (name, *_) in BROKEN.items()
    ]
    handlers.answers["people"] = [{"number": 1}]
    assert await asker(engine)("{ people { author { name } articles(limit: 0) { id } } }") == {
        "people": [{"author": ADA, "articles": []}]
    }


async def test_a_relationship_of_an_object_that_is_left_out(library_pool, tmp_path):
    target = with_relationships(Path(shutil.copytree(METADATA, tmp_path / "metadata")), RELATIONSHIPS[:1])
    sdl = target / "actions.graphql"
    sdl.write_text(sdl.read_text().replace("work: UUID", "work: Unknown"))
    engine = await Engine.start(library_pool, target)
    left_out = [one.reason for one in engine.inconsistencies if one.type == "custom_types"]
    assert left_out == [
        "the type of the field 'work' of 'person', 'Unknown', is not defined",
        'in relationship "author" of type "person": the object type "person" is not defined',
    ]
