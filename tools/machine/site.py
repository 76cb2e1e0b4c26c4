"""The host's server of plain files, over HTTPS and with Range, as any web server would be.

The rule to know: it counts what it has handed out, so that power can be cut within a download.
"""

from __future__ import annotations

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHUNK = 64 * 1024
CIPHER = "ECDHE-ECDSA-CHACHA20-POLY1305"
"""AES-GCM's instructions are emulated bit by bit: half of a second for a megabyte."""


class Files:
    """Serves a folder on a free port of loopback, until the program ends.

    Attributes:
        port: where it listens.
        sent: bytes handed out, by the first part of the path: each unit has a folder of its own.
        reached: the last byte that was handed out of any file, counted from its beginning.
    """

    def __init__(self, folder: Path, certificate: Path, key: Path) -> None:
        """Begin at once."""
        self.folder, self.sent, self.reached = folder, dict[str, int](), dict[str, int]()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # a cipher of TLS 1.3 cannot be chosen
        context.set_ciphers(CIPHER)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def count(self, path: str, size: int, end: int) -> None:
        """Remember that so many bytes went out, and where in the file they ended."""
        unit = path.split("/", maxsplit=1)[0]
        self.sent[unit] = self.sent.get(unit, 0) + size
        self.reached[unit] = max(end, self.reached.get(unit, 0))


def span_of(wanted: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a header `Range: bytes=A-[B]`; None: the whole file."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
    if found is None or int(found[1]) >= size:
        return None
    return int(found[1]), min(int(found[2] or size), size - 1)


def _answering(files: Files) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        """Of one request."""

        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:  # http.server's name
            path = (files.folder / self.path.lstrip("/")).resolve()
            if files.folder.resolve() not in path.parents or not path.is_file():
                self.send_error(404)
                return
            self._send(path, span_of(self.headers.get("Range"), path.stat().st_size))

        def _send(self, path: Path, span: tuple[int, int] | None) -> None:
            size = path.stat().st_size
            first, last = span or (0, size - 1)
            self.send_response(206 if span else 200)
            self.send_header("Content-Length", str(last - first + 1))
            if span:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.end_headers()
            with path.open("rb") as file:
                file.seek(first)
                self._pour(file.read(last - first + 1), first)

        def _pour(self, content: bytes, first: int) -> None:
            try:
                for offset in range(0, len(content), CHUNK):
                    part = content[offset : offset + CHUNK]
                    self.wfile.write(part)
                    end = first + offset + len(part)
                    files.count(self.path.lstrip("/"), len(part), end)
            except OSError:
                self.close_connection = True  # its power went

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Answer
