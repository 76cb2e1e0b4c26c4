"""A consumer of the webhook: a real HTTP server on loopback that behaves as badly as it is told."""

from __future__ import annotations

import json
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Posted:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The content, which must be a JSON object."""
        parsed = json.loads(self.content)
        assert isinstance(parsed, dict)
        return parsed

    @property
    def uuid(self) -> str:
        """By which a repeat is known."""
        return self.headers["X-Gatepost-Id"]


def status(number: int, **headers: str) -> Behaviour:
    """Answers with a status and nothing else."""

    def behave(door: BaseHTTPRequestHandler) -> None:
        door.send_response(number)
        for name, value in headers.items():
            door.send_header(name.replace("_", "-"), value)
        door.send_header("Content-Length", "0")
        door.end_headers()

    return behave


def says(content: bytes) -> Behaviour:
    """Writes these bytes and hangs up."""

    def behave(door: BaseHTTPRequestHandler) -> None:
        door.wfile.write(content)
        door.close_connection = True
        door.connection.shutdown(socket.SHUT_RDWR)

    return behave


class Consumer:
    """Takes every POST with 200, unless `next` holds another behaviour."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of loopback."""
        self.heard: list[Posted] = []
        self.next: deque[Behaviour] = deque()
        self.always: Behaviour = status(200)
        self.closing = Event()
        self._trust = trust
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it listens, with a query that nobody may see."""
        return f"http{'s' if self._trust else ''}://localhost:{self.port}/hook?api_key=hush-hush"

    @property
    def uuids(self) -> list[str]:
        """What it keeps: repeats are dropped by their id."""
        return list(dict.fromkeys(posted.uuid for posted in self.heard))

    def start(self) -> None:
        """Listen, again where it did before."""
        consumer = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                behave = consumer.next.popleft() if consumer.next else consumer.always
                consumer.heard.append(Posted(self.path, dict(self.headers.items()), content))
                behave(self)

            def log_message(self, *_: object) -> None:
                pass

        self.closing.clear()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Door)
        self._server.daemon_threads = True
        if self._trust is not None:
            self._server.socket = self._trust.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # hung up on
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more: whoever comes is refused."""
        self.closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def stall(self, door: BaseHTTPRequestHandler) -> None:
        """Answers nothing until the test is over."""
        self.closing.wait(60)
        door.close_connection = True

    def drip(self, door: BaseHTTPRequestHandler) -> None:
        """Gives a byte now and then, so that no timeout of a socket ever strikes."""
        door.wfile.write(b"HTTP/1.1 200 ")
        while not self.closing.wait(0.1):
            door.wfile.write(b"O")
