"""The OpenAPI document of the gateway: its few HTTP routes, and one path for each action that a Hasura calls.

The settings come in, a JSON document goes out. What an action takes and gives is read from
hasura/metadata/actions.graphql, its description from actions.yaml: nothing of the API is written a second time here.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from lictor.actions.registry import ACTIONS
from lictor.settings import Settings

Schema = dict[str, Any]

_SCALARS: dict[str, Schema] = {
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": "number"},
    "ID": {"type": "string"},
    "UUID": {"type": "string", "format": "uuid"},
    "DateTime": {"type": "string", "format": "date-time"},
    # Anything; an object or array may also come as JSON text (contract server.md 3.2).
    "JSON": {},
}
_TEXT: Schema = {"type": "string"}
_HASURA_ERROR: Schema = {
    "type": "object",
    "required": ["message", "extensions"],
    "properties": {
        "message": _TEXT,
        "extensions": {"type": "object", "required": ["code"], "properties": {"code": _TEXT}},
    },
}
_GRAPHQL_ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "data": {"type": ["object", "null"]},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["message", "extensions"],
                "properties": {
                    "message": _TEXT,
                    "path": {"type": "array"},
                    "locations": {"type": "array"},
                    "extensions": {"type": "object", "required": ["code"], "properties": {"code": _TEXT}},
                },
            },
        },
    },
}
_OPERATION: Schema = {
    "type": "object",
    "required": ["query"],
    "properties": {
        "query": {"type": "string", "minLength": 1, "description": "A GraphQL document."},
        "variables": {"type": ["object", "null"], "description": "May also be JSON text of such an object."},
        "operationName": {"type": ["string", "null"]},
    },
}


def openapi(settings: Settings, metadata: Path) -> Schema:
    """The document for a gateway with `settings` that serves the Hasura project's `metadata` directory."""
    api = build_schema((metadata / "actions.graphql").read_text(encoding="utf-8"))
    declared = yaml.safe_load((metadata / "actions.yaml").read_text(encoding="utf-8"))["actions"]
    comments = {entry["name"]: entry.get("comment", "") for entry in declared}
    fields = {
        **(api.query_type.fields if api.query_type else {}),
        **(api.mutation_type.fields if api.mutation_type else {}),
    }
    paths = {
        f"/actions/{name}": {"post": _action(name, field, comments.get(name, ""))}
        for name, field in sorted(fields.items())
        if name in ACTIONS
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lictor",
            "version": version("lictor"),
            "description": "The GraphQL API for Prefect 1.x, and the actions behind it, which a Hasura calls.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {**_graphql(settings), **_health(), **paths},
        "components": {
            "schemas": {
                **_types(api),
                "HasuraError": _HASURA_ERROR,
                "GraphQLErrors": _GRAPHQL_ERRORS,
                "Operation": _OPERATION,
            },
            "securitySchemes": {
                "actionsSecret": {"type": "apiKey", "in": "header", "name": "X-Lictor-Actions-Secret"},
                "apiKey": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _of_type(kind: Any) -> Schema:
    """The JSON Schema of a GraphQL type; nullable unless it says otherwise."""
    if isinstance(kind, GraphQLNonNull):
        return _required(kind.of_type)
    schema = _required(kind)
    if not schema:
        return schema
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _required(kind: Any) -> Schema:
    if isinstance(kind, GraphQLList):
        return {"type": "array", "items": _of_type(kind.of_type)}
    if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType | GraphQLEnumType):
        return _reference(kind.name)
    return _SCALARS[kind.name]


def _types(api: GraphQLSchema) -> dict[str, Schema]:
    """Every object, input object and enum of the actions, under its own name."""
    schemas: dict[str, Schema] = {}
    for name, kind in api.type_map.items():
        if name.startswith("__") or kind in (api.query_type, api.mutation_type):
            continue
        if isinstance(kind, GraphQLEnumType):
            schemas[name] = {"type": "string", "enum": list(kind.values)}
        elif isinstance(kind, GraphQLInputObjectType):
            schemas[name] = _object(kind.fields)
        elif isinstance(kind, GraphQLObjectType):
            # Hasura reads by name and takes what is missing for null.
            schemas[name] = {
                "type": "object",
                "properties": {k: _of_type(f.type) for k, f in kind.fields.items()},
            }
    return schemas


def _object(fields: Any) -> Schema:
    required = [name for name, field in fields.items() if isinstance(field.type, GraphQLNonNull)]
    schema: Schema = {
        "type": "object",
        "properties": {name: _of_type(field.type) for name, field in fields.items()},
    }
    return {**schema, "required": required} if required else schema


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(schema: Schema, **descriptions: str) -> dict[str, Schema]:
    return {status[1:]: _answer(text, schema) for status, text in descriptions.items()}


_TRANSPORT = {
    "_408": "The body did not arrive in time.",
    "_413": "The body is larger than LICTOR_BODY_LIMIT, also after decompression.",
    "_415": "The Content-Encoding is neither gzip nor identity.",
    "_503": "The database cannot be reached at the moment. Nothing was changed unless the text says that this is not known.",
}


def _action(name: str, field: GraphQLField, comment: str) -> Schema:
    body = {
        "type": "object",
        "required": ["action", "input"],
        "properties": {
            "action": {"type": "object", "required": ["name"], "properties": {"name": {"const": name}}},
            "input": _object(field.args),
            "session_variables": {
                "type": "object",
                "description": "Who asks, as Hasura has found; without a word of it, the header X-Prefect-Tenant-ID counts.",
                "properties": {
                    "x-hasura-tenant-id": _SCALARS["UUID"],
                    "x-hasura-user-id": _SCALARS["UUID"],
                },
            },
        },
    }
    error = _reference("HasuraError")
    return {
        "operationId": name,
        "summary": comment,
        "tags": ["actions"],
        "security": [{"actionsSecret": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": _answer("The action's answer.", _of_type(field.type)),
            **_refusals(
                error,
                _400="The payload does not fit, or the action was refused: Hasura makes a GraphQL error of it.",
                _401="The header X-Lictor-Actions-Secret is missing or wrong.",
                _403="LICTOR_ACTIONS_SECRET is not set, so that no Hasura may call.",
                **_TRANSPORT,
            ),
        },
    }


def _graphql(settings: Settings) -> Schema:
    guarded = settings.auth == "key"
    errors = _reference("GraphQLErrors")
    one: Schema = {"type": "object", "properties": {"data": {"type": ["object", "null"]}}}
    batch = {
        "type": "array",
        "maxItems": settings.batch_limit,
        "description": "Several operations; each is answered in its place, a bad one with its errors.",
    }
    refused = {"_400": "The document, its variables or the body around them do not fit.", **_TRANSPORT}
    if guarded:
        refused |= {
            "_401": "The API key is missing or not valid.",
            "_403": "The key does not open this tenant.",
        }
    operation: Schema = {
        "operationId": "graphql",
        "summary": "One GraphQL operation, or an array of them. Answers at every path that is not taken.",
        "tags": ["graphql"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"anyOf": [_reference("Operation"), batch]}}},
        },
        "responses": {
            "200": _answer(
                "Data, and errors of fields that failed.", {"anyOf": [one, {"type": "array", "items": one}]}
            ),
            **_refusals(errors, **refused),
        },
    }
    fields = {"query": {"type": "string", "minLength": 1}, "variables": _TEXT, "operationName": _TEXT}
    by_get: Schema = {
        "operationId": "graphql_by_get",
        "summary": "One query; variables are JSON text.",
        "tags": ["graphql"],
        "parameters": [
            {"name": name, "in": "query", "required": name == "query", "schema": schema}
            for name, schema in fields.items()
        ],
        "responses": {
            **operation["responses"],
            "200": _answer("Data, and errors of fields that failed.", one),
            "405": _answer("The document holds no query but a mutation.", errors),
        },
    }
    if guarded:
        operation["security"] = by_get["security"] = [{"apiKey": []}]
    return {"/graphql": {"get": by_get, "post": operation}}


def _health() -> Schema:
    status: Schema = {"type": "object", "required": ["status"], "properties": {"status": _TEXT}}
    health: Schema = {
        **status,
        "required": ["status", "version"],
        "properties": {**status["properties"], "version": _TEXT},
    }
    check: Schema = {
        **status,
        "required": ["status", "message"],
        "properties": {"status": _TEXT, "message": _TEXT},
    }
    ready: Schema = {
        **health,
        "required": [*health["required"], "checks"],
        "properties": {
            **health["properties"],
            "checks": {"type": "object", "additionalProperties": check},
        },
    }

    def route(name: str, summary: str, schema: Schema = status, **more: Schema) -> Schema:
        responses = {"200": _answer("As it should be.", schema), **more}
        return {"get": {"operationId": name, "summary": summary, "tags": ["health"], "responses": responses}}

    return {
        "/livez": route("livez", "Whether the process answers."),
        "/health": route("health", "The same, with the version of the program.", health),
        "/ready": route(
            "ready",
            "Whether the process can serve: what each check found, and for one that fails the way out.",
            ready,
            **{"503": _answer("A check has failed.", ready)},
        ),
        "/.well-known/apollo/server-health": route("server_health", "As Prefect Server's Apollo had it."),
    }
