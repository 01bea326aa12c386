"""The endpoint that the suite judges: our own engine, or the one that --endpoint names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from lictor.cli.embedded.postgres import PostgresServer
from tests.engine.conformance.endpoint import Endpoint
from tests.engine.conformance.handlers import running_handlers
from tests.engine.conformance.local import ADMIN_SECRET, running_engine

DATABASE = "engine_conformance"


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A running engine with the suite's schema, rows and metadata."""
    url = request.config.getoption("--endpoint")
    handler_url = request.config.getoption("--handler-url")
    with ExitStack() as stack:
        if handler_url:
            stack.enter_context(running_handlers("0.0.0.0", urlsplit(handler_url).port or 80))
        else:
            port = stack.enter_context(running_handlers("127.0.0.1", 0))
            handler_url = f"http://127.0.0.1:{port}"
        if url:
            secret = request.config.getoption("--admin-secret")
        else:
            postgres: PostgresServer = request.getfixturevalue("postgres")
            postgres.create_database(DATABASE)
            directory = tmp_path_factory.mktemp("engine")
            url = stack.enter_context(running_engine(postgres.dsn(DATABASE), directory))
            secret = ADMIN_SECRET
        endpoint = Endpoint(url, secret, handler_url)
        stack.callback(endpoint.close)
        endpoint.set_up()
        yield endpoint
