"""RAUC, which writes bundles into the slot that does not run: the only module that runs `rauc`.

The rule to know: `rauc install` is a client, and the service that it talks to goes on writing when
the client is gone.  So whatever ends an installation here stops that service too; it begins anew
when it is asked next.  What is half written is in a slot that nobody boots.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Protocol

from appliance.errors import UpdateError
from appliance.update.program import ended
from appliance.update.slots import System

RAUC = "rauc"
INSTALL_S = 1800.0
"""For a root of 512 MB and a boot partition: a card that takes 1 MB/s has ten minutes too many."""
SILENT_S = 600.0  # without a word; measured under emulation: 110 s between two of them
MARK_S = 120.0  # its service may have to be started
STOP_S = 15.0
STOP = ("systemctl", "stop", "rauc.service")
PERCENT = re.compile(r"\s*(\d{1,3})% (.*)")
BUSY = "lready processing"
"""What RAUC says where an installation goes on that somebody else began."""
ERROR = "LastError: "
MOST_TOLD = 400  # characters of RAUC's own words in ours

Writing = Callable[[int], None]
"""Told how far an installation is, percent."""


class Installer(Protocol):
    """What writes slots and marks them."""

    def describe(self, bundle: Path) -> System:
        """What a bundle holds, as it says itself; UpdateError `bundle`: it is not to be trusted."""

    def install(self, bundle: Path, writing: Writing) -> None:
        """Write a bundle into the slot that does not run; UpdateError `bundle`: why not."""

    def mark(self, *, good: bool) -> None:
        """Say of the slot that runs that it is good, which commits it, or bad; else UpdateError."""

    def arm(self, *, other: bool) -> None:
        """Let the next boot be of the other slot, or not after all; else UpdateError."""

    def primary(self) -> str:
        """The slot that the next boot is of; UpdateError where RAUC does not know."""


@dataclass(frozen=True, slots=True)
class Rauc:
    """RAUC's command line.

    Attributes:
        options: that come before each command, as a test's own configuration.
        limit_s: seconds that an installation may take.
        silent_s: without a word from it.
        stop: the command that ends the service.
    """

    options: tuple[str, ...] = ()
    limit_s: float = INSTALL_S
    silent_s: float = SILENT_S
    stop: tuple[str, ...] = STOP

    def describe(self, bundle: Path) -> System:
        """What a bundle holds; its signature is verified on the way."""
        table = _table(self._run(["info", "--output-format=json", str(bundle)], "bundle"))
        return System(str(table.get("compatible")), str(table.get("version")))

    def install(self, bundle: Path, writing: Writing) -> None:
        """Write a bundle into the slot that does not run."""
        last = error = ""
        code: int | None = None
        command = [RAUC, *self.options, "install", str(bundle)]
        with _leaving_in_order(), _begun(command) as client:
            try:
                for line in _lines(client, self.limit_s, self.silent_s):
                    found = PERCENT.match(line)
                    if found:
                        writing(min(100, int(found[1])))
                    error = line.removeprefix(ERROR) if line.startswith(ERROR) else error
                    last = line or last
                code = _code(client)
            finally:
                # Ctrl-C ends the client too, and so does systemd: nobody may go on writing
                if code is None or code < 0:
                    self._stop(client)
        if code:
            told = error or last or f"exit {code}"
            name = "rauc" if BUSY in told else "bundle"
            raise UpdateError(name, f"RAUC refused it: {told[:MOST_TOLD]}")

    def mark(self, *, good: bool) -> None:
        """Say of the slot that runs that it is good, or bad."""
        self._run(["status", "mark-good" if good else "mark-bad", "booted"])

    def arm(self, *, other: bool) -> None:
        """Let the next boot be of the other slot, or not after all."""
        self._run(["status", "mark-active", "other" if other else "booted"])

    def primary(self) -> str:
        """The slot that the next boot is of."""
        table = _table(self._run(["status", "--output-format=json"]))
        try:
            slots = {name: slot for each in table["slots"] for name, slot in each.items()}
            return str(slots[table["boot_primary"]]["bootname"])
        except (KeyError, TypeError, AttributeError) as fault:
            raise UpdateError("rauc", f"rauc status: no primary slot: {fault}") from fault

    def _stop(self, client: subprocess.Popen[bytes]) -> None:
        """End the client and the service."""
        client.terminate()
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(self.stop, check=False, timeout=STOP_S, capture_output=True)  # noqa: S603
        try:
            client.wait(STOP_S)
        except subprocess.TimeoutExpired:
            client.kill()

    def _run(self, arguments: list[str], fault: str = "rauc") -> str:
        done, called = ended([RAUC, *self.options, *arguments], MARK_S, "rauc")
        if done.returncode:
            told = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
            raise UpdateError(fault, f"{called}: {told[:MOST_TOLD]}")
        return done.stdout


@contextmanager
def _leaving_in_order() -> Iterator[None]:
    """SIGTERM, as `systemctl stop` sends it, is an exception meanwhile: what is open is closed."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _table(told: str) -> dict[str, Any]:
    """The object that RAUC tells; UpdateError `rauc` where it tells anything else."""
    try:
        table = json.loads(told)
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise UpdateError("rauc", f"{told[:100]!r}, expected a JSON object")
    return table


def _begun(command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  # no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as fault:
        raise UpdateError("rauc", f"{command[0]}: {fault.strerror}") from fault


def _code(client: subprocess.Popen[bytes]) -> int:
    """Of a client that has said all; UpdateError `rauc` where it does not end."""
    try:
        return client.wait(STOP_S)
    except subprocess.TimeoutExpired as fault:
        told = f"RAUC's client said all and did not end within {STOP_S:g} s: stopped"
        raise UpdateError("rauc", told) from fault


def _lines(client: subprocess.Popen[bytes], limit_s: float, silent_s: float) -> Iterator[str]:
    """What a program says, line by line, to its end; UpdateError `rauc` where it takes too long."""
    assert client.stdout is not None
    number, kept, ends_at = client.stdout.fileno(), b"", time.monotonic() + limit_s
    poll = select.poll()
    poll.register(number, select.POLLIN)
    while True:
        left = min(silent_s, ends_at - time.monotonic())
        if left <= 0 or not poll.poll(left * 1000):
            told = f"more than {limit_s:g} s, or silent for {silent_s:g} s"
            raise UpdateError("rauc", f"the installation took {told}: stopped")
        part = os.read(number, 4096)
        *lines, kept = (kept + part).split(b"\n")
        yield from (line.decode("utf-8", "replace").strip() for line in lines)
        if not part:
            yield from (kept.decode("utf-8", "replace").strip(),) if kept else ()
            return
