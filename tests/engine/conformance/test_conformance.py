"""Every case of cases/ against the endpoint; see README.md."""

from __future__ import annotations

import pytest

from tests.engine.conformance.case import Case, read_cases
from tests.engine.conformance.endpoint import Endpoint
from tests.engine.conformance.subscriber import PROTOCOLS, Subscriber

CASES = list(read_cases())
ASKED = [case for case in CASES if case.subscription is None]
SUBSCRIBED = [case for case in CASES if case.subscription is not None]


def test_ids_are_unique():
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.id)
def test_case(endpoint: Endpoint, case: Case):
    endpoint.restore()
    endpoint.dirty = case.dirties
    for request in case.requests or (case,):
        endpoint.check(request)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("case", SUBSCRIBED, ids=lambda case: case.id)
async def test_subscription(endpoint: Endpoint, case: Case, protocol: str):
    endpoint.restore()
    endpoint.dirty = case.dirties
    await Subscriber(endpoint, case, protocol).run()
