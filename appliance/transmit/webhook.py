"""One POST to one consumer, on a connection of its own, signed.

The rule to know: it goes to the configured address and nowhere else: no redirect is followed, no
proxy of the environment is asked, and with https the certificate must be good.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
import socket
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from appliance import __version__
from appliance.errors import ConfigurationError
from appliance.hook import Webhook
from appliance.tls import checked
from appliance.transmit.answers import Answer
from appliance.transmit.consumers import Parcel

CONNECT_S = 5.0  # for all addresses of the name together
EXCHANGE_S = 10.0  # from the first packet to the last header of the answer
SLICE_S = 0.25  # how late a wish to stop may be noticed
OURS = frozenset({"host", "user-agent", "content-type", "content-length", "connection"})
LEAST_SECRET = 16  # bytes: 128 bits if they are random (RFC 2104 asks for no less than that)

GivenUp = Callable[[], bool]


class Hook:
    """The way to the consumer.

    Raises:
        ConfigurationError: the secret or the authorities cannot be read or used.
    """

    def __init__(self, webhook: Webhook, is_given_up: GivenUp = lambda: False) -> None:
        """Read the secret, the header and the authorities; a change of them needs a restart.

        Args:
            webhook: with a `url`.
            is_given_up: asked again and again while an answer is awaited.
        """
        self._webhook = webhook
        self._secret = read_secret(webhook.secret_file) if webhook.secret_file else None
        self._header = read_header(webhook.header_file) if webhook.header_file else {}
        is_secure = webhook.address.scheme == "https"
        self._context = _trust(webhook.ca_file) if is_secure else None
        self._is_given_up = is_given_up

    def post(self, parcel: Parcel) -> Answer:
        """Post it and hear the answer; an error of the network is an answer without status."""
        try:
            return self._exchange(parcel)
        except ssl.SSLCertVerificationError as fault:
            return Answer(None, f"bad certificate: {fault.verify_message}")
        except (OSError, HTTPException) as fault:
            return Answer(None, _words(fault))

    def _exchange(self, parcel: Parcel) -> Answer:
        address = self._webhook.address
        until = time.monotonic() + EXCHANGE_S
        with _connect(address, self._context) as line:
            connection = HTTPConnection(address.hostname or "")
            connection.sock = _Bounded(line, until, self._is_given_up)
            path = address.path or "/"
            target = f"{path}?{address.query}" if address.query else path
            connection.request("POST", target, parcel.body, self._headers(parcel))
            answer = connection.getresponse()
            return Answer(answer.status, "", _seconds(answer.getheader("Retry-After")))

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        headers = self._header | {
            "Host": self._webhook.address.netloc,
            "User-Agent": f"gatepost/{__version__}",
            "Content-Type": parcel.content_type,
            "Connection": "close",
            "X-Gatepost-Id": parcel.uuid,
        }
        if self._secret is None:
            return headers
        now = str(int(time.time()))
        signed = signature(self._secret, now, parcel.body)
        return headers | {"X-Gatepost-Timestamp": now, "X-Gatepost-Signature": signed}


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC-SHA256, in hexadecimal, of the time, a full stop, and the body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest()


def read_secret(path: Path) -> bytes:
    """What the file holds but for the end of its line.

    Raises:
        ConfigurationError: it cannot be read, is too short, or everybody can read it.
    """
    secret = _closed("webhook.secret_file", path)
    if len(secret) < LEAST_SECRET:
        raise ConfigurationError(
            f"webhook.secret_file: {path}: {len(secret)} bytes, expected at least {LEAST_SECRET}"
        )
    return secret


def read_header(path: Path) -> dict[str, str]:
    """The one header that the file holds.

    Raises:
        ConfigurationError: it cannot be read, is none or one of ours, or everybody can read it.
    """
    found = re.fullmatch(rb"([A-Za-z0-9-]+): ?([!-~][ -~]*)", _closed("webhook.header_file", path))
    name = found[1].decode() if found else ""
    if found is None or name.lower() in OURS or name.lower().startswith("x-gatepost-"):
        raise ConfigurationError(
            f"webhook.header_file: {path}: expected one line such as Authorization: Token abc"
        )
    return {name: found[2].decode()}


def require_webhook_files(webhook: Webhook) -> None:
    """Raise ConfigurationError, naming each, where a file that is named cannot be used."""
    faults = []
    for read, path in (
        (read_secret, webhook.secret_file),
        (read_header, webhook.header_file),
        (_trust, webhook.ca_file),
    ):
        try:
            _ = path and read(path)
        except ConfigurationError as fault:
            faults.append(str(fault))
    if faults:
        raise ConfigurationError("\n".join(faults))


def _closed(key: str, path: Path) -> bytes:
    """What a file holds that is not open to everybody, but for the end of its line."""
    try:
        with path.open("rb") as file:
            mode, secret = os.fstat(file.fileno()).st_mode, file.read().rstrip(b"\r\n")
    except OSError as fault:
        raise ConfigurationError(f"{key}: {path}: {fault.strerror}") from fault
    if mode & 0o007:
        raise ConfigurationError(
            f"{key}: {path}: mode {mode & 0o777:o} is open to everybody; expected 600"
        )
    return secret


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return checked(ca_file)
    except (ssl.SSLError, OSError) as fault:
        raise ConfigurationError(f"webhook.ca_file: {ca_file}: {_words(fault)}") from fault


def _connect(address: SplitResult, context: ssl.SSLContext | None) -> socket.socket:
    """A connection to the first of the host's addresses that answers.

    Raises:
        OSError: none does within CONNECT_S, or the certificate is bad.
    """
    host = address.hostname or ""
    port = address.port or (80 if context is None else 443)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    until, last = time.monotonic() + CONNECT_S, OSError(f"{host}: no address")
    for number, (family, kind, protocol, _, place) in enumerate(found):
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(max(0.1, (until - time.monotonic()) / (len(found) - number)))
            line.connect(place)
            return line if context is None else context.wrap_socket(line, server_hostname=host)
        except OSError as fault:
            line.close()
            last = fault
    raise last


class _Bounded:
    """A socket as `http.client` uses one, whose whole exchange ends at one moment.

    A timeout of the socket alone counts from each byte to the next: a consumer that gives one now
    and then would hold us for ever.
    """

    def __init__(self, line: socket.socket, until: float, is_given_up: GivenUp) -> None:
        self._line = line
        self._until = until
        self._is_given_up = is_given_up

    def sendall(self, content: bytes) -> None:
        """A passage is smaller than the kernel's buffer, so this seldom waits."""
        self._line.settimeout(max(SLICE_S, self._until - time.monotonic()))
        self._line.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._line, self._until, self._is_given_up))

    def close(self) -> None:
        """Whoever made the socket closes it."""


class _Answer(io.RawIOBase):
    """What the consumer says, up to the end of its headers: nobody reads on."""

    def __init__(self, line: socket.socket, until: float, is_given_up: GivenUp) -> None:
        self._line = line
        self._until = until
        self._is_given_up = is_given_up

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # typeshed's WriteableBuffer
        self._line.settimeout(SLICE_S)
        while time.monotonic() < self._until and not self._is_given_up():
            try:
                count = self._line.recv_into(buffer)
            except TimeoutError:
                continue
            if count == 0:  # http.client would take half the headers for all of them
                raise ConnectionResetError("hung up before its answer was whole")
            return count
        raise TimeoutError(f"no answer within {EXCHANGE_S:.0f} s")


def _seconds(asked: str | None) -> float | None:
    """What Retry-After asks for: seconds, or a date of RFC 9110; None where it is neither."""
    if asked is None:
        return None
    if asked.isascii() and asked.isdecimal():
        return float(asked[:9])
    try:
        return parsedate_to_datetime(asked).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None


def _words(fault: Exception) -> str:
    """Never the whole text of an HTTPException: it may show what the consumer said."""
    if isinstance(fault, HTTPException):
        return f"no HTTP answer ({type(fault).__name__})"
    return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
