"""How the stand-in of a hawkBit server reads questions and writes answers."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

Sent = Callable[[str, bytes], bytes]
"""Gives what of a file's bytes is sent before the line breaks."""


class RefusedError(Exception):
    """An answer without success."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Wire:
    """One question, and its answer."""

    def __init__(self, asked: BaseHTTPRequestHandler) -> None:
        """Read the question's body."""
        self.asked = asked
        self.body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))

    @property
    def certified(self) -> str:
        """The common name of the certificate that was shown; empty: none."""
        line = self.asked.connection
        shown = line.getpeercert() if isinstance(line, ssl.SSLSocket) else None
        names: Any = shown.get("subject", ()) if shown else ()
        return next((text for part in names for key, text in part if key == "commonName"), "")

    def ranged(self, name: str, content: bytes, sent_of: Sent) -> None:
        """RFC 7233, one range; the line breaks where `sent_of` says so."""
        begin, size = 0, len(content)
        if asked := self.asked.headers.get("Range"):
            found = re.fullmatch(r"bytes=(\d+)-", asked)
            if found is None or int(found[1]) >= size:
                self.send(416, b"", {"Content-Range": f"bytes */{size}"})
                return
            begin = int(found[1])
        ranged = {"Content-Range": f"bytes {begin}-{size - 1}/{size}"} if asked else {}
        marks = {"ETag": hashlib.sha1(content).hexdigest(), "Accept-Ranges": "bytes"}  # noqa: S324
        self.head(206 if asked else 200, size - begin, ranged | marks, "application/octet-stream")
        sent = sent_of(name, content[begin:])
        self.asked.wfile.write(sent)
        if len(sent) < size - begin:
            self.asked.connection.shutdown(socket.SHUT_RDWR)
            self.asked.close_connection = True

    def told(self) -> dict[str, Any]:
        """The object of JSON that was sent; 415 and 400 where none was."""
        if self.asked.headers.get("Content-Type") != "application/json":
            raise RefusedError(415)
        try:
            told = json.loads(self.body)
        except ValueError as fault:
            raise RefusedError(400) from fault
        if not isinstance(told, dict):
            raise RefusedError(400)
        return told

    def json(self, table: dict[str, Any], kind: str = "application/json") -> None:
        """With a mark of the content; 304 where that is known."""
        content = json.dumps(table).encode()
        mark = f'"0{hashlib.md5(content).hexdigest()}"'  # noqa: S324  # a mark
        is_known = self.asked.headers.get("If-None-Match") == mark
        self.send(304 if is_known else 200, b"" if is_known else content, {"ETag": mark}, kind)

    def send(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        """Give a whole answer."""
        self.head(status, len(content), headers or {}, kind)
        self.asked.wfile.write(content)

    def head(self, status: int, length: int, headers: dict[str, str], kind: str) -> None:
        """Begin an answer."""
        self.asked.send_response(status)
        for key, text in {"Content-Type": kind, "Content-Length": str(length), **headers}.items():
            self.asked.send_header(key, text)
        self.asked.end_headers()
