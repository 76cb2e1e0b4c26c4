"""What stands between a unit and a real mosquitto: a broker that knows MQTT 3.1.1 only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

OLD_ANSWER = bytes.fromhex("20020001")
"""CONNACK of MQTT 3.1.1, return code 1: unacceptable protocol version."""
NEW_ANSWER = bytes.fromhex("2003008400")
"""CONNACK of MQTT 5, reason code 0x84: unsupported protocol version."""
HANG_UP = b""
LIMIT_S = 30.0


class Front:
    """Answers a CONNECT of MQTT 5 with a refusal, and passes all else to the broker behind it.

    Attributes:
        port: where it listens.
        answer: what it says to MQTT 5 before it hangs up; None: it passes that on too.
        versions: the level of each CONNECT that came, 4 or 5.
    """

    def __init__(self, behind: int, answer: bytes | None) -> None:
        """Listen, for the broker at the port `behind`."""
        self.answer = answer
        self.versions: list[int] = []
        self._behind = behind
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def close(self) -> None:
        """Hang up on everyone."""
        for each in [self._listener, *self._open]:
            _end(each)

    def _start(self, does: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=does, args=arguments, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, caller: socket.socket) -> None:
        self._open.append(caller)
        with suppress(OSError), caller:
            first = caller.recv(65536)
            if not first:  # somebody looks whether anyone listens
                return
            level = first[first.index(b"MQTT") + 4]
            self.versions.append(level)
            if level == 5 and self.answer is not None:
                caller.sendall(self.answer)
                return
            with socket.create_connection(("127.0.0.1", self._behind), LIMIT_S) as broker:
                broker.settimeout(None)
                self._open.append(broker)
                broker.sendall(first)
                self._start(_pass_on, broker, caller)
                _pass_on(caller, broker)
                _end(broker)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Until the source ends, which ends the target's hearing only: it may have more to say."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
