"""Prefect 0.13.19, unmodified, does all that it can."""

from tests.e2e.clients.behaviours import Behaviours
from tests.e2e.clients.cloud import CloudBehaviours

VERSION = "0.13.19"


class TestClient(Behaviours):
    """The tests stand in Behaviours."""


class TestCloud(CloudBehaviours):
    """The tests stand in CloudBehaviours."""
