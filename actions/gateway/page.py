"""The page that a browser sees at the API's address, and which paths it may stand at.

A path comes in; HTML goes out, or None when a file is asked for that does not exist. Loads nothing from
elsewhere.
"""

from __future__ import annotations

import posixpath
from html import escape

from lictor.actions.gateway.responses import Header

PAGE_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"cache-control", b"no-cache"),
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Lictor</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }}
pre {{ background: #f3f4f6; padding: .75rem 1rem; overflow-x: auto; }}
</style>
</head>
<body>
<h1>Lictor</h1>
<p>This is the GraphQL API of Lictor {version}, the backend for Prefect 1.x flows. It answers POST requests
at every path of this address.</p>
<p>Point Prefect here:</p>
<pre>export PREFECT__BACKEND=server
export PREFECT__CLOUD__API={address}
prefect agent local start</pre>
<p>Ask it something:</p>
<pre>curl {address} -H 'content-type: application/json' \\
     -d '{{"query": "{{ hello api {{ version }} }}"}}'</pre>
<p>The web UI would be here. It has not been built: in a checkout of Lictor, <code>make ui</code> builds it, with
Node 20.19 or later or one that it fetches; then reload this page.</p>
<p>Health: <code>/health</code> tells that the process answers, <code>/ready</code> what it needs to serve.</p>
</body>
</html>
"""


def help_page(version: str, address: str) -> bytes:
    """The page as bytes; `address` is the URL under which the browser reached it."""
    return _PAGE.format(version=escape(version), address=escape(address)).encode()


def names_a_file(path: str) -> bool:
    """Whether `path` asks for a file: a missing script must be 404, never a page (ui-and-cloud.md E 6)."""
    return posixpath.splitext(path.rstrip("/"))[1] != ""
