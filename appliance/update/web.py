"""Files of a web server, any that serves plain files; with Range, what broke off is gone on with.

The rule to know: no server can hold us.  An answer that brings less than LEAST_BYTES of the file in
WINDOW_S is at its end, whatever else it says: nothing, a byte now and then, headers or trailers or
`100 Continue` without end, which `http.client` would read for ever.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from appliance import __version__
from appliance.errors import SourceError
from appliance.update.source import CHUNK, MANIFEST, bounded
from appliance.update.trust import authorities

CONNECT_S = 15.0  # for each address of the name
WINDOW_S, LEAST_BYTES = 60.0, 64 * 1024
"""A kilobyte a second: the slowest link on which 30 MB still come in a night."""
OK, PARTIAL, FORBIDDEN, NOT_FOUND, GONE = 200, 206, 403, 404, 410
ABSENT = frozenset({NOT_FOUND, GONE})
UNLISTED = ABSENT | {FORBIDDEN}
"""Of a server that tells nobody what is not there, as S3 does who may not list: 403 for all that is
missing.  Whoever would withhold a file can as well say 404."""
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class WebHost:
    """One server, by scheme, host and port."""

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext,
        window_s: float = WINDOW_S,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """Ask the server of `url`.

        Args:
            url: https, or http; what stands behind the port is not looked at.
            context: who vouches for it, and what it is shown.
            window_s: seconds in which LEAST_BYTES must come.
            headers: that go with every question.
        """
        self._address = urlsplit(url)
        self._context = context
        self._window_s = window_s
        self._headers = {"User-Agent": f"gatepost/{__version__}", "Accept-Encoding": "identity"}
        self._headers |= headers

    def read(
        self, target: str, name: str, most: int, absent: Collection[int] = ABSENT
    ) -> bytes | None:
        """All of a small file; None where there is none; SourceError as of `Source`.

        Args:
            target: path and query.
            name: of the file, for the words of a fault.
            most: bytes that it may have.
            absent: answers that mean that there is none.
        """
        with self.asked("GET", target, name) as answer:
            if answer.status in absent:
                return None
            self.expect(answer, name, {OK})
            return self.whole(answer, name, most)

    def parts(self, target: str, name: str, offset: int) -> Iterator[bytes]:
        """A file piece by piece; of a server without Range, what is here already is skipped."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self.asked("GET", target, name, headers) as answer:
            self.expect(answer, name, {PARTIAL, OK} if offset else {OK})
            to_skip = 0 if self._begins_at(answer, name, offset) else offset
            while part := answer.read1(CHUNK):
                skipped = min(to_skip, len(part))
                to_skip -= skipped
                if len(part) > skipped:
                    yield part[skipped:]

    @contextmanager
    def asked(
        self,
        method: str,
        target: str,
        name: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes | None = None,
    ) -> Iterator[HTTPResponse]:
        """What the server answers, in words of ours where it does not."""
        try:
            with closing(self._line()) as line:
                connection = HTTPConnection(self._address.netloc)
                connection.sock = _Impatient(line, self._window_s)
                connection.response_class = _Answer
                connection.request(method, target, body, {**self._headers, **headers})
                yield connection.getresponse()
        except ssl.SSLCertVerificationError as fault:
            raise self.fault(name, f"bad certificate: {fault.verify_message}") from fault
        except HTTPException as fault:
            raise self.fault(name, f"no HTTP answer ({type(fault).__name__})") from fault
        except OSError as fault:
            raise self.fault(name, fault.strerror or str(fault)) from fault

    def whole(self, answer: HTTPResponse, name: str, most: int) -> bytes:
        """All of an answer; SourceError where it breaks off: to a signature it would be altered."""
        content = b""
        # piece by piece: of a chunk of -1 bytes `read` takes all that ever comes
        while len(content) <= most and (part := answer.read1(CHUNK)):
            content += part
        content = bounded(content, name, most)
        if answer.length:
            raise self.fault(name, f"broke off after {len(content)} bytes")
        return content

    def expect(self, answer: HTTPResponse, name: str, wanted: Collection[int]) -> None:
        """Raise SourceError where an answer is none of these."""
        if answer.status not in wanted:
            told = "; a redirect is not followed" if answer.getheader("Location") else ""
            raise self.fault(name, f"answered {answer.status}{told}")

    def _begins_at(self, answer: HTTPResponse, name: str, offset: int) -> bool:
        """Whether a partial answer begins where it was asked to; SourceError: it is elsewhere."""
        if answer.status != PARTIAL:
            return False
        told = answer.getheader("Content-Range") or ""
        found = re.fullmatch(r"bytes (\d{1,15})-\d+/(\d+|\*)", told, re.ASCII)
        if found is None or int(found[1]) != offset:
            words = f"Content-Range {told[:60]!r}, expected to begin at {offset}"
            raise self.fault(name, words)
        return True

    def fault(self, name: str, words: str) -> SourceError:
        """What is wrong with it."""
        return SourceError(f"{self._address.scheme}://{self._address.netloc}: {name}: {words}")

    def _line(self) -> socket.socket:
        """A connection, encrypted where the address says so."""
        host, is_secure = self._address.hostname or "", self._address.scheme == "https"
        port = self._address.port or (443 if is_secure else 80)
        line = socket.create_connection((host, port), CONNECT_S)
        if not is_secure:
            return line
        try:
            return self._context.wrap_socket(line, server_hostname=host)
        except OSError:
            line.close()
            raise


class WebSource:
    """Files below an address."""

    def __init__(self, url: str, ca_file: Path | None = None, window_s: float = WINDOW_S) -> None:
        """Read from below `url`.

        Args:
            url: https, or http.
            ca_file: authorities that are trusted; None: those of the system.
            window_s: seconds in which LEAST_BYTES must come.

        Raises:
            ConfigurationError: the authorities cannot be read.
        """
        self._host = WebHost(url, authorities(ca_file), window_s)
        self._path = urlsplit(url).path.rstrip("/")

    def read(self, name: str, most: int) -> bytes | None:
        """All of a small file; the manifest has to be there, so a 403 for it is told."""
        absent = ABSENT if name == MANIFEST else UNLISTED
        return self._host.read(f"{self._path}/{quote(name)}", name, most, absent)

    def parts(self, name: str, offset: int) -> Iterator[bytes]:
        """A file piece by piece."""
        return self._host.parts(f"{self._path}/{quote(name)}", name, offset)


class _Impatient(io.RawIOBase):
    """A socket as `http.client` uses one, and what comes of it as long as enough is of the file."""

    def __init__(self, line: socket.socket, window_s: float) -> None:
        self._line = line
        self._window_s = window_s
        self._count = 0
        self._ends_at = time.monotonic() + window_s

    def sendall(self, content: bytes) -> None:
        self._line.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, CHUNK)

    def close(self) -> None:
        """Whoever made the connection closes it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # typeshed's WriteableBuffer
        while True:
            left = self._ends_at - time.monotonic()
            if left <= 0:
                self._begin_window()
                continue
            self._line.settimeout(left)
            with suppress(TimeoutError):
                return self._line.recv_into(buffer)

    def count(self, size: int) -> None:
        """So many bytes of the file have come."""
        self._count += size

    def _begin_window(self) -> None:
        if self._count < LEAST_BYTES:
            raise TimeoutError(f"{self._count} bytes in {self._window_s:g} s: too slow")
        self._count, self._ends_at = 0, time.monotonic() + self._window_s


class _Answer(HTTPResponse):
    """An answer that counts what of it is the file."""

    def __init__(self, line: Any, *rest: Any, **more: Any) -> None:  # noqa: ANN401  # http.client's
        super().__init__(line, *rest, **more)
        self._line: _Impatient = line

    def read1(self, n: int = -1) -> bytes:
        part = super().read1(n)
        self._line.count(len(part))
        return part
