"""A load generator that behaves as Prefect's client does: a new TCP connection for every call.

Run as a process of its own (`python -m bench.load`), so that its CPU time is known apart. Reads a JSON
description from standard input: {host, port, seconds, keep_alive, clients: [[body, …], …]}; each client
is a thread that sends its bodies round and round. Prints one JSON line: calls, errors, seconds, latencies.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from typing import Any

HEAD = (
    "POST / HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: python-requests/2\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nX-PREFECT-CORE-VERSION: 1.4.1\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


def request(host: str, port: int, body: str) -> bytes:
    """The bytes of one POST."""
    encoded = body.encode()
    return HEAD.format(host=host, port=port, length=len(encoded)).encode() + encoded


def receive(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the one answer on `connection`."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("closed before the headers were complete")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return int(head[9:12]), body


class Client(threading.Thread):
    """Sends its requests in turn until the time is up."""

    def __init__(self, address: tuple[str, int], requests: list[bytes], until: float) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.requests = requests
        self.until = until
        self.latencies: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        number = 0
        while (began := time.perf_counter()) < self.until:
            try:
                with socket.create_connection(self.address, timeout=30) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.sendall(self.requests[number % len(self.requests)])
                    status, body = receive(connection)
                if status != 200 or b'"errors"' in body:
                    self.errors.append(f"{status} {body[:300].decode(errors='replace')}")
            except OSError as error:
                self.errors.append(repr(error))
            self.latencies.append(time.perf_counter() - began)
            number += 1


def main() -> None:
    plan: dict[str, Any] = json.load(sys.stdin)
    address = (plan["host"], plan["port"])
    began = time.perf_counter()
    clients = [
        Client(address, [request(*address, body) for body in bodies], began + plan["seconds"])
        for bodies in plan["clients"]
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - began
    latencies = sorted(latency for client in clients for latency in client.latencies)
    errors = [error for client in clients for error in client.errors]
    used = time.process_time()
    print(
        json.dumps(
            {
                "calls": len(latencies),
                "errors": len(errors),
                "first_error": errors[0] if errors else None,
                "seconds": seconds,
                "p50": latencies[len(latencies) // 2],
                "p99": latencies[int(len(latencies) * 0.99)],
                "cpu": used,
            }
        )
    )


if __name__ == "__main__":
    main()
