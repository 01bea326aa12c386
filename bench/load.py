"""A load generator that behaves as Prefect's client does: a new TCP connection for every call.

Run as a process of its own (`python -m bench.load`), so that its CPU time is known apart. Reads a JSON
description from standard input: {host, port, seconds, clients: [[body, …], …], headers, once}; each client
sends its bodies round and round (with `once`: until the last is sent), one at a time. One thread drives them all by epoll, so that none waits for another's
turn with the interpreter. Prints one JSON line: calls, errors, seconds, latencies, CPU.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from typing import Any

HEAD = (
    "POST / HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: python-requests/2\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nX-PREFECT-CORE-VERSION: 1.4.1\r\n"
    "Content-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n"
)


def request(host: str, port: int, body: str, headers: dict[str, str]) -> bytes:
    """The bytes of one POST."""
    encoded = body.encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return HEAD.format(host=host, port=port, length=len(encoded), headers=lines).encode() + encoded


class Client:
    """One client: a call at a time, each on a connection of its own."""

    def __init__(self, poller: select.epoll, address: tuple[str, int], requests: list[bytes]) -> None:
        self.poller = poller
        self.address = address
        self.requests = requests
        self.latencies: list[float] = []
        self.errors: list[str] = []

    @property
    def has_sent_all(self) -> bool:
        return len(self.latencies) >= len(self.requests)

    def begin(self) -> int:
        """Connect and send the next request; returns the descriptor that the answer will come on."""
        self.began = time.perf_counter()
        self.unsent = memoryview(self.requests[len(self.latencies) % len(self.requests)])
        self.received = b""
        self.expected = -1
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(self.address)
        self.poller.register(self.socket, select.EPOLLOUT)
        return self.socket.fileno()

    def go_on(self, event: int) -> bool:
        """Do what the socket is ready for; True when the call has ended."""
        try:
            if event & select.EPOLLOUT:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
                if not self.unsent:
                    self.poller.modify(self.socket, select.EPOLLIN)
                return False
            chunk = self.socket.recv(262144)
            if not chunk:
                raise ConnectionError("closed before the answer was complete")
            self.received += chunk
            return self._complete()
        except OSError as error:
            self.errors.append(repr(error))
            return True

    def _complete(self) -> bool:
        if self.expected < 0:
            head, mark, _ = self.received.partition(b"\r\n\r\n")
            if not mark:
                return False
            lines = head.lower().split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            self.expected = len(head) + 4 + length
        if len(self.received) < self.expected:
            return False
        if (
            self.received[9:12] != b"200"
            or b'"errors"' in self.received
            or b'"success":false' in self.received
        ):
            self.errors.append(self.received[:600].decode(errors="replace"))
        return True

    def end(self) -> None:
        """Note how long the call took and close its connection."""
        self.latencies.append(time.perf_counter() - self.began)
        self.poller.unregister(self.socket)
        self.socket.close()


def drive(clients: list[Client], poller: select.epoll, until: float, once: bool) -> None:
    """Keep every client calling until the time is up (or, `once`, it has sent all), then let the calls under way end."""
    busy = {client.begin(): client for client in clients}
    while busy:
        for descriptor, event in poller.poll(30):
            client = busy[descriptor]
            if client.go_on(event):
                del busy[descriptor]
                client.end()
                if time.perf_counter() < until and not (once and client.has_sent_all):
                    busy[client.begin()] = client


def main() -> None:
    plan: dict[str, Any] = json.load(sys.stdin)
    address = (plan["host"], plan["port"])
    poller = select.epoll()
    clients = [
        Client(poller, address, [request(*address, body, plan["headers"]) for body in bodies])
        for bodies in plan["clients"]
    ]
    began, used = time.perf_counter(), time.process_time()
    drive(clients, poller, began + plan["seconds"], plan["once"])
    seconds = time.perf_counter() - began
    latencies = sorted(latency for client in clients for latency in client.latencies)
    errors = [error for client in clients for error in client.errors]
    used = time.process_time() - used
    print(
        json.dumps(
            {
                "calls": len(latencies),
                "errors": len(errors),
                "first_error": errors[0] if errors else None,
                "seconds": seconds,
                "p50": latencies[len(latencies) // 2],
                "p95": latencies[int(len(latencies) * 0.95)],
                "p99": latencies[int(len(latencies) * 0.99)],
                "cpu": used,
            }
        )
    )


if __name__ == "__main__":
    main()
