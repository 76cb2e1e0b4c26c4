"""Fetching from a server: what broke off goes on, and none can hold us or give us another file."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from appliance.errors import SourceError, UpdateError
from appliance.update.disk import Disk
from appliance.update.fetch import (
    DURABLE_BYTES,
    LEAST_GAIN,
    fetch_artefact,
    here,
    require_space,
)
from appliance.update.keys import MOST_BYTES
from appliance.update.manifest import Artefact
from appliance.update.shelf import Shelf
from appliance.update.source import CHUNK
from appliance.update.web import WebSource
from tests.authority import Authority
from tests.update.conftest import Device, Publisher
from tests.update.cutting import CuttingDisk, PowerCut
from tests.update.web_server import (
    CONTENT,
    Answer,
    Server,
    altered,
    continuing,
    dying,
    elsewhere,
    endless,
    padding,
    published,
    redirecting,
    served,
    silent,
    slow,
    trailing,
    trickling,
    trickling_headers,
    unlisted,
    without_range,
)

IMPATIENT_S = 0.3
HOLDING = [silent, trickling, trickling_headers, continuing, trailing, padding]


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


def test_a_power_cut_takes_little_of_a_download(
    tmp_path: Path, shelf: Shelf, artefact: Artefact
) -> None:
    """However long it went on: no more than DURABLE_BYTES of what came has to come again."""
    shelf.disk.make_folder(shelf.folder / "downloads")
    disk, cut_at = CuttingDisk(tmp_path / "aside"), artefact.size - CHUNK

    def cut(count: int, _size: int) -> None:
        if count >= cut_at:
            raise PowerCut

    with Server(served).running() as server, pytest.raises(PowerCut):
        fetch_artefact(Shelf(shelf.folder, disk), artefact, WebSource(server.url), cut)
    disk.lose(1.0)
    assert 0 < cut_at - DURABLE_BYTES <= here(shelf, artefact) < cut_at


def test_a_server_without_range_serves_too(shelf: Shelf, artefact: Artefact) -> None:
    """What is here already is skipped."""
    with Server(without_range).running() as server:
        path = fetch_artefact(shelf, artefact, WebSource(server.url))
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize("answer", HOLDING)
def test_no_server_holds_us(shelf: Shelf, artefact: Artefact, answer: Answer) -> None:
    """Whoever brings less than 64 kB of the file in the window is given up, whatever else comes."""
    with (
        Server(answer).running() as server,
        quickly(10),
        pytest.raises(SourceError, match=server.url[:20]),
    ):
        fetch_artefact(shelf, artefact, WebSource(server.url, window_s=IMPATIENT_S))


@pytest.mark.parametrize("answer", HOLDING)
def test_no_server_holds_us_with_a_manifest(answer: Answer) -> None:
    """The same for what is read at once."""
    with Server(answer).running() as server, quickly(10), pytest.raises(SourceError):
        WebSource(server.url, window_s=IMPATIENT_S).read("manifest.signed", MOST_BYTES)


def test_a_server_that_brings_enough_is_waited_for() -> None:
    """Over many windows, though something is awaited whenever one ends."""
    with Server(slow).running() as server:
        source = WebSource(server.url, window_s=IMPATIENT_S)
        assert source.read("manifest.signed", 1_000_000) == CONTENT[:1_000_000]


def test_a_server_that_says_403_for_what_is_not_there_serves_too(
    publisher: Publisher, device: Device
) -> None:
    """As S3 without the right to list.  A manifest has to be there: its 403 is told."""
    publisher.release("1.1.0")
    with published(publisher.site.folder, unlisted) as server:
        assert device.run(WebSource(server.url)) == "1.1.0"
        (publisher.site.folder / "manifest.signed").unlink()
        with pytest.raises(SourceError, match=r"manifest\.signed: answered 403"):
            device.look(WebSource(server.url))


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
