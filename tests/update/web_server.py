"""A real server on loopback that knows Range, dies, trickles, lies or redirects.

The rule to know: an `Answer` is all that it does with a question; `served` is what a good one does.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONTENT = bytes(range(256)) * 20_000  # 5.1 MB
Answer = Callable[["Server", BaseHTTPRequestHandler, int], None]
HELD_S = 20.0  # for which an answer without end goes on


class Server:
    """Serves a folder, or CONTENT under any name, as `answer` says."""

    def __init__(
        self, answer: Answer, context: ssl.SSLContext | None = None, protocol: str = "HTTP/1.0"
    ) -> None:
        self.asked: list[str] = []
        self.folder: Path | None = None
        self.over = threading.Event()
        outer = self

        class Asked(BaseHTTPRequestHandler):
            protocol_version = protocol

            def do_GET(self) -> None:
                outer.asked.append(self.headers.get("Range", ""))
                begin = int(outer.asked[-1].partition("=")[2].rstrip("-") or 0)
                answer(outer, self, begin)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]  # we hang up too
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_port}/releases"

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Until the end of the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def content(self, path: str) -> bytes | None:
        """What lies under a path."""
        if self.folder is None:
            return CONTENT
        file = self.folder / path.removeprefix("/releases/")
        return file.read_bytes() if file.is_file() else None


def served(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """As a web server does: from the byte that was asked for."""
    content = server.content(asked.path)
    if content is None:
        asked.send_error(404)
        return
    asked.send_response(206 if begin else 200)
    if begin:
        asked.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
    asked.send_header("Content-Length", str(len(content) - begin))
    asked.end_headers()
    asked.wfile.write(content[begin:])


@contextmanager
def published(folder: Path, answer: Answer = served) -> Iterator[Server]:
    """A folder of releases, over HTTP until the end of the block."""
    server = Server(answer)
    server.folder = folder
    with server.running():
        yield server


def dying(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """1.5 MB of each answer come, then the connection is cut."""
    _begun(asked, begin, len(CONTENT) - begin)
    asked.wfile.write(CONTENT[begin : begin + 1_500_000])
    assert server.asked


def _begun(asked: BaseHTTPRequestHandler, begin: int, length: int) -> None:
    asked.send_response(206 if begin else 200)
    asked.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
    asked.send_header("Content-Length", str(length))
    asked.end_headers()


def without_range(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """Always from the first byte; the first answer breaks off."""
    asked.send_response(200)
    asked.send_header("Content-Length", str(len(CONTENT)))
    asked.end_headers()
    assert begin >= 0
    asked.wfile.write(CONTENT if len(server.asked) > 1 else CONTENT[:2_000_000])


def silent(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """Headers, a few bytes, then nothing for ever."""
    _begun(asked, begin, len(CONTENT) - begin)
    asked.wfile.write(CONTENT[begin : begin + 100])
    server.over.wait(30)


def trickling(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """A byte now and then, for ever."""
    _begun(asked, begin, len(CONTENT) - begin)
    while not server.over.wait(0.02):
        asked.wfile.write(CONTENT[begin : begin + 1])
        asked.wfile.flush()


def trickling_headers(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """The same with headers that never end."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not server.over.wait(0.02):
        asked.wfile.write(b"X-Waiting: 1\r\n"[: begin + 20])
        asked.wfile.flush()


def continuing(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """`100 Continue` and again."""
    assert begin == 0
    _said_on(server, asked, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def trailing(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """One byte, and trailers that never end."""
    assert begin == 0
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    _said_on(server, asked, b"X-Waiting: 1\r\n" * 100)


def padding(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """Chunks of one byte, each after 10 kB of words about it."""
    assert begin == 0
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _said_on(server, asked, b"1;" + b"x" * 10_000 + b"\r\nx\r\n")


def _said_on(server: Server, asked: BaseHTTPRequestHandler, words: bytes) -> None:
    """The same again and again, as fast as it is read."""
    ends_at = time.monotonic() + HELD_S
    while not server.over.is_set() and time.monotonic() < ends_at:
        asked.wfile.write(words)


def unlisted(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """As S3 where nobody may list: 403 for what is not there."""
    if server.content(asked.path) is None:
        asked.send_error(403)
    else:
        served(server, asked, begin)


def slow(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """10 kB every 20 ms, 1 MB in all."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for start in range(begin, 1_000_000, 10_000):
        asked.wfile.write(CONTENT[start : start + 10_000])
        server.over.wait(0.02)


def elsewhere(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """A part, but not the one that was asked for."""
    if begin == 0:
        dying(server, asked, begin)
    else:
        _begun(asked, begin - 1, 100)
        asked.wfile.write(bytes(100))


def redirecting(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """To somewhere else."""
    asked.send_response(302)
    asked.send_header("Location", f"http://elsewhere.example/{begin}")
    asked.send_header("Content-Length", "0")
    asked.end_headers()
    assert server.asked


def altered(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """One bit of the content is another."""
    _begun(asked, begin, len(CONTENT) - begin)
    asked.wfile.write(CONTENT[begin:-1] + b"\0")
    assert server.asked


def endless(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
    """More than the manifest says, without a length."""
    asked.send_response(200)
    asked.end_headers()
    assert begin == 0
    while not server.over.is_set():
        asked.wfile.write(CONTENT)
