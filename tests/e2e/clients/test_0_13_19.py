"""Prefect 0.13.19, unmodified, does all that it can."""

from tests.e2e.clients.behaviours import Behaviours

VERSION = "0.13.19"


class TestClient(Behaviours):
    """The tests stand in Behaviours."""
