"""The unit's end of a process that holds an output for it (`custody`)."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from appliance.custody import FAULT, LATE_S, READY
from appliance.errors import ConfigurationError, LineError

ROOT = Path(__file__).resolve().parents[1]
"""Where the package lies: the other process must be of the same version."""
START_S = 20.0
"""For its start: a busy Pi with a slow card."""
ANSWER_S = 2 * LATE_S
"""Beyond this no order is carried out any more, and it counts as lost."""
STOP_S = 2.0
WORDS_S = 1.0
"""For what it tells of its end: it tells all at once, and ends."""


class Ward:
    """A process that holds an output."""

    def __init__(self, name: str, module: str, arguments: Sequence[str]) -> None:
        """Start it; on return the output is at rest.

        Args:
            name: of the output, for what is told of faults.
            module: of this package, run with `python -m`.
            arguments: for it.

        Raises:
            ConfigurationError: the output cannot be had, and a restart would not help.
            LineError: the output cannot be had.
        """
        self._process = subprocess.Popen(  # noqa: S603  # itself, by its own path
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            bufsize=0,
            start_new_session=True,  # what is sent to the unit's group is not meant for it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self._require_ready(name)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self._process.poll()

    def order(self, packed: bytes) -> bool:
        """Hand over an order; whether there was anybody to take it."""
        try:
            os.write(self._orders.fileno(), packed)
        except (BrokenPipeError, ValueError):  # it is gone, or closed
            return False
        return True

    def answer(self, timeout_s: float) -> bytes:
        """The next byte that it says; nothing where it says none in time or has ended."""
        if self._answers.closed:
            return b""
        said = select.poll()
        said.register(self._answers, select.POLLIN)
        return os.read(self._answers.fileno(), 1) if said.poll(timeout_s * 1000) else b""

    def words(self) -> str:
        """What it told of its end, after FAULT; no more than it tells within WORDS_S."""
        told, until = b"", time.monotonic() + WORDS_S
        while (left_s := until - time.monotonic()) > 0 and (byte := self.answer(left_s)):
            told += byte
        return told.decode(errors="replace")

    def kill(self) -> None:
        """End it although it does not answer; the output stays as it is."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Have the output let go and the process ended; killed where it does not end by itself."""
        self._orders.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # it may be stuck in a driver
                self._process.wait(STOP_S)
        self._answers.close()

    def _require_ready(self, name: str) -> None:
        answer = self.answer(START_S)
        if answer == READY:
            return
        told = self.words() if answer == FAULT else "its guardian does not start"
        self.close()
        is_configuration = self._process.returncode == ConfigurationError.exit_code
        raise (ConfigurationError if is_configuration else LineError)(f"{name}: {told}")
