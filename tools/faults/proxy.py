"""A TCP proxy that stalls, cuts and slows what goes between the unit and the broker."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

SLICE = 256  # bytes that go at once while it is slow
STEP_S = 0.05  # between two of them: 5 kB/s
CALM = Event()  # never set: to wait on


class Proxy:
    """Forwards connections to a port of this machine.

    While it is `shut` it takes no connections; while it is `stalled` no byte goes either way, and
    what the sender's kernel holds by then is lost with a cut; while it is `slow` few bytes go.
    """

    def __init__(self, target: int) -> None:
        """Listen on a free port, for connections to `target`."""
        self.stalled, self.slow, self.shut = Event(), Event(), Event()
        self._target = target
        self._lock = Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection now."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for each in pair:
                _end(each)

    def heal(self) -> None:
        """Forward everything again."""
        for fault in (self.stalled, self.slow, self.shut):
            fault.clear()

    def close(self) -> None:
        """Forward nothing any more."""
        _end(self._listening)
        self.cut()
        self.heal()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return  # closed
            self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            if self.shut.is_set():
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", self._target), 1.0)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._pairs.append((near, far))
        for source, sink in ((near, far), (far, near)):
            Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # one of them was cut
            while chunk := source.recv(65536):
                self._pass_on(chunk, sink)
        _end(source)
        _end(sink)

    def _pass_on(self, chunk: bytes, sink: socket.socket) -> None:
        while chunk:
            while self.stalled.is_set():
                CALM.wait(0.02)
                if sink.fileno() < 0:
                    return
            size = SLICE if self.slow.is_set() else len(chunk)
            sink.sendall(chunk[:size])
            chunk = chunk[size:]
            if chunk:
                CALM.wait(STEP_S)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
