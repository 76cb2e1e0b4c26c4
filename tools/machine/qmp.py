"""A few words with QEMU: how much a disk has written, and why a machine has ended.

The rule to know: answers and events come on one line of JSON each, mixed; events are kept.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

LIMIT_S = 30.0
"""Of an answer: after a longer silence the connection can be used no more."""


class Monitor:
    """A connection to one running QEMU."""

    def __init__(self, path: Path) -> None:
        """Connect to its socket; OSError where nobody listens."""
        self.events: list[dict[str, Any]] = []
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(LIMIT_S)
        try:
            self._line.connect(str(path))
            self._file = self._line.makefile("rwb")
            self._file.readline()  # its greeting
            self.ask("qmp_capabilities")
        except (OSError, ValueError):
            self._line.close()
            raise

    def ask(self, command: str) -> Any:  # noqa: ANN401  # as JSON has it
        """What it answers to a command; OSError where it is gone, or refuses."""
        self._file.write(json.dumps({"execute": command}).encode() + b"\n")
        self._file.flush()
        while line := self._file.readline():
            said = json.loads(line)
            if "event" in said:
                self.events.append(said)
            elif "return" in said:
                return said["return"]
            else:
                raise OSError(f"{command}: {said}")
        raise OSError(f"QEMU ended before it answered {command}")

    def written(self) -> int:
        """Bytes that the first disk has taken since this start."""
        return int(self.ask("query-blockstats")[0]["stats"]["wr_bytes"])

    def last_words(self) -> list[dict[str, Any]]:
        """All events, when QEMU has ended."""
        try:
            while line := self._file.readline():
                said = json.loads(line)
                self.events += [said] if "event" in said else []
        except (OSError, ValueError):
            pass  # it was killed in the middle of a line
        self.close()
        return self.events

    def close(self) -> None:
        """Say no more."""
        with suppress(OSError):  # what could not be sent is sent again on closing
            self._file.close()
        self._line.close()
