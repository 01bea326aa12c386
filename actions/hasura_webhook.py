"""The door for a Hasura container: POST /actions/{name} with Hasura's action payload.

`{"action":{"name"},"input":{…},"session_variables":{…}}` comes in; the handler's answer goes out, an error as
4xx `{"message","extensions":{"code"}}`, which Hasura turns into a GraphQL error. Whoever has not the secret of
`LICTOR_ACTIONS_SECRET` in the header `X-Lictor-Actions-Secret` gets nothing.
"""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
import orjson
from pydantic import SecretStr

from lictor.actions.gateway.body import read_body
from lictor.actions.gateway.calls import perform
from lictor.actions.gateway.errors import HttpProblem, Unavailable, explain
from lictor.actions.gateway.headers import TENANT_ID, Callers, Headers, Sender
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import parse_body
from lictor.actions.gateway.responses import Answer, Receive
from lictor.actions.identity import TENANT_VARIABLE, USER_VARIABLE, Identity, uuid_or_none
from lictor.actions.registry import ACTIONS

SECRET_HEADER = b"x-lictor-actions-secret"


async def answer(name: str, headers: Headers, receive: Receive, callers: Callers, limits: Limits) -> Answer:
    """The answer to one call of Hasura, whose secret `check_secret` has seen."""
    try:
        payload = parse_body(await read_body(receive, headers, limits))
        arguments = _arguments(name, payload)
        sender = Sender(headers, _identity(payload, headers))
    except HttpProblem as problem:
        return refused(problem)
    try:
        result = await perform(name, arguments, callers.of(sender), limits.database_wait)
    except Unavailable as problem:
        # Of a 5xx Hasura would say "internal error"; so the gateway that asked it finds the code, and says 503.
        return _refused(400, str(problem), problem.code)
    except HttpProblem as problem:
        return refused(problem)
    except Exception as exc:
        message, code = explain(exc, arguments)
        return _refused(400, message, code)
    return Answer(200, orjson.dumps(result, default=msgspec.to_builtins))


def check_secret(headers: Headers, secret: SecretStr | None) -> None:
    """Raises HttpProblem for whoever has not `secret`; without one, for everybody."""
    expected = secret.get_secret_value() if secret is not None else ""
    if not expected:
        text = "Calls of Hasura are refused: the setting LICTOR_ACTIONS_SECRET is empty."
        raise HttpProblem(403, text, "FORBIDDEN")
    if not hmac.compare_digest(headers.get(SECRET_HEADER, b""), expected.encode()):
        raise HttpProblem(401, "The header X-Lictor-Actions-Secret is missing or wrong.", "UNAUTHENTICATED")


def _arguments(name: str, payload: Any) -> dict[str, Any]:
    """Hasura's `input`, after checking that the payload is meant for the action `name`."""
    if name not in ACTIONS:
        raise HttpProblem(404, f"There is no action {name!r}.", "NOT_FOUND")
    if not isinstance(payload, dict):
        raise HttpProblem(400, "The payload has to be a JSON object with `action` and `input`.")
    action = payload.get("action")
    if not isinstance(action, dict) or action.get("name") != name:
        raise HttpProblem(400, f"The payload's `action.name` is not {name!r}, the action of this address.")
    arguments = payload.get("input")
    if not isinstance(arguments, dict):
        raise HttpProblem(400, "The payload's `input` has to be an object of the action's arguments.")
    return arguments


def _identity(payload: dict[str, Any], headers: Headers) -> Identity:
    """Who Hasura says it is; without a word of it, the tenant header counts as with authentication off."""
    variables = payload.get("session_variables", {})
    if not isinstance(variables, dict):
        raise HttpProblem(400, "The payload's `session_variables` has to be an object.")
    for name in (TENANT_VARIABLE, USER_VARIABLE):
        # Passed over, a tenant that cannot be read would mean every tenant.
        if name in variables and (
            not isinstance(variables[name], str) or uuid_or_none(variables[name]) is None
        ):
            raise HttpProblem(400, f"The session variable {name} has to be a UUID.")
    identity = Identity.of_session(
        {name: value for name, value in variables.items() if isinstance(value, str)}
    )
    if identity.user_id is not None or identity.tenant_id is not None:
        return identity
    return Identity(tenant_id=uuid_or_none(headers.get(TENANT_ID)))


def refused(problem: HttpProblem) -> Answer:
    """The problem as Hasura understands it."""
    return _refused(problem.status, str(problem), problem.code, problem.headers)


def _refused(status: int, message: str, code: str, headers: Any = ()) -> Answer:
    return Answer(status, orjson.dumps({"message": message, "extensions": {"code": code}}), headers)
