"""What every answer tells browsers: run nothing that is not ours, stand in no frame, guess no content type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from lictor.actions.gateway.serve import config_of
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

PAGE = {"accept": "text/html"}


@pytest.fixture
async def site(database: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    (tmp_path / "index.html").write_text('<!doctype html><base href="./"><script src="assets/a.js"></script>')
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.js").write_text("1")
    (tmp_path / "logo.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    )
    async with serve(settings_for(database, ui_dir=tmp_path)) as running:
        yield running


async def answers(site: RunningGateway) -> dict[str, httpx2.Response]:
    client = site.client
    return {
        "page": await client.get("/flow/1", headers=PAGE),
        "script": await client.get("/assets/a.js"),
        "image": await client.get("/logo.svg"),
        "graphql": await site.post("{ hello }"),
        "bad": await site.post("{ nothing"),
        "missing": await client.get("/missing.js"),
        "method": await client.put("/"),
        "refused": await site.post("{ hello }", headers={"origin": "https://evil.example"}),
        "action": await client.post("/actions/hello", json={}),
        "health": await client.get("/health"),
        "metrics": await client.get("/metrics"),
        "options": await client.options("/"),
    }


def policy(answer: httpx2.Response) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";")]
    return {name: value for name, _, value in parts}


async def test_every_answer(site: RunningGateway) -> None:
    for name, answer in (await answers(site)).items():
        # Each once: of two policies browsers take both, of two types of content neither.
        found = [key.lower() for key, _ in answer.headers.multi_items()]
        assert len(found) == len(set(found)), (name, found)
        assert answer.headers["x-content-type-options"] == "nosniff", name
        assert answer.headers["referrer-policy"] == "same-origin", name
        assert "set-cookie" not in answer.headers, name
        assert "x-powered-by" not in answer.headers, name
        if name == "options":
            continue
        assert policy(answer)["frame-ancestors"] == "'none'", name
        assert "unsafe-eval" not in answer.headers["content-security-policy"], name
        scripts = policy(answer).get("script-src", policy(answer)["default-src"])
        assert scripts == ("'self'" if name in ("page", "script") else "'none'"), name


@pytest.mark.parametrize("built", [True, False])
async def test_pages(site: RunningGateway, database: str, built: bool) -> None:
    async with serve(settings_for(database)) as bare:
        page = await (site if built else bare).client.get("/", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["x-frame-options"] == "DENY"
    assert "microphone=()" in page.headers["permissions-policy"]
    assert policy(page)["frame-ancestors"] == "'none'"


async def test_a_page_that_is_known_keeps_its_policy(site: RunningGateway) -> None:
    first = await site.client.get("/", headers=PAGE)
    again = await site.client.get("/", headers={**PAGE, "if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_no_banner(database: str) -> None:
    config, _ = config_of(settings_for(database))
    assert not config.server_header
