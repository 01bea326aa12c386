"""Prefect 1.4.1, unmodified, does all that it can."""

from tests.e2e.clients.behaviours import Behaviours
from tests.e2e.clients.cloud import CloudBehaviours

VERSION = "1.4.1"


class TestClient(Behaviours):
    """The tests stand in Behaviours."""


class TestCloud(CloudBehaviours):
    """The tests stand in CloudBehaviours."""
