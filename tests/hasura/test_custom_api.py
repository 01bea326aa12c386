"""The custom API that the metadata declares is the contract's (server.md 3.2-3.4), and each field of it has a handler."""

from __future__ import annotations

import re

import pytest
import yaml
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
)

from lictor.cli.hasura_apply import PROJECT
from lictor.engine.metadata import load
from tests.hasura.contract_api import (
    ENUMS,
    INPUTS,
    PAYLOAD_OF,
    PAYLOADS,
    QUERIES,
    SCALARS,
    fields,
)
from tests.hasura.contract_tables import COLUMNS


@pytest.fixture(scope="module")
def schema():
    """The SDL as graphql-core understands it: every named type is defined, no type twice."""
    return build_schema((PROJECT / "metadata" / "actions.graphql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def actions_yaml():
    return yaml.safe_load((PROJECT / "metadata" / "actions.yaml").read_text(encoding="utf-8"))


def _types(schema, kind) -> dict[str, dict[str, str]]:
    own = {
        name: one
        for name, one in schema.type_map.items()
        if isinstance(one, kind) and not name.startswith("__")
    }
    return {
        name: {field: str(declared.type) for field, declared in one.fields.items()}
        for name, one in own.items()
        if name not in {"Query", "Mutation"}
    }


def test_queries(schema):
    assert {
        name: ({argument: str(one.type) for argument, one in field.args.items()}, str(field.type))
        for name, field in schema.query_type.fields.items()
    } == {name: (fields(arguments), result) for name, (arguments, result) in QUERIES.items()}


def test_mutations_take_one_input_and_give_their_payload(schema):
    assert {
        name: ({argument: str(one.type) for argument, one in field.args.items()}, str(field.type))
        for name, field in schema.mutation_type.fields.items()
    } == {name: ({"input": f"{name}_input!"}, payload) for name, payload in PAYLOAD_OF.items()}


def test_input_types(schema):
    assert _types(schema, GraphQLInputObjectType) == {name: fields(text) for name, text in INPUTS.items()}


def test_payload_types(schema):
    assert _types(schema, GraphQLObjectType) == {name: fields(text) for name, text in PAYLOADS.items()}


def test_no_input_field_has_a_default(schema):
    for name in INPUTS:
        for field in schema.type_map[name].fields.values():
            assert field.ast_node.default_value is None


def test_enums_and_scalars(schema):
    enums = {
        name: tuple(one.values)
        for name, one in schema.type_map.items()
        if isinstance(one, GraphQLEnumType) and not name.startswith("__")
    }
    assert enums == ENUMS
    built_in = {"String", "Boolean", "Int", "Float", "ID"}
    assert {
        name for name, one in schema.type_map.items() if isinstance(one, GraphQLScalarType)
    } - built_in == SCALARS


def test_no_type_has_the_name_of_a_generated_one(schema):
    """Hasura gives each table T types whose names begin with T."""
    generated = re.compile(
        rf"({'|'.join([*COLUMNS, 'utility_traversal', 'query', 'mutation', 'subscription'])})"
        "(_(aggregate(_.*)?|bool_exp|insert_input|set_input|inc_input|pk_columns_input|order_by|updates|on_conflict"
        "|constraint|(select|update)_column(_.*)?|mutation_response|stream_cursor.*|obj_rel_insert_input|root"
        "|arr_rel_insert_input|(append|prepend|delete_(at_path|elem|key))_input"
        "|(avg|count|max|min|stddev(_pop|_samp)?|sum|var(_pop|_samp)|variance)(_.*)?))?"
    )
    assert generated.fullmatch("flow_run_insert_input")
    assert [name for name in schema.type_map if generated.fullmatch(name)] == []


def test_the_yaml_lists_what_the_sdl_declares(schema, actions_yaml):
    names = [entry["name"] for entry in actions_yaml["actions"]]
    assert sorted(names) == sorted({*schema.query_type.fields, *schema.mutation_type.fields})
    listed = {
        kind: [entry["name"] for entry in entries] for kind, entries in actions_yaml["custom_types"].items()
    }
    assert {kind: sorted(entries) for kind, entries in listed.items()} == {
        "input_objects": sorted(INPUTS),
        "objects": sorted(PAYLOADS),
        "scalars": sorted(SCALARS),
        "enums": sorted(ENUMS),
    }


def test_every_action_calls_its_own_handler_with_the_secret(actions_yaml):
    for entry in actions_yaml["actions"]:
        definition = entry["definition"]
        assert definition["handler"] == "{{LICTOR_ACTIONS_URL}}/actions/" + entry["name"]
        assert definition["kind"] == ("" if entry["name"] in QUERIES else "synchronous")
        assert definition["forward_client_headers"] is True
        assert definition["headers"] == [
            {"name": "X-Lictor-Actions-Secret", "value_from_env": "LICTOR_ACTIONS_SECRET"}
        ]
        assert entry["comment"]


def test_every_action_has_a_handler_and_every_handler_an_action():
    import lictor.actions.handlers  # noqa: F401  # registers them
    from lictor.actions.registry import ACTIONS

    assert set(ACTIONS) == {action.name for action in load(PROJECT).actions}


def test_handlers_decode_the_arguments_that_the_schema_declares():
    """A handler's struct has the fields of the input type, no more and no fewer; what may be null may be left out."""
    import msgspec

    import lictor.actions.handlers  # noqa: F401
    from lictor.actions.registry import ACTIONS

    for name, action in ACTIONS.items():
        declared = fields(QUERIES[name][0] if name in QUERIES else INPUTS[f"{name}_input"])
        if action.input_type is None:
            assert declared == {}, name
            continue
        taken = {field.encode_name: field.required for field in msgspec.structs.fields(action.input_type)}
        assert taken.keys() == declared.keys(), name
        needed = {field for field, required in taken.items() if required}
        assert needed <= {field for field, kind in declared.items() if kind.endswith("!")}, name
