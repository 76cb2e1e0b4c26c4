"""TLS towards a server: checked alike on every Python."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from appliance.tls import checked
from tests.authority import Authority, Pair

LIMIT_S = 30.0


def served(pair: Pair) -> tuple[socket.socket, threading.Thread]:
    """A server that shakes hands once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(LIMIT_S)

    def serve() -> None:
        line, _ = listener.accept()
        with listener, line:
            line.settimeout(LIMIT_S)
            try:
                context.wrap_socket(line, server_side=True).close()
            except (ssl.SSLError, ConnectionError):
                return

    thread = threading.Thread(target=serve)
    thread.start()
    return listener, thread


def shaken(ca_file: Path, pair: Pair) -> str:
    """The version of TLS that a client comes to agree on with it."""
    listener, thread = served(pair)
    try:
        with socket.create_connection(listener.getsockname(), LIMIT_S) as line:
            wrapped = checked(ca_file).wrap_socket(line, server_hostname="127.0.0.1")
            with wrapped:
                return str(wrapped.version())
    finally:
        thread.join(LIMIT_S)


def test_a_certificate_as_openssl_signs_it_is_taken(tmp_path: Path) -> None:
    """Without an authority key identifier, which Python 3.13 by itself asks for."""
    authority = Authority(tmp_path / "ca")
    assert shaken(authority.cert, authority.sign("server", server=True)) == "TLSv1.3"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"host": "IP:127.0.0.2"}, "IP address mismatch"),
        ({"server": False}, "purpose"),
        ({"days": -1}, "expired"),
    ],
)
def test_what_matters_is_checked(tmp_path: Path, options: dict[str, object], why: str) -> None:
    """Name, purpose and dates."""
    authority = Authority(tmp_path / "ca")
    pair = authority.sign("server", **({"server": True} | options))  # type: ignore[arg-type]
    with pytest.raises(ssl.SSLCertVerificationError, match=why):
        shaken(authority.cert, pair)


def test_a_stranger_is_refused(tmp_path: Path) -> None:
    """Whom the file does not name."""
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        shaken(ours.cert, theirs.sign("server", server=True))
