"""Actions: coercion of inputs, shaping of answers, order, errors."""

from __future__ import annotations

import pytest

from lictor.engine import GraphQLFailure, Session
from tests.engine.conftest import asker

PUBLISH = "mutation ($input: publish_input!) { publish(input: $input) { id ok } }"
ACCEPTED = {
    "plain": {"article_id": "not checked here"},
    "every field": {"article_id": 5, "labels": ["a"], "options": {"x": [1, None, {}]}, "at": "now",
                    "nested": {"count": 1, "ratio": 2, "on": True, "again": {"count": 2}}},
    "nulls": {"article_id": "x", "labels": None, "options": None, "nested": None},
    "any JSON": {"article_id": {"a": 1}, "options": "text"},
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_inputs_pass_untouched(strict_engine, case):
    prepared = strict_engine.prepare(PUBLISH)
    assert (prepared.kind, prepared.only_actions, prepared.depth) == ("mutation", True, 1)
    [call] = prepared.action_calls({"input": ACCEPTED[case]})
    assert (call.name, call.alias, call.input) == ("publish", "publish", {"input": ACCEPTED[case]})
    assert call.input["input"] is ACCEPTED[case]  # nothing to coerce, nothing to copy


COERCED = {
    "a single value is a list of one": ({"article_id": "x", "labels": "a"}, {"article_id": "x", "labels": ["a"]}),
    "a whole float is an integer": ({"article_id": "x", "nested": {"count": 3.0}},
                                    {"article_id": "x", "nested": {"count": 3}}),
}  # fmt: skip


@pytest.mark.parametrize("case", COERCED)
def test_coercion(strict_engine, case):
    given, expected = COERCED[case]
    before = repr(given)
    [call] = strict_engine.prepare(PUBLISH).action_calls({"input": given})
    assert call.input == {"input": expected}
    assert repr(given) == before


def test_single_object_for_a_list_of_objects(strict_engine):
    query = "mutation ($input: set_states_input!) { set_states(input: $input) { states { id } } }"
    state = {"id": "x", "state": {"type": "Success"}, "version": 1}
    [call] = strict_engine.prepare(query).action_calls({"input": {"states": state}})
    assert call.input == {"input": {"states": [state]}}


I = "$.selectionSet.publish.args.input"  # noqa: E741
REFUSED = [
    ({}, f"{I}.article_id", "missing required field 'article_id'"),
    ({"article_id": None}, f"{I}.article_id", "unexpected null value for type 'UUID'"),
    ({"article_id": "x", "nope": 1}, f"{I}.nope", "field 'nope' not found in type: 'publish_input'"),
    ({"article_id": "x", "labels": [1]}, f"{I}.labels[0]", "expected a string for type 'String', but found a number"),
    ({"article_id": "x", "labels": ["a", None]}, f"{I}.labels[1]",
     "expected a string for type 'String', but found null"),
    ({"article_id": "x", "nested": 1}, f"{I}.nested",
     "expected an object for type 'publish_nested', but found a number"),
    ({"article_id": "x", "nested": {"count": "1"}}, f"{I}.nested.count",
     "expected a 32-bit integer for type 'Int', but found a string"),
    ({"article_id": "x", "nested": {"count": True}}, f"{I}.nested.count",
     "expected a 32-bit integer for type 'Int', but found a boolean"),
    ({"article_id": "x", "nested": {"count": 1, "again": {}}}, f"{I}.nested.again.count", "missing required field 'count'"),
    ({"article_id": "x", "nested": {"count": 1, "on": "yes"}}, f"{I}.nested.on",
     "expected a boolean for type 'Boolean', but found a string"),
    ({"article_id": "x", "nested": {"count": 1, "ratio": "1"}}, f"{I}.nested.ratio",
     "expected a float for type 'Float', but found a string"),
    ([], f"{I}", "expected an object for type 'publish_input', but found a list"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "path", "message"), REFUSED)
def test_inputs_that_do_not_fit(strict_engine, given, path, message):
    prepared = strict_engine.prepare(PUBLISH)
    with pytest.raises(GraphQLFailure) as caught:
        prepared.action_calls({"input": given})
    assert caught.value.kind == "coercion"
    assert caught.value.errors == [
        {"message": message, "extensions": {"path": path, "code": "validation-failed"}}
    ]


def test_an_integer_out_of_bounds(strict_engine):
    with pytest.raises(GraphQLFailure) as caught:
        strict_engine.prepare(PUBLISH).action_calls(
            {"input": {"article_id": "x", "nested": {"count": 2**31}}}
        )
    assert caught.value.errors[0]["extensions"] == {"path": f"{I}.nested.count", "code": "parse-failed"}


def test_the_place_of_an_error_in_a_list(strict_engine):
    query = "mutation ($input: set_states_input!) { set_states(input: $input) { states { id } } }"
    states = [{"id": str(i), "state": {}} for i in range(50)]
    states[37]["kind"] = "SONG"
    with pytest.raises(GraphQLFailure) as caught:
        strict_engine.prepare(query).action_calls({"input": {"states": states}})
    assert caught.value.errors[0] == {
        "message": "expected one of the values ['BOOK', 'FILM'] for type 'thing_kind', but found 'SONG'",
        "extensions": {
            "path": "$.selectionSet.set_states.args.input.states[37].kind",
            "code": "validation-failed",
        },
    }


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (None, 'expecting a value for non-nullable variable: "input"'),
        ({"input": None}, 'null value found for non-nullable type: "publish_input!"'),
        ({"input": {"article_id": 1}, "extra": 1}, "unexpected variables in variableValues: extra"),
    ],
)
def test_variables_that_are_missing_or_too_many(strict_engine, variables, message):
    with pytest.raises(GraphQLFailure) as caught:
        strict_engine.prepare(PUBLISH).action_calls(variables)
    assert caught.value.errors[0]["message"] == message


LITERALS = {
    '{ find_things(kind: BOOK) { id } }': {"kind": "BOOK", "limit": 10},
    '{ find_things(kind: FILM, limit: 3, ids: ["a", "b"]) { id } }': {"kind": "FILM", "limit": 3, "ids": ["a", "b"]},
    '{ find_things(kind: FILM, limit: null, ids: [1, "b"]) { id } }': {"kind": "FILM", "limit": None, "ids": ["1", "b"]},
    '{ find_things(kind: FILM, ids: 7) { id } }': {"kind": "FILM", "limit": 10, "ids": ["7"]},
    'mutation { publish(input: {article_id: "x", options: {a: [1, 2.5, true, null, e, "s"]}}) { ok } }':
        {"input": {"article_id": "x", "options": {"a": [1, 2.5, True, None, "e", "s"]}}},
    'mutation { publish(input: {article_id: "x", nested: {count: 4, again: {count: 5}}}) { ok } }':
        {"input": {"article_id": "x", "nested": {"count": 4, "again": {"count": 5}}}},
}  # fmt: skip


@pytest.mark.parametrize("document", LITERALS)
def test_literals(strict_engine, document):
    [call] = strict_engine.prepare(document).action_calls(None)
    assert call.input == LITERALS[document]


def test_documents_that_differ_in_literals_only(strict_engine):
    for article, count in (("x", 1), ("y", 2), ("x", 3)):
        document = (
            f'mutation {{ publish(input: {{article_id: "{article}", nested: {{count: {count}}}}}) {{ ok }} }}'
        )
        [call] = strict_engine.prepare(document).action_calls({})
        assert call.input == {"input": {"article_id": article, "nested": {"count": count}}}


def test_variables_inside_literals(strict_engine):
    query = (
        "mutation ($a: UUID!, $n: Int!, $o: JSON, $l: [String!]) "
        "{ publish(input: {article_id: $a, nested: {count: $n}, options: $o, labels: $l}) { ok } }"
    )
    [call] = strict_engine.prepare(query).action_calls({"a": "x", "n": 1, "o": {"k": []}})
    assert call.input == {"input": {"article_id": "x", "nested": {"count": 1}, "options": {"k": []}}}
    [call] = strict_engine.prepare(query).action_calls({"a": "x", "n": 1, "o": None, "l": ["q"]})
    assert call.input == {
        "input": {"article_id": "x", "nested": {"count": 1}, "options": None, "labels": ["q"]}
    }


DOCUMENTS_REFUSED = {
    "{ find_things { id } }": "missing required field 'kind'",
    "{ find_things(kind: SONG) { id } }":
        "expected one of the values ['BOOK', 'FILM'] for type 'thing_kind', but found 'SONG'",
    '{ find_things(kind: "BOOK") { id } }': "expected an enum value for type 'thing_kind', but found a string",
    "{ find_things(kind: BOOK, limit: BOOK) { id } }":
        "expected a 32-bit integer for type 'Int', but found an enum value",
    "{ find_things(kind: BOOK, nope: 1) { id } }": "'find_things' has no argument named 'nope'",
    "{ find_things(kind: BOOK) }": "missing selection set for 'thing'",
    "{ find_things(kind: BOOK) { nope } }": "field 'nope' not found in type: 'thing'",
    "{ find_things(kind: BOOK) { name { x } } }": "unexpected subselection set for non-object field",
    "{ ping { x } }": "unexpected subselection set for non-object field",
    "mutation { publish(input: {}) { ok } }": "missing required field 'article_id'",
    'mutation { publish(input: {article_id: "x", nope: 1}) { ok } }': "field 'nope' not found in type: 'publish_input'",
    'mutation { publish(input: {article_id: "x", nested: {count: "1"}}) { ok } }':
        "expected a 32-bit integer for type 'Int', but found a string",
    "mutation { publish(input: null) { ok } }": "unexpected null value for type 'publish_input'",
    "mutation ($i: publish_input) { publish(input: $i) { ok } }":
        "variable 'i' is declared as 'publish_input', but used where 'publish_input!' is expected",
    "mutation ($i: set_states_input!) { publish(input: $i) { ok } }":
        "variable 'i' is declared as 'set_states_input!', but used where 'publish_input!' is expected",
}  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS_REFUSED)
def test_documents_that_do_not_fit(strict_engine, document):
    with pytest.raises(GraphQLFailure) as caught:
        strict_engine.prepare(document)
    assert caught.value.errors[0]["message"] == DOCUMENTS_REFUSED[document]


def test_answers_are_fitted_to_the_selection(strict_engine):
    prepared = strict_engine.prepare(
        "{ things: find_things(kind: BOOK) { n: name id __typename parent { parent { id } t: tags } } }"
    )
    [call] = prepared.action_calls(None)
    assert call.alias == "things"
    answer = [
        {"id": "1", "name": "a", "secret": 1, "parent": {"id": "2", "tags": ["x"], "parent": {"id": "3"}}},
        {"id": "4", "parent": None},
    ]
    assert prepared.shape(call, answer) == [
        {"n": "a", "id": "1", "__typename": "thing", "parent": {"parent": {"id": "3"}, "t": ["x"]}},
        {"n": None, "id": "4", "__typename": "thing", "parent": None},
    ]


FIND = "{ find_things(kind: BOOK) { id } }"
DEEP = "{ find_things(kind: BOOK) { name parent { id } tags } }"
PUBLISHED = 'mutation { publish(input: {article_id: "x"}) { id } }'
BROKEN = {
    "null for a list": (FIND, None, "got null for the action webhook response"),
    "null in a list": (FIND, [None], "got null for the action webhook response"),
    "an object for a list": (FIND, {}, "expecting array for the action webhook response"),
    "a string for a list": (FIND, "x", "expecting array for the action webhook response"),
    "a string in a list": (FIND, ["x"], "got scalar String for the action webhook response, expecting thing"),
    "a list for an object": (PUBLISHED, [], "got array for the action webhook response, expecting publish_payload"),
    "a string for an object": (PUBLISHED, "x",
                               "got scalar String for the action webhook response, expecting publish_payload"),
    "a boolean for an object": (PUBLISHED, True,
                                "got scalar Boolean for the action webhook response, expecting publish_payload"),
    "no field": (FIND, [{}], 'field "id" expected in webhook response, but not found'),
    "a null field": (FIND, [{"id": None}], 'expecting not null value for field "id"'),
    "a null field nobody selects": (DEEP, [{"id": None}], 'expecting not null value for field "id"'),
    "no field though nobody selects it": (PUBLISHED, {"id": "x"},
                                          'field "ok" expected in webhook response, but not found'),
    "a null field deep inside": (DEEP, [{"id": "1", "parent": {"id": None}}], 'expecting not null value for field "id"'),
    "a list for an object inside": (DEEP, [{"id": "1", "parent": []}],
                                    "got array for the action webhook response, expecting thing"),
    "a string for a list inside": (DEEP, [{"id": "1", "tags": "x"}], "expecting array for the action webhook response"),
    "an object for a scalar": ("{ ping }", {}, "got object for the action webhook response, expecting String"),
    "a list for a scalar": ("{ ping }", ["x"], "got array for the action webhook response, expecting String"),
    "a boolean for a string": ("{ ping }", False, "got scalar Boolean for the action webhook response, expecting String"),
    # Hasura's own slip of the pen
    "a number for a string": ("{ ping }", 1, "got scalar String for the action webhook response, expecting String"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_answers_that_break_the_promise(strict_engine, case):
    document, answer, message = BROKEN[case]
    prepared = strict_engine.prepare(document)
    [call] = prepared.action_calls(None)
    with pytest.raises(GraphQLFailure) as caught:
        prepared.shape(call, answer)
    assert caught.value.kind == "action"
    assert caught.value.errors == [{"message": message, "extensions": {"path": "$", "code": "unexpected"}}]


FITTING = {
    "null for an object": (PUBLISHED, None, None),
    "null for a scalar": ("{ ping }", None, None),
    "fields that nobody asked for": (PUBLISHED, {"id": "x", "ok": True, "more": 1}, {"id": "x"}),
    "a nullable field left out": (DEEP, [{"id": "1"}], [{"name": None, "parent": None, "tags": None}]),
    "scalars inside objects as they come": (DEEP, [{"id": 1, "name": {"a": 1}}],
                                            [{"name": {"a": 1}, "parent": None, "tags": None}]),
    "inner objects without what nobody selects": ("{ find_things(kind: BOOK) { parent { name } } }",
                                                  [{"id": 1, "parent": {}}], [{"parent": {"name": None}}]),
}  # fmt: skip


@pytest.mark.parametrize("case", FITTING)
def test_answers_that_fit(strict_engine, case):
    document, answer, shaped = FITTING[case]
    prepared = strict_engine.prepare(document)
    [call] = prepared.action_calls(None)
    assert prepared.shape(call, answer) == shaped


async def test_actions_and_tables_in_one_document(acting_engine, handlers):
    handlers.answers = {"ping": "pong", "find_things": [{"id": "1"}]}
    data = await asker(acting_engine)(
        "{ p: ping author(where: {id: {_eq: 1}}) { name } find_things(kind: BOOK) { id } __typename }"
    )
    assert list(data.items()) == [
        ("p", "pong"),
        ("author", [{"name": "Ada"}]),
        ("find_things", [{"id": "1"}]),
        ("__typename", "query_root"),
    ]


async def test_mutations_run_in_order_and_stop_at_the_first_error(acting_engine, handlers):
    failure = GraphQLFailure([{"message": "no", "extensions": {"code": "x", "path": "$"}}], "action")
    handlers.answers = {"publish": lambda call: {"id": call.alias, "ok": True}, "set_states": failure}
    query = (
        'mutation { b: publish(input: {article_id: "1"}) { id } s: set_states(input: {states: []}) { states { id } }'
        ' a: publish(input: {article_id: "2"}) { id } }'
    )
    with pytest.raises(GraphQLFailure) as caught:
        await acting_engine.execute(query, None, None, Session())
    assert caught.value is failure
    assert [call.alias for call in handlers.calls] == ["b", "s"]


async def test_a_role_sees_the_actions_it_is_named_in(acting_engine, handlers):
    handlers.answers = {"ping": "pong"}
    assert await asker(acting_engine)("{ ping }", role="reader") == {"ping": "pong"}
    with pytest.raises(GraphQLFailure, match="find_things"):
        await acting_engine.execute("{ find_things(kind: BOOK) { id } }", None, None, Session("reader"))


def test_root_typename_of_an_action_document(strict_engine):
    prepared = strict_engine.prepare("{ t: __typename ping }")
    assert prepared.only_actions
    assert prepared.typenames(None) == {"t": "query_root"}


def test_actions_left_out_by_a_directive(strict_engine):
    prepared = strict_engine.prepare("query ($y: Boolean!) { ping @include(if: $y) p: ping @skip(if: $y) }")
    assert [call.alias for call in prepared.action_calls({"y": True})] == ["ping"]
    assert [call.alias for call in prepared.action_calls({"y": False})] == ["p"]
