"""Whole schemas, as GraphiQL and generators of code ask for them."""

from __future__ import annotations

import pytest
from graphql import build_client_schema, get_introspection_query, parse, validate, validate_schema

from tests.engine.conformance.case import Case, read_cases
from tests.engine.conformance.endpoint import Endpoint

# Hasura takes a 64-bit offset as a string, though its schema says Int.
LENIENT = {"queries/pages/an-offset-as-text"}
ROLES = ("admin", "customer", "guest", "member", "writer", "janitor", "nobody")


@pytest.mark.parametrize("role", ROLES)
def test_the_schema_of_a_role_is_valid(endpoint: Endpoint, role: str):
    endpoint.restore()
    schema = build_client_schema(
        endpoint.ask(get_introspection_query(input_value_deprecation=True), role=role)
    )
    assert validate_schema(schema) == []


def _accepted(case: Case) -> list[Case]:
    """The admin's own documents that must be answered with data, of which the schema must approve."""
    if case.id in LENIENT or case.changes == "metadata":  # its documents are of another schema
        return []
    return [
        one for one in case.requests or (case,) if one.query and one.data is not None and one.role is None
    ]


def test_the_schema_of_the_admin_knows_every_document_that_is_answered(endpoint: Endpoint):
    endpoint.restore()
    schema = build_client_schema(endpoint.ask(get_introspection_query()))
    refused = {
        request.id: str(errors[0])
        for case in read_cases()
        for request in _accepted(case)
        if (errors := validate(schema, parse(request.query or "")))
    }
    assert refused == {}
