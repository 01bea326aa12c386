"""Custom types of actions: what of them is served, what is left out and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
import yaml
from graphql import ObjectTypeExtensionNode, get_introspection_query, parse

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.conftest import METADATA, asker


def undefined(owner: str, field: str, base: str) -> str:
    return f"the type of the field {field!r} of {owner!r}, {base!r}, is not defined"


def no_input(action: str, base: str) -> str:
    return (
        f'in action "{action}"; the type: "{base}" is not defined in custom types or it is not a '
        "scalar/enum/input_object"
    )


def no_output(action: str, base: str) -> str:
    return f'in action "{action}"; the type: "{base}" is not an object or scalar type defined in custom types'


# SDL that is added, and what is said of it. Everything else of the metadata serves on.
LEFT_OUT = {
    "a type nobody defines": ("type box { lid: lid }  extend type Query { boxes: [box!] }",
        [undefined("box", "lid", "lid"), no_output("boxes", "box")]),
    "what needs such a type is left out, too": (
        "type shop { carts: [cart] }  type cart { boxes: [box!]! }  type box { lid: lid }  extend type Query { shop: shop }",
        [undefined("box", "lid", "lid"), undefined("cart", "boxes", "box"), undefined("shop", "carts", "cart"),
         no_output("shop", "shop")]),
    "an input inside an output": ("type box { state: set_state_input }", [undefined("box", "state", "set_state_input")]),
    "an output inside an input": ("input box { thing: thing }  extend type Query { find(box: box): Int }",
        [undefined("box", "thing", "thing"), no_input("find", "box")]),
    "an output as an argument": ("extend type Query { find(thing: thing!): Int }", [no_input("find", "thing")]),
    "an input as an output": ("extend type Query { find: [publish_input] }", [no_output("find", "publish_input")]),
    "the name of a table": ("type author { id: Int }  extend type Query { find: author }",
        ["'author' is the name of a table's type", no_output("find", "author")]),
    "the name of a table's input": ("input author_bool_exp { id: Int }",
        ["'author_bool_exp' is the name of a table's type"]),
    "the name of a table's enum": ("enum label_select_column { a }",
        ["'label_select_column' is the name of a table's type"]),
    "the name of a root": ("type query_root { id: Int }", ["'query_root' is the name of a table's type"]),
    "the name of a column's type": ("enum mood { calm }", ["'mood' is the name of a scalar"]),
    "one name for two": ("type box { id: Int }  input box { id: Int }  extend type Query { find(box: box): box }",
        ["'box' is defined more than once"] * 2 + [no_input("find", "box")]),
    "values twice": ("enum box { a b a }", ["the enum type 'box' has duplicate values"]),
}  # fmt: skip


def reasons(engine: Engine) -> list[str]:
    """Why actions and custom types are left out."""
    return [one.reason for one in engine.inconsistencies if one.type in ("action", "custom_types")]


@pytest.fixture
def copied(tmp_path) -> Path:
    return Path(shutil.copytree(METADATA, tmp_path / "metadata"))


def declare(target: Path, sdl: str, *actions: dict) -> None:
    """Adds SDL, and actions by their definitions."""
    path = target / "actions.graphql"
    path.write_text(path.read_text() + sdl)
    path = target / "actions.yaml"
    document = yaml.safe_load(path.read_text())
    document["actions"] += actions
    named = {action["name"] for action in actions}
    document["actions"] += [
        {"name": field.name.value, "definition": {"handler": "x"}}
        for node in parse(sdl).definitions
        if isinstance(node, ObjectTypeExtensionNode)
        for field in node.fields
        if field.name.value not in named
    ]
    path.write_text(yaml.safe_dump(document))


@pytest.mark.parametrize("case", LEFT_OUT)
async def test_types_that_do_not_fit_are_left_out_one_by_one(copied, library_pool, handlers, case):
    sdl, expected = LEFT_OUT[case]
    declare(copied, sdl)
    engine = await Engine.start(library_pool, copied, actions=handlers)
    assert reasons(engine) == expected
    handlers.answers["find_things"] = [{"id": "1"}]
    assert await asker(engine)("{ find_things(kind: BOOK) { id } author_by_pk(id: 1) { name } }") == {
        "find_things": [{"id": "1"}], "author_by_pk": {"name": "Ada"},
    }  # fmt: skip
    orjson.loads(await engine.execute(get_introspection_query(), None, None, Session()))


async def test_asynchronous_actions_are_left_out(copied, library_pool, handlers):
    slow = {"name": "slow", "definition": {"handler": "x", "kind": "asynchronous"}}
    asked = {"name": "asked", "definition": {"handler": "x", "kind": "asynchronous"}}
    declare(copied, "extend type Mutation { slow: thing }  extend type Query { asked: String }", slow, asked)
    engine = await Engine.start(library_pool, copied, actions=handlers)
    assert reasons(engine) == ['in action "slow"; asynchronous actions are not supported']
    with pytest.raises(GraphQLFailure, match="field 'slow' not found in type: 'mutation_root'"):
        engine.prepare("mutation { slow { id } }")
    # a query is always synchronous, whatever its kind says
    handlers.answers["asked"] = "yes"
    assert await asker(engine)("{ asked }") == {"asked": "yes"}


@pytest.mark.parametrize("transform", ["request_transform", "response_transform"])
async def test_actions_with_transforms_are_left_out(copied, library_pool, transform):
    body = {
        "version": 2,
        "template_engine": "Kriti",
        "body": {"action": "transform", "template": "{{$body}}"},
    }
    declare(
        copied,
        "extend type Query { bent: Int }",
        {"name": "bent", "definition": {"handler": "x", transform: body}},
    )
    engine = await Engine.start(library_pool, copied)
    assert reasons(engine) == [f'in action "bent"; {transform} is not supported']


async def test_scalars_of_postgres_and_recursion(copied, library_pool, handlers):
    sdl = """
    input node_input { id: uuid!  at: timestamptz  data: jsonb  kinds: [thing_kind!]  below: [node_input!] }
    type node { id: uuid!  at: timestamptz!  data: jsonb  size: numeric  kind: thing_kind  below: [node!]  other: other }
    type other { node: node  times: [[interval]] }
    extend type Query { walk(from: node_input!): node!  raw: jsonb  kinds: [thing_kind!]! }
    """
    declare(
        copied, sdl, *({"name": name, "definition": {"handler": "x"}} for name in ("walk", "raw", "kinds"))
    )
    engine = await Engine.start(library_pool, copied, actions=handlers)
    assert reasons(engine) == []
    node = {"id": "n", "at": "noon", "data": {"a": [1, None]}, "size": 1.5, "kind": "BOOK"}
    handlers.answers["walk"] = lambda call: {
        **node,
        "below": [{**node, "below": []}],
        "other": {"node": node},
    }
    handlers.answers |= {"raw": {"any": ["thing"]}, "kinds": ["BOOK"]}
    asked = {"id": "u", "data": [1], "kinds": ["FILM"], "below": [{"id": "v", "below": [{"id": "w"}]}]}
    data = await asker(engine)(
        "query ($f: node_input!) { walk(from: $f) { id data size below { id below { id } } other { node { at kind } times } }"
        " raw kinds }",
        {"f": asked},
    )
    assert data == {
        "walk": {
            "id": "n", "data": {"a": [1, None]}, "size": 1.5, "below": [{"id": "n", "below": []}],
            "other": {"node": {"at": "noon", "kind": "BOOK"}, "times": None},
        },
        "raw": {"any": ["thing"]},
        "kinds": ["BOOK"],
    }  # fmt: skip
    [call] = [call for call in handlers.calls if call.name == "walk"]
    assert call.input == {"from": asked}
    with pytest.raises(GraphQLFailure) as caught:
        await asker(engine)("query ($f: node_input!) { walk(from: $f) { id } }",
                            {"f": {"id": "u", "below": [{"id": "v", "kinds": ["FILM", "SONG"]}]}})  # fmt: skip
    assert caught.value.errors[0]["extensions"]["path"] == "$.selectionSet.walk.args.from.below[0].kinds[1]"


async def test_comments_and_roles(copied, library_pool):
    action = {
        "name": "walk", "comment": "goes far", "definition": {"handler": "x"},
        "permissions": [{"role": "reader"}, {"role": "runner"}],
    }  # fmt: skip
    declare(copied, '"how far" scalar far\n extend type Query { walk("to where" to: far): far }', action)
    engine = await Engine.start(library_pool, copied)
    for role, names in {
        "reader": {"walk", "ping"},
        "runner": {"walk"},
        "other": {"no_queries_available"},
    }.items():
        root = engine.graphql_schema(role).query_type
        assert root is not None
        assert set(root.fields) == names
        if "walk" in names:
            assert root.fields["walk"].description == "goes far"
            assert root.fields["walk"].args["to"].description == "to where"
            assert root.fields["walk"].type.description == "how far"  # pyright: ignore[reportAttributeAccessIssue]
