"""What the server says of itself (contract server.md 3.3)."""

from __future__ import annotations

import pytest

import lictor
from lictor.actions.registry import call_action

ENVIRONMENT = {
    "PREFECT_SERVER_VERSION": "2022.04.14",
    "PREFECT_CORE_VERSION": "1.2.1",
    "RELEASE_TIMESTAMP": "2022-04-14",
}


async def test_versions_are_those_of_the_environment_at_the_time_of_the_call(
    caller, monkeypatch: pytest.MonkeyPatch
):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    said = await call_action("api", {}, caller)
    assert said == {
        "backend": "SERVER",
        "mode": "normal",
        "version": lictor.__version__,
        "core_version": "1.4.1",
        "release_timestamp": None,
    }
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    names = ("version", "core_version", "release_timestamp")
    assert await call_action("api", {}, caller) == said | dict(zip(names, ENVIRONMENT.values(), strict=True))


async def test_states_are_told_with_all_their_descendants(caller):
    data = await call_action("reference_data", {}, caller)
    hierarchy, info = data["state_hierarchy"], data["state_info"]
    assert hierarchy.keys() == info.keys()
    assert "_MetaState" in hierarchy
    assert hierarchy["Cached"] == ["Cached"]
    assert set(hierarchy["Finished"]) >= {
        "Success",
        "Cached",
        "Mapped",
        "Failed",
        "TriggerFailed",
        "TimedOut",
    }
    for name, below in hierarchy.items():
        assert below[0] == name
        assert all(set(hierarchy[child]) <= set(below) for child in below)
    assert all(set(one) == {"color"} and one["color"].startswith("#") for one in info.values())


async def test_hello(caller):
    assert await call_action("hello", {}, caller) == "\N{WAVING HAND SIGN}"
