"""Every mutation, whatever is wrong with its input: told by field, nothing written, the process stays up.

The cases are made from hasura/metadata/actions.graphql, so that a new mutation is covered as soon as it is declared:
each required field missing, each field null, of every wrong kind and too large, every id unknown or of another
tenant, every call twice. Sent through a real gateway, as clients send them. What else a mutation must refuse stands in the tests of its
handler.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
)

from lictor.actions.registry import ACTIONS
from lictor.orchestration.sealing import new_key
from lictor.orchestration.tenant_purge import purge_tenants
from tests.actions.calls import (
    BEATS,
    HUGE,
    MUTATIONS,
    UNKNOWN,
    WITH_IDS,
    Api,
    fields_of,
    filled,
    make_world,
    refused,
    valid,
    valid_input,
)
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

WRONG: dict[str, list[Any]] = {
    "UUID": ["nonsense", 7, True, [1], {"a": 1}, "", "a\0b"],
    "String": [7, True, ["a", 1], {"a": 1}],
    "Int": ["seven", 1.5, True, {"a": 1}, 2**31, -(2**31) - 1],
    "Boolean": ["yes", 7, {"a": 1}],
    "DateTime": ["soon", {"a": 1}, "99999-01-01T00:00:00Z"],
    "JSON": ["{", '{"a": "\\u0000"}', {"a": "\0"}],
}
"""By type, what can be no value of it, or none that can be stored."""


def _plain(kind: Any) -> Any:
    return get_nullable_type(kind)


def wrong_values(kind: Any) -> list[Any]:
    """Values that a type must not take, in lists and objects also one level down."""
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList):
        return [7, {"a": 1}, [None], *([item] for item in wrong_values(plain.of_type))]
    if isinstance(plain, GraphQLInputObjectType):
        good = valid(plain)
        inner = [
            {**good, name: bad} for name, field in plain.fields.items() for bad in wrong_values(field.type)
        ]
        return [
            "text",
            {**good, "colour": "red"},
            *({k: v for k, v in good.items() if k != name} for name in good),
            *inner,
        ]
    if isinstance(plain, GraphQLEnumType):
        return ["NONE_OF_THEM", 7]
    return WRONG[plain.name]


@pytest.fixture(scope="module")
async def gateway(postgres, template_database) -> AsyncIterator[RunningGateway]:
    """A gateway on a database of this module's own."""
    postgres.create_database("bad_input", template=template_database)
    async with serve(settings_for(postgres.dsn("bad_input"), secret_key=new_key())) as running:
        yield running
    postgres.drop_database("bad_input")


@pytest.fixture
async def api(gateway, postgres) -> AsyncIterator[Api]:
    connection = await asyncpg.connect(postgres.dsn("bad_input"))
    try:
        yield Api(gateway, connection)
    finally:
        await connection.close()


@pytest.fixture
async def world(api: Api) -> dict[str, str]:
    """Ids of one object of each kind, by the names that input fields have for them; `other_tenant` owns nothing."""
    return await make_world(api)


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_missing_null_or_of_the_wrong_kind_is_refused_by_name(api: Api, name: str):
    before = await api.written()
    good = valid_input(name)
    for field, declared in fields_of(name).items():
        cases = [(good | {field: bad}) for bad in wrong_values(declared.type)]
        if isinstance(declared.type, GraphQLNonNull):
            cases += [good | {field: None}, {key: value for key, value in good.items() if key != field}]
        for input in cases:
            if isinstance(input.get(field), VERBATIM.get((name, field), ())):
                continue
            answer = await api.call(name, input)
            assert "error" in answer, (field, input, answer)
    for input in (None, "text", 7, [], good | {"colour": "red"}):
        assert "error" in await api.call(name, input), input
    assert await api.written() == before


VERBATIM = {("set_key_value", "value"): str, ("set_secret", "value"): (str, dict)}
"""JSON fields that take values of these kinds as they are: a text is a text whatever it looks like, and a sealed NUL
is no trouble to Postgres."""


INDIFFERENT = BEATS | {"get_runs_in_queue"}
"""Mutations that take an unknown id for an answer: a queue may be empty."""


@pytest.mark.parametrize(
    "name",
    sorted(name for name in MUTATIONS if "UUID" in str([str(f.type) for f in fields_of(name).values()])),
)
async def test_what_does_not_exist_is_told_and_nothing_is_written(api: Api, name: str):
    before = await api.written()
    good = valid_input(name)
    ids = [
        field for field, declared in fields_of(name).items() if get_named_type(declared.type).name == "UUID"
    ]
    for field in ids:
        answer = await api.call(name, good | {field: UNKNOWN})
        assert refused(answer) or name in INDIFFERENT, (field, answer)
    assert await api.written() == before


# Of objects that exist -------------------------------------------------------------------------------


NOT_BOUND = {"create_api_key", "delete_api_key", "delete_api_token", "switch_tenant"}
"""Mutations of what belongs to no tenant: keys are their user's (tests/actions/gateway/test_tenants.py)."""


@pytest.mark.parametrize("name", sorted(set(WITH_IDS) - NOT_BOUND))
async def test_the_objects_of_another_tenant_are_unknown(api: Api, world: dict[str, str], name: str):
    input = filled(name, world)
    before = await api.written()
    answer = await api.call(name, input, tenant_id=world["other_tenant"])
    assert refused(answer) or name in BEATS, answer
    assert await api.written() == before
    if name in {"test_cloud_hook", "test_action"}:
        # Nobody listens where they send to.
        return
    # To their own tenant they are not: it was the tenant that made the difference.
    assert not refused(await api.call(name, input, tenant_id=world["tenant_id"]))
    if name in BEATS:
        assert await api.written() != before


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_done_twice_is_done_once_or_refused(api: Api, world: dict[str, str], name: str):
    input = filled(name, world)
    first = await api.call(name, input)
    assert "error" not in first, first
    if name == "delete_tenant":
        # On a busy machine half a second is not enough for all of it; else workers do the rest.
        await purge_tenants(api.db, UUID(world["tenant_id"]))
    rows = [row[:2] for row in await api.written()]
    again = await api.call(name, input)
    if "error" in again:
        assert (
            again["error"].endswith(("Uniqueness violation.", "not found.")) or "Invalid" in again["error"]
        ), again
    if ACTIONS[name].idempotent and name not in APPENDING:
        assert [row[:2] for row in await api.written()] == rows


APPENDING = {"create_flow_run", "set_flow_run_states", "set_task_run_states", "cancel_flow_run"}
"""Done twice on purpose, these are done twice: without a key or a version nobody can tell a retry from a second wish."""


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_far_too_large_is_stored_or_refused_whole(api: Api, world: dict[str, str], name: str):
    for field, declared in fields_of(name).items():
        kind = get_named_type(declared.type).name
        if kind not in {"String", "JSON"} or isinstance(_plain(declared.type), GraphQLList):
            continue
        large = HUGE if kind == "String" else {"type": "Scheduled", "name": "large", "message": HUGE}
        before = await api.written()
        answer = await api.call(name, filled(name, world) | {field: large})
        if "error" in answer:
            assert len(answer["error"]) < 2000, answer["error"][:300]
            assert await api.written() == before, field
