"""Fetching from a real server on loopback that knows Range, dies, trickles, lies or redirects."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.errors import SourceError, UpdateError
from appliance.update.disk import Disk
from appliance.update.fetch import LEAST_GAIN, fetch_artefact, here, require_space
from appliance.update.keys import MOST_BYTES
from appliance.update.manifest import Artefact
from appliance.update.shelf import Shelf
from appliance.update.web import WebSource
from tests.authority import Authority
from tests.update.conftest import Device, Publisher

CONTENT = bytes(range(256)) * 20_000  # 5.1 MB
IMPATIENT_S = 0.3
Answer = Callable[["Server", BaseHTTPRequestHandler, int], None]


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
def published(folder: Path) -> Iterator[Server]:
    """A folder of releases, over HTTP until the end of the block."""
    server = Server(served)
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


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Empty."""
    return Shelf(tmp_path / "updates", Disk())


@pytest.fixture
def artefact() -> Artefact:
    """What CONTENT is."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    told = {"kind": "app", "platform": "any", "sha256": digest, "size": len(CONTENT)}
    return Artefact.model_validate(told | {"unpacked": 0})


@contextmanager
def quickly(seconds: float) -> Iterator[None]:
    """What is inside must not hold us for longer than that."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def test_a_release_comes_from_a_server_as_from_a_stick(
    publisher: Publisher, device: Device
) -> None:
    """The same files, the same result; what is not there (a second statement) is no fault."""
    publisher.release("1.1.0")
    with published(publisher.site.folder) as server:
        assert device.run(WebSource(server.url)) == "1.1.0"


def test_a_download_goes_on_where_it_broke_off(shelf: Shelf, artefact: Artefact) -> None:
    """Each attempt brings more, so the next follows at once, from the byte it needs."""
    with Server(dying).running() as server:
        path = fetch_artefact(shelf, artefact, WebSource(server.url))
    assert path.read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1500000-", "bytes=3000000-", "bytes=4500000-"]


def test_a_download_outlives_the_process(shelf: Shelf, artefact: Artefact) -> None:
    """What came is kept for the next call."""
    with (
        Server(silent).running() as server,
        pytest.raises(SourceError, match=r"too slow|timed out"),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url, window_s=IMPATIENT_S))
    assert here(shelf, artefact) == 100
    with Server(served).running() as server:
        fetch_artefact(shelf, artefact, WebSource(server.url))
    assert server.asked == ["bytes=100-"]


def test_a_server_without_range_serves_too(shelf: Shelf, artefact: Artefact) -> None:
    """What is here already is skipped."""
    with Server(without_range).running() as server:
        path = fetch_artefact(shelf, artefact, WebSource(server.url))
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize("answer", [silent, trickling, trickling_headers])
def test_no_server_holds_us(shelf: Shelf, artefact: Artefact, answer: Answer) -> None:
    """Whoever brings less than 64 kB in the window is given up, in headers as in the body."""
    with (
        Server(answer).running() as server,
        quickly(10),
        pytest.raises(SourceError, match=server.url[:20]),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url, window_s=IMPATIENT_S))


@pytest.mark.parametrize("answer", [silent, trickling, trickling_headers])
def test_no_server_holds_us_with_a_manifest(answer: Answer) -> None:
    """The same for what is read at once."""
    with Server(answer).running() as server, quickly(10), pytest.raises(SourceError):
        WebSource(server.url, window_s=IMPATIENT_S).read("manifest.signed", MOST_BYTES)


def test_a_small_file_is_not_read_beyond_its_bound() -> None:
    """However much the server has."""
    with (
        Server(endless).running() as server,
        pytest.raises(SourceError, match="more than 262144 bytes"),
    ):
        WebSource(server.url).read("manifest.signed", MOST_BYTES)


@pytest.mark.parametrize("size", [b"-1", b"-5"])
def test_a_chunk_of_less_than_nothing_is_not_read_without_end(size: bytes) -> None:
    """http.client takes -1 for all that comes, and raises ValueError for other sizes."""

    def lying(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
        _ = begin
        asked.send_response(200)
        asked.send_header("Transfer-Encoding", "chunked")
        asked.end_headers()
        asked.wfile.write(size + b"\r\n")
        while not server.over.is_set():
            asked.wfile.write(CONTENT)

    with (
        Server(lying, protocol="HTTP/1.1").running() as server,
        quickly(10),
        pytest.raises(SourceError, match="more than 262144 bytes"),
    ):
        WebSource(server.url).read("manifest.signed", MOST_BYTES)


def test_a_place_of_thousands_of_digits_is_none(shelf: Shelf, artefact: Artefact) -> None:
    """Python makes no number of it, and says so by ValueError."""

    def lying(server: Server, asked: BaseHTTPRequestHandler, begin: int) -> None:
        if not begin:
            dying(server, asked, begin)
            return
        asked.send_response(206)
        asked.send_header("Content-Range", f"bytes {'1' * 5000}-2/*")
        asked.end_headers()

    with (
        Server(lying).running() as server,
        pytest.raises(SourceError, match="expected to begin at 15"),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url))


def test_a_small_file_that_breaks_off_is_not_taken_for_an_altered_one() -> None:
    """The server is away; the next attempt may have all of it."""
    with Server(dying).running() as server, pytest.raises(SourceError, match="broke off after 15"):
        WebSource(server.url).read("manifest.signed", len(CONTENT))


@pytest.mark.parametrize(("answer", "name"), [(altered, "hash"), (endless, "size")])
def test_another_file_is_refused_and_deleted(
    shelf: Shelf, artefact: Artefact, answer: Answer, name: str
) -> None:
    """One bit, or one byte too many: nothing of it stays, and the next call begins anew."""
    with Server(answer).running() as server, pytest.raises(UpdateError) as fault:
        fetch_artefact(shelf, artefact, WebSource(server.url))
    assert fault.value.name == name
    assert here(shelf, artefact) == 0


def test_a_part_from_elsewhere_is_not_taken(shelf: Shelf, artefact: Artefact) -> None:
    """It would be put in the wrong place."""
    with (
        Server(elsewhere).running() as server,
        pytest.raises(
            SourceError, match=f"{server.url[:-9]}: artefacts/.*, expected to begin at 15"
        ),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url))
    assert here(shelf, artefact) == 1_500_000 > LEAST_GAIN


def test_a_redirect_is_not_followed(shelf: Shelf, artefact: Artefact) -> None:
    """It may lead anywhere; the message says so."""
    with (
        Server(redirecting).running() as server,
        pytest.raises(SourceError, match="302; a redirect is not"),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url))


def test_nobody_there_is_said_in_words() -> None:
    """And in no time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with quickly(10), pytest.raises(SourceError, match="Connection refused"):
        WebSource(f"http://127.0.0.1:{port}").read("manifest.signed", MOST_BYTES)


def test_a_server_whose_certificate_is_bad_is_not_asked(tmp_path: Path) -> None:
    """An unknown authority is refused; the one that was named is not."""
    authority = Authority(tmp_path / "authority")
    pair = authority.sign("server", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    with Server(served, context).running() as server:
        with pytest.raises(SourceError, match="bad certificate"):
            WebSource(server.url).read("x", len(CONTENT))
        assert WebSource(server.url, authority.cert).read("x", len(CONTENT)) == CONTENT


def test_what_has_no_room_is_not_begun(shelf: Shelf, artefact: Artefact) -> None:
    """Room for what has come already is not asked for twice."""
    shelf.disk.make_folder(shelf.folder / "downloads")
    require_space(shelf, (artefact,), len(CONTENT))
    with pytest.raises(UpdateError, match="space: 5 MB needed"):
        require_space(shelf, (artefact,), len(CONTENT) - 1)
    shelf.disk.append(shelf.folder / "downloads" / artefact.sha256, CONTENT[:1_000_000])
    require_space(shelf, (artefact,), len(CONTENT) - 1_000_000)
