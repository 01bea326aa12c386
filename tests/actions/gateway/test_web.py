"""The built web UI over a real gateway: its files, its page at any path, and nothing else of the machine."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lictor.actions.gateway.web import way_back
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

INDEX = (
    '<!doctype html><head><base href="./" /><script type="module" src="assets/app-1a2b.js"></script></head>'
)
SCRIPT = "console.log('lictor')\n" * 50
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A directory as a build leaves it, with a secret beside it and links that lead out."""
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "favicon.svg").write_text("<svg/>")
    (root / ".hidden.txt").write_text("hidden")
    (root / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (root / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    # Not brotli: what counts is that these very bytes come. A client that decodes does not ask for it.
    (root / "assets" / "app-1a2b.js.br").write_bytes(b"as brotli")
    (root / "assets" / "font-9.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (root / "assets" / "out").symlink_to(tmp_path)
    (root / "near.svg").symlink_to(root / "favicon.svg")
    return root


@pytest.fixture
async def web(database: str, built: Path) -> AsyncIterator[RunningGateway]:
    async with serve(settings_for(database, ui_dir=built)) as running:
        yield running


async def raw_get(gateway: RunningGateway, target: str, *headers: str) -> tuple[bytes, bytes]:
    """Head and body of the answer to a request whose target goes out as it is written."""
    lines = [f"GET {target} HTTP/1.1", "host: lictor.example", "connection: close", *headers, "", ""]
    head, _, body = (await gateway.raw("\r\n".join(lines).encode())).partition(b"\r\n\r\n")
    return head, body


async def test_a_hashed_file_is_kept_for_ever(web: RunningGateway) -> None:
    answer = await web.client.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.text) == (200, SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    font = await web.client.get("/assets/font-9.woff2")
    assert (font.headers["content-type"], font.content) == ("font/woff2", b"font")
    assert "vary" not in font.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", b"br"),
        ("br;q=0, gzip", b"gzip"),
        ("GZIP;q=0.5", b"gzip"),
        ("br; q=0.0", None),
        ("deflate", None),
        ("", None),
    ],
)
async def test_the_shortest_form_that_is_accepted(
    web: RunningGateway, built: Path, accepted: str, encoding: bytes | None
) -> None:
    head, body = await raw_get(web, "/assets/app-1a2b.js", f"accept-encoding: {accepted}")
    name = {b"br": "app-1a2b.js.br", b"gzip": "app-1a2b.js.gz", None: "app-1a2b.js"}[encoding]
    assert body == (built / "assets" / name).read_bytes()
    assert (b"content-encoding" in head) == (encoding is not None)
    if encoding is not None:
        assert b"content-encoding: " + encoding in head
    assert b"content-length: %d\r\n" % len(body) in head
    assert b"content-type: text/javascript" in head


async def test_what_the_browser_has_is_not_sent_again(web: RunningGateway, built: Path) -> None:
    for path in ("/assets/app-1a2b.js", "/favicon.svg", "/flows"):
        first = await web.client.get(path, headers=BROWSER)
        tag = first.headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = await web.client.get(path, headers={**BROWSER, "if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert "content-length" not in again.headers
        other = await web.client.get(path, headers={**BROWSER, "if-none-match": '"other"'})
        assert other.status_code == 200
    (built / "favicon.svg").write_text("<svg>new</svg>")
    tag = (await web.client.get("/favicon.svg", headers={"if-none-match": tag})).headers["etag"]
    new = await web.client.get("/favicon.svg")
    assert (new.text, new.headers["etag"], new.headers["cache-control"]) == (
        "<svg>new</svg>",
        tag,
        "no-cache",
    )


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/", "./"),
        ("/flows", "./"),
        ("/flows/", "../"),
        ("/flow-run/0c9a/logs", "../../"),
        ("/graphql", "./"),
        ("/a%2Fb/c", "../"),
        ("/?tab=flows", "./"),
        ("/flow-run/0c9a?at=a/b/c", "../"),
    ],
)
async def test_a_page_at_any_path_finds_its_way_back(web: RunningGateway, path: str, base: str) -> None:
    head, body = await raw_get(web, path, "accept: text/html")
    assert head.startswith(b"HTTP/1.1 200")
    assert body.decode() == INDEX.replace("./", base, 1)
    assert b"cache-control: no-cache" in head


def test_the_way_back_is_never_empty() -> None:
    assert [way_back(path) for path in (b"", b"/", b"/a", b"/a/", b"//a")] == [
        b"./",
        b"./",
        b"./",
        b"../",
        b"../",
    ]


async def test_the_policy_of_the_page(web: RunningGateway) -> None:
    head, _ = await raw_get(web, "/flows", "accept: text/html", "x-forwarded-host: ui.example:8443, inner")
    policy = next(line for line in head.decode().split("\r\n") if line.startswith("content-security-policy"))
    parts = dict(part.strip().split(" ", 1) for part in policy.partition(": ")[2].split(";"))
    assert parts["script-src"] == "'self'"
    assert parts["style-src"] == "'self' 'unsafe-inline'"
    assert parts["connect-src"] == "'self' ws://ui.example:8443 wss://ui.example:8443"
    assert parts["img-src"] == "'self' data: https:"
    assert parts["worker-src"] == "'self' blob:"
    assert (parts["frame-ancestors"], parts["base-uri"]) == ("'none'", "'self'")
    assert b"referrer-policy: same-origin" in head
    assert b"x-content-type-options: nosniff" in head


async def test_a_host_that_is_none_gets_nothing_into_the_policy(web: RunningGateway) -> None:
    head, _ = await raw_get(web, "/", "accept: text/html", "x-forwarded-host: a; script-src *")
    assert b"script-src *" not in head
    assert b"connect-src 'self' ws://lictor.example wss://lictor.example" in head


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/assets/%252e%252e%252f%252e%252e%252fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/assets//../../secret.txt",
        "/assets/%00/../../secret.txt",
        "/favicon.svg%00.txt",
        "/leak.txt",
        "/assets/out/secret.txt",
        "/.hidden.txt",
        "/assets/",
        "/assets",
        "/assets/app-1a2b",
        "/assets/none.js",
        "/index.html/x.js",
        "//etc/passwd.txt",
        "/.well-known/x",
    ],
)
async def test_nothing_else_can_be_read(web: RunningGateway, target: str) -> None:
    head, body = await raw_get(web, target, "accept: */*")
    assert head.split(b" ")[1] in (b"400", b"404"), head
    assert b"secret" not in body.replace(b"secret.txt", b"")
    assert b"hidden" not in body.replace(b"hidden.txt", b"")


async def test_a_link_within_the_directory_is_followed(web: RunningGateway) -> None:
    assert (await web.client.get("/near.svg")).text == "<svg/>"


async def test_the_api_is_where_it_was(web: RunningGateway) -> None:
    page = await web.client.get("/graphql", headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    asked = await web.client.get("/graphql", params={"query": "{ hello }"}, headers=BROWSER)
    assert set(asked.json()["data"]) == {"hello"}
    assert set((await web.post("{ hello }", path="/flows/x", headers=BROWSER)).json()["data"]) == {"hello"}
    for path in ("/health", "/ready", "/metrics", "/openapi.json"):
        answer = await web.client.get(path, headers=BROWSER)
        assert not answer.headers["content-type"].startswith("text/html"), path
    assert (await web.client.get("/flows", headers={"accept": "application/json"})).status_code == 400


async def test_without_a_build_there_is_the_help_page_until_there_is_one(
    database: str, tmp_path: Path
) -> None:
    async with serve(settings_for(database, ui_dir=tmp_path / "dist")) as gateway:
        page = await gateway.client.get("/flows", headers=BROWSER)
        assert page.status_code == 200
        assert "make ui" in page.text
        assert f"curl {gateway.url} " in page.text
        (tmp_path / "dist").mkdir()
        (tmp_path / "dist" / "index.html").write_text(INDEX)
        assert (await gateway.client.get("/flows", headers=BROWSER)).text == INDEX


async def test_settings_of_the_original_ui(web: RunningGateway) -> None:
    async def server_url(**headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        found = (await web.client.get("/settings.json", headers=sent)).json()
        assert found["base_url"] == "/"
        return found["server_url"]

    assert await server_url() == f"{web.url}/graphql"
    assert await server_url(host="lictor.example") == "http://lictor.example/graphql"
    forwarded = {"x_forwarded_proto": "https", "x_forwarded_host": "lictor.example:8443"}
    assert await server_url(**forwarded) == "https://lictor.example:8443/graphql"
    assert await server_url(x_forwarded_proto="https, http") == f"{web.url.replace('http', 'https')}/graphql"
    assert await server_url(x_forwarded_proto="javascript") == f"{web.url}/graphql"


async def test_under_a_path_that_the_proxy_leaves(database: str, built: Path) -> None:
    settings = settings_for(database, ui_dir=built, root_path="/lictor/")
    async with serve(settings) as gateway:
        for prefix in ("/lictor", ""):
            assert set((await gateway.post("{ hello }", path=f"{prefix}/graphql")).json()["data"]) == {
                "hello"
            }
            assert (await gateway.client.get(f"{prefix}/health")).json()["status"] == "ok"
            assert (await gateway.client.get(f"{prefix}/assets/app-1a2b.js")).text == SCRIPT
            page = await gateway.client.get(f"{prefix}/flow-run/1", headers=BROWSER)
            assert page.text == INDEX.replace("./", "../", 1)
            found = await gateway.client.get(f"{prefix}/settings.json")
            assert found.json()["server_url"] == f"{gateway.url}/lictor/graphql"
        assert set((await gateway.post("{ hello }", path="/lictor")).json()["data"]) == {"hello"}
        bare = await gateway.client.get("/lictor?tab=flows", headers=BROWSER)
        assert (bare.status_code, bare.headers["location"]) == (308, "/lictor/?tab=flows")
        assert (await gateway.client.get("/lictor/", headers=BROWSER)).text == INDEX
        # Another path that begins alike is another path.
        assert (await gateway.client.get("/lictorium/x", headers=BROWSER)).text == INDEX.replace(
            "./", "../", 1
        )


@pytest.mark.parametrize("path", ["/a b", "/a//b", "/..", "/a/../b", "/ä", "http://x/", "/a?b"])
def test_a_root_path_is_a_path(path: str) -> None:
    with pytest.raises(ValueError, match="root_path"):
        Settings(root_path=path)


@pytest.mark.parametrize(("given", "path"), [("", ""), ("/", ""), ("lictor", "/lictor"), ("/a/b/", "/a/b")])
def test_spellings_of_a_root_path(given: str, path: str) -> None:
    assert Settings(root_path=given).root_path == path
