"""One unit under test: its board, and all that shows from outside what it does.

The rule to know: a unit is asked over SSH, as the person who set it up could, and watched over its
broker and its serial line; there is nothing in its image that is for tests.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tools.machine.board import Board
from tools.machine.broker import Heard
from tools.machine.card import SETTINGS, Card
from tools.machine.host import Host

LOGIN = "admin@127.0.0.1"
OPTIONS = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60"),
    *("-o", "ServerAliveInterval=15", "-o", "ControlMaster=auto", "-o", "ControlPersist=300"),
)
LOST = 255
"""What ssh ends with where the connection could not be made, or broke."""
BOOT_S = 900.0
"""From power to `online`, on a busy machine."""
RESTART_S = 60.0
"""That a restart may take to be asked for."""
TURN_S = 0.1
T = TypeVar("T")


class LateError(Exception):
    """Something has not come in its time, or cannot come any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command on the unit said, and its exit code."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit.

    Attributes:
        name: its id.
        board: what it runs on.
        host: what it meets.
    """

    name: str
    board: Board
    host: Host

    def until(self, look: Callable[[], T | None], what: str, limit_s: float) -> T:
        """What `look` gives once that is something; LateError where that takes too long."""
        end = time.monotonic() + limit_s
        while True:
            found = look()
            if found:
                return found
            if self.board.fault:
                raise LateError(f"{what}: the firmware starts nothing: {self.board.fault}")
            if time.monotonic() > end:
                raise LateError(f"{what}: not within {limit_s:.0f} s; {self._last_words()}")
            time.sleep(TURN_S)

    def heard(self, topic: str, since: float = 0.0) -> list[Heard]:
        """What it has published since a monotonic time."""
        return self.host.broker.heard(self.name, topic, since)

    def come_up(self, since: float, limit_s: float = BOOT_S) -> float:
        """Wait until its service says that it is online; seconds since `since`."""
        return self.until(lambda: self.online_at(since), "online", limit_s) - since

    def online_at(self, since: float) -> float | None:
        """When its service first said that it is online, after `since`; None: not yet."""
        came = [each.at for each in self.heard("availability", since) if _is_online(each)]
        return came[0] if came else None

    def restart(self) -> None:
        """Ask for a restart once: a second time, after a line that broke, would be the next boot's.

        Raises:
            LateError: nobody is let in, or that cannot be asked for.
        """
        self.ssh("true")
        self._try("systemctl reboot", time.monotonic() + RESTART_S)

    def ssh(self, command: str, limit_s: float = 600.0) -> Answer:
        """Run a command as root; it waits until the unit lets somebody in.

        Raises:
            LateError: nobody is let in, or the command takes too long.
        """
        end = time.monotonic() + limit_s
        while (answer := self._try(command, end)).code == LOST:
            if time.monotonic() > end:
                raise LateError(f"ssh {command[:60]}: {answer.text[-200:]}; {self._last_words()}")
            time.sleep(1)
        return answer

    def status(self) -> dict[str, Any]:
        """`gatepost update status --json`."""
        answer = self.ssh("gatepost update status --json")
        if answer.code:
            raise LateError(f"gatepost update status: {answer.code}: {answer.text[-300:]}")
        told: dict[str, Any] = json.loads(answer.text.splitlines()[-1])
        return told

    def begin_ssh(self, command: str) -> subprocess.Popen[bytes]:
        """Run a command as root without waiting for its end."""
        return subprocess.Popen(  # noqa: S603
            self._command(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _try(self, command: str, end: float) -> Answer:
        left_s = max(1.0, end - time.monotonic())
        try:
            done = subprocess.run(  # noqa: S603
                self._command(command), capture_output=True, check=False, timeout=left_s
            )
        except subprocess.TimeoutExpired as fault:
            raise LateError(f"ssh {command[:60]}: {left_s:.0f} s; {self._last_words()}") from fault
        return Answer(done.returncode, (done.stderr + done.stdout).decode(errors="replace"))

    def _command(self, command: str) -> list[str]:
        # a connection of its own for each start: the one before is dead and does not know it
        shared = self.board.folder / f"ssh-{len(self.board.runs)}"
        where = ["-i", str(self.host.ssh_key), "-p", str(self.board.ssh_port)]
        quoted = command.replace("'", "'\\''")
        login = [f"-oControlPath={shared}", LOGIN, f"sudo -n sh -c '{quoted}'"]
        return ["/usr/bin/ssh", *OPTIONS, *where, *login]

    def _last_words(self) -> str:
        runs = self.board.runs
        lines = runs[-1].said.strip().splitlines()[-3:] if runs else []
        return f"start {len(runs)}, console: {' | '.join(lines)[-300:]}"


def prepared(card: Card, files: dict[str, bytes]) -> Card:
    """A card with the settings of a unit."""
    for name, content in files.items():
        card.put(SETTINGS, name, content)
    return card


def _is_online(heard: Heard) -> bool:
    return heard.content == b"online"


def work_folder(folder: Path, name: str) -> Path:
    """A folder that is there; its path is short enough for a socket (108 bytes)."""
    made = folder / name
    made.mkdir(parents=True, exist_ok=True)
    return made
