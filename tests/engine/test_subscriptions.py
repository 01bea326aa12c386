"""subscription_root: what it offers to whom, and which operations are refused."""

from __future__ import annotations

import orjson
import pytest
from graphql import build_client_schema, get_introspection_query, print_type

from lictor.engine import GraphQLFailure, Session
from tests.engine.live import Live, data

READ = "{ room_by_pk(id: 1) { id } }"


async def schema_of(still: Live, role: str = "admin"):
    body = await still.engine.execute(get_introspection_query(descriptions=True), None, None, Session(role))
    return build_client_schema(orjson.loads(body)["data"])


async def test_fields_by_role(still: Live):
    def fields(schema):
        return set(schema.subscription_type.fields)

    admin = await schema_of(still)
    assert admin.subscription_type.name == "subscription_root"
    assert fields(admin) == {
        "room", "room_by_pk", "room_aggregate", "room_stream", "message", "message_by_pk", "message_aggregate",
        "news", "picky", "picky_aggregate", "my_rooms", "my_rooms_aggregate",
    }  # fmt: skip
    assert fields(await schema_of(still, "owner")) == {
        "room", "room_by_pk", "room_stream", "message", "message_by_pk", "news", "picky", "my_rooms",
    }  # fmt: skip
    assert fields(await schema_of(still, "listener")) == {"room_by_pk", "room_stream", "picky", "my_rooms"}
    assert (await schema_of(still, "stranger")).subscription_type is None


async def test_a_streams_types(still: Live):
    schema = await schema_of(still)
    news = schema.subscription_type.fields["news"]
    assert str(news.type) == "[message!]!"
    assert news.description == 'fetch data from the table in a streaming manner: "message"'
    assert {name: (str(a.type), a.description) for name, a in news.args.items()} == {
        "batch_size": ("Int!", "maximum number of rows returned in a single batch"),
        "cursor": ("[message_stream_cursor_input]!", "cursor to stream the results returned by the query"),
        "where": ("message_bool_exp", "filter the rows returned"),
    }
    assert print_type(schema.type_map["message_stream_cursor_input"]) == (
        '"""\nStreaming cursor of the table "message"\n"""\n'
        "input message_stream_cursor_input {\n"
        '  """Stream column input with initial value"""\n'
        "  initial_value: message_stream_cursor_value_input!\n\n"
        '  """cursor ordering"""\n'
        "  ordering: cursor_ordering\n}"
    )
    assert print_type(schema.type_map["message_stream_cursor_value_input"]) == (
        '"""Initial value of the column from where the streaming should start"""\n'
        "input message_stream_cursor_value_input {\n"
        "  body: String\n  id: bigint\n  price: float8\n  ref: uuid\n  room_id: Int\n\n"
        '  """when it was sent"""\n'
        "  sent_at: timestamptz\n}"
    )
    assert print_type(schema.type_map["cursor_ordering"]) == (
        '"""ordering argument of a cursor"""\nenum cursor_ordering {\n'
        '  """ascending ordering of the cursor"""\n  ASC\n\n'
        '  """descending ordering of the cursor"""\n  DESC\n}'
    )


ONE = ("$", "subscriptions must select one top level field")
REFUSED = {
    "two fields": ("subscription { a: room { id } b: room { id } }", "admin", *ONE),
    "two fields by a fragment": (
        "subscription { ...f } fragment f on subscription_root { room { id } message { id } }", "admin", *ONE),
    "a field and __typename": ("subscription { room { id } __typename }", "admin", *ONE),
    "__typename alone": ("subscription { __typename }", "admin", *ONE),
    "all fields skipped": ("subscription { room @skip(if: true) { id } }", "admin", *ONE),
    "an unknown field": ("subscription { nope }", "admin", "$.selectionSet.nope",
                         "field 'nope' not found in type: 'subscription_root'"),
    "introspection": ("subscription { __schema { types { name } } }", "admin", "$.selectionSet.__schema",
                      "field '__schema' not found in type: 'subscription_root'"),
    "a field only queries show": ("subscription { room { id } }", "listener", "$.selectionSet.room",
                                  "field 'room' not found in type: 'subscription_root'"),
    "a role without any": ("subscription { room { id } }", "stranger", "$", "no subscriptions exist"),
    "a query": ("query { room { id } }", "admin", "$", "a subscription is expected"),
    "what is no document": ("subscription {", "admin", "$.query", "not a valid graphql query"),
    "a variable without a value": ("subscription ($i: Int!) { room_by_pk(id: $i) { id } }", "admin", "$",
                                   'expecting a value for non-nullable variable: "i"'),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
async def test_refusals(still: Live, name):
    query, role, path, message = REFUSED[name]
    with pytest.raises(GraphQLFailure) as caught:
        still.engine.subscribe(query, None, None, Session(role))
    (error,) = caught.value.errors
    assert error["message"].startswith(message)
    assert error["extensions"]["path"] == path
    assert len(still.engine.subscriptions) == 0


async def test_fields_that_only_subscriptions_show(still: Live):
    with pytest.raises(GraphQLFailure, match="field 'room_by_pk' not found in type: 'query_root'"):
        await still.engine.execute(READ, None, None, Session("listener"))
    async with still.subscribed("subscription " + READ, None, Session("listener")) as room:
        assert await data(room) == {"id": 1}


async def test_execute_does_not_run_subscriptions(still: Live):
    with pytest.raises(GraphQLFailure, match="not supported over HTTP") as caught:
        await still.engine.execute("subscription " + READ, None, None, Session())
    assert caught.value.errors[0]["extensions"]["code"] == "unexpected-payload"


async def test_kinds_of_operations(still: Live):
    document = f"query A {READ} subscription B {READ}"
    kinds = [still.engine.kind(document, name, Session()) for name in ("A", "B")]
    assert kinds == ["query", "subscription"]
    with pytest.raises(GraphQLFailure, match="exactly one operation"):
        still.engine.kind(document, None, Session())
