"""The action handlers that the suite's metadata names, as an HTTP server of this process.

In: Hasura's webhook requests. Out: answers that follow from the request alone, so that cases say what they expect.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]
SLOWNESS = 4.0  # seconds; the action's own timeout is 1


def greet(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    name = call["input"]["name"]
    return 200, {
        "text": f"Hello, {name}!",
        "loud": name.isupper(),
        "artist_id": call["input"].get("artist_id"),
    }


def order(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    given = call["input"]["input"]
    lines = given["lines"]
    return 200, {
        "id": 77,
        "total": {"amount": sum(line["quantity"] for line in lines), "currency": "EUR"},
        "speed": given.get("speed"),
        "customer_id": given["customer_id"],
        "lines": [{"track_id": line["track_id"], "quantity": line["quantity"]} for line in lines],
    }


def session(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    variables = call["session_variables"]
    return 200, {
        "role": variables.get("x-hasura-role"),
        "user_id": variables.get("x-hasura-user-id"),
        "action": call["action"]["name"],
        "forwarded": headers.get("x-forwarded-by-the-client"),
        "own": headers.get("x-of-the-action"),
        "query": call.get("request_query"),
    }


def respond(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    """Whatever the caller asks for."""
    return call["input"].get("status") or 200, call["input"].get("body")


def slow(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    time.sleep(SLOWNESS)
    return 200, {"text": "too late"}


def numbers(call: dict[str, Any], headers: dict[str, str]) -> Answer:
    return 200, list(range(call["input"]["upto"]))


HANDLERS: dict[str, Callable[[dict[str, Any], dict[str, str]], Answer]] = {
    "/greet": greet,
    "/order": order,
    "/session": session,
    "/respond": respond,
    "/slow": slow,
    "/numbers": numbers,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        handler = HANDLERS.get(self.path)
        status, answer = handler(call, headers) if handler else (404, {"message": "no such handler"})
        body = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # the caller has given up, as it does on /slow

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running_handlers(host: str, port: int) -> Iterator[int]:
    """Serve on `port` (0: a free one); yields the port."""
    with ThreadingHTTPServer((host, port), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
