"""One POST against a real server, good and bad."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from appliance.hook import Webhook
from appliance.transmit import webhook as module
from appliance.transmit.consumers import Parcel
from appliance.transmit.webhook import Hook, read_secret
from tests.conftest import PATIENCE_S
from tests.consumer import Consumer, Posted, says, status

PARCEL = Parcel("01JD3K7W6Y8ZB2Q4XN5T0V9M3C", "application/json", b'{"plate":"AB12CDE"}')
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def consumer() -> Iterator[Consumer]:
    """A consumer that takes everything."""
    consumer = Consumer()
    yield consumer
    consumer.stop()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """A secret that only we can read."""
    path = tmp_path / "secret"
    path.write_bytes(b"0123456789abcdef0123456789abcdef\n")
    path.chmod(0o600)
    return path


def certified(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `name` that nobody else vouches for, and a server's context with it."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext"]
    command += [f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def test_it_arrives_whole_at_the_address(consumer: Consumer) -> None:
    """Path, query, type, id and content are there, and unsigned where there is no secret."""
    assert Hook(Webhook(url=consumer.url)).post(PARCEL).verdict == "taken"
    posted = consumer.heard[0]
    assert posted.path == "/hook?api_key=hush-hush"
    assert posted.headers["Host"] == f"localhost:{consumer.port}"
    assert posted.headers["Content-Type"] == "application/json"
    assert (posted.uuid, posted.content) == (PARCEL.uuid, PARCEL.body)
    assert "X-Gatepost-Signature" not in posted.headers


def test_a_header_of_the_consumer_goes_with_it(consumer: Consumer, tmp_path: Path) -> None:
    """A consumer that asks who posts is told, beside our own headers."""
    path = tmp_path / "header"
    path.write_bytes(b"Authorization: Token 0123456789abcdef\n")
    path.chmod(0o600)
    assert Hook(Webhook(url=consumer.url, header_file=path)).post(PARCEL).verdict == "taken"
    assert consumer.heard[0].headers["Authorization"] == "Token 0123456789abcdef"
    assert consumer.heard[0].uuid == PARCEL.uuid


def verified(posted: Posted, secret: bytes) -> bool:
    """What the README's own lines say of a POST."""
    section = README.read_text(encoding="utf-8").split("\n## Webhook\n")[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    known = {"headers": posted.headers, "body": posted.content, "secret": secret}
    exec(found[1], known)  # noqa: S102  # it is the README that is tested
    return bool(known["genuine"])


def test_the_signature_is_verified_by_the_lines_of_the_readme(
    consumer: Consumer, secret_file: Path
) -> None:
    """Genuine with the secret; not with another, a changed body, time or signature, or old."""
    hook = Hook(Webhook(url=consumer.url, secret_file=secret_file))
    hook.post(PARCEL)
    posted, secret = consumer.heard[0], read_secret(secret_file)
    assert verified(posted, secret)
    assert not verified(posted, b"another secret than the right one")
    assert not verified(Posted(posted.path, posted.headers, posted.content + b" "), secret)
    for name in ("X-Gatepost-Timestamp", "X-Gatepost-Signature"):
        flipped = posted.headers[name][:-1] + ("0" if posted.headers[name][-1] != "0" else "1")
        assert not verified(Posted("", posted.headers | {name: flipped}, posted.content), secret)


def test_an_old_post_is_not_genuine(
    consumer: Consumer, secret_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who plays a signed POST again ten minutes later is found out."""
    then = time.time() - 600
    with monkeypatch.context() as changed:
        changed.setattr(module.time, "time", lambda: then)
        Hook(Webhook(url=consumer.url, secret_file=secret_file)).post(PARCEL)
    assert not verified(consumer.heard[0], read_secret(secret_file))


def test_a_redirect_is_not_followed(consumer: Consumer) -> None:
    """Whatever stands in Location, the passage goes nowhere else."""
    other = Consumer()
    consumer.always = status(307, Location=other.url)
    answer = Hook(Webhook(url=consumer.url)).post(PARCEL)
    other.stop()
    assert (answer.status, answer.verdict, other.heard) == (307, "again", [])


def test_no_proxy_of_the_environment_is_asked(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that somebody set for apt does not send plates to a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Hook(Webhook(url=consumer.url)).post(PARCEL).verdict == "taken"


def test_nobody_there_is_an_answer_in_words(consumer: Consumer) -> None:
    """A consumer that is down is no error of ours, and the words do not show the query."""
    consumer.stop()
    answer = Hook(Webhook(url=consumer.url)).post(PARCEL)
    assert (answer.status, answer.verdict, answer.words) == (None, "again", "Connection refused")


BROKEN = {
    "hangs up": b"",
    "in the status": b"HTTP/1.",
    "in the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "another protocol": b"SSH-2.0-hush\r\n",
    "for ever": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_half_an_answer_is_none(consumer: Consumer, name: str) -> None:
    """Unless status and headers came whole nobody knows what the consumer did: again."""
    consumer.next.append(says(BROKEN[name]))
    answer = Hook(Webhook(url=consumer.url)).post(PARCEL)
    assert answer.verdict == "again"
    assert answer.words
    assert "hush" not in answer.words


@pytest.mark.parametrize("name", ["stall", "drip"])
def test_no_answer_holds_us_longer_than_its_time(
    consumer: Consumer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence ends at the limit, and so does a byte now and then."""
    monkeypatch.setattr(module, "EXCHANGE_S", 1.0)
    consumer.always = getattr(consumer, name)
    began = time.monotonic()
    answer = Hook(Webhook(url=consumer.url)).post(PARCEL)
    assert (answer.verdict, answer.words) == ("again", "no answer within 1 s")
    assert time.monotonic() - began < 5


def test_a_wish_to_stop_ends_the_wait(consumer: Consumer) -> None:
    """Who is asked to stop does not wait ten seconds for a consumer that says nothing."""
    consumer.always = consumer.stall
    began = time.monotonic()
    hook = Hook(Webhook(url=consumer.url), lambda: time.monotonic() > began + 0.3)
    assert hook.post(PARCEL).verdict == "again"
    assert time.monotonic() - began < 5


def test_a_black_hole_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes no connection is given up in time, its addresses together."""
    monkeypatch.setattr(module, "CONNECT_S", 0.5)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        others = [socket.socket() for _ in range(4)]
        for other in others:  # the queue is full: the kernel drops who comes next
            other.setblocking(False)
            other.connect_ex(place)
        began = time.monotonic()
        answer = Hook(Webhook(url=f"http://127.0.0.1:{place[1]}")).post(PARCEL)
        for other in others:
            other.close()
    assert (answer.verdict, answer.words) == ("again", "timed out")
    assert time.monotonic() - began < 5


def test_a_certificate_must_be_good(tmp_path: Path) -> None:
    """With the authority's file it goes out encrypted; unknown or of another name, not at all."""
    own, trust = certified(tmp_path, "localhost")
    consumer = Consumer(trust)
    assert Hook(Webhook(url=consumer.url, ca_file=own)).post(PARCEL).verdict == "taken"
    unknown = Hook(Webhook(url=consumer.url)).post(PARCEL)
    other, _ = certified(tmp_path, "other.example")
    renamed = consumer.url.replace("localhost", "127.0.0.1")
    misnamed = Hook(Webhook(url=renamed, ca_file=own)).post(PARCEL)
    mistaken = Hook(Webhook(url=consumer.url, ca_file=other)).post(PARCEL)
    consumer.stop()
    assert len(consumer.heard) == 1
    for answer in (unknown, misnamed, mistaken):
        assert answer.verdict == "again"
        assert answer.words.startswith("bad certificate: ")


RETRY_AFTER = {"7": 7.0, "soon": None, "-3": None, "9" * 30: 999_999_999.0}


@pytest.mark.parametrize("asked", RETRY_AFTER)
def test_retry_after_is_read(consumer: Consumer, asked: str) -> None:
    """Seconds are; what is none of the two forms is not there."""
    consumer.always = status(503, Retry_After=asked)
    assert Hook(Webhook(url=consumer.url)).post(PARCEL).retry_after_s == RETRY_AFTER[asked]


def test_retry_after_may_be_a_date(consumer: Consumer) -> None:
    """The other form of RFC 9110: seconds from now."""
    consumer.always = status(503, Retry_After=formatdate(time.time() + 60, usegmt=True))
    asked = Hook(Webhook(url=consumer.url)).post(PARCEL).retry_after_s
    assert asked is not None
    assert 30 < asked <= 60
