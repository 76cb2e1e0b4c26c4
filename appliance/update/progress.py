"""What is asked of an updater, and how far it has come: small files between it and the unit.

    gatepost/update-request        {"version": "1.2.0"}: the unit asks, whoever takes it removes it
    gatepost/update-quiet          nobody is before the gate: what is installed may be started now
    gatepost-update/progress.json  how far it is, replaced as a whole
    gatepost-update/lock           held as long as an updater lives: so its end is seen at once

All of them below /run, which no power cut outlives; GATEPOST_RUN names another folder for tests.

The rule to know: a request is no order to trust.  It names a version, and whoever takes it asks the
signed manifest about that one, as if a person had typed it.  Of the standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal, get_args

from appliance.errors import GatepostError, StoreError, UpdateError

Phase = Literal["download", "install", "waiting", "failed"]
"""It comes; it is written to the card; it waits for its first start; it is over and not done."""

PHASES: tuple[Phase, ...] = get_args(Phase)
ALL = 100  # percent

RUN = "GATEPOST_RUN"
DEFAULT_RUN = "/run"
MOST_BYTES = 4096  # of each file
MOST_WHY = 300  # characters of a reason: of up to 12 bytes each in JSON
READABLE = 0o644  # updater and unit may be of two users
VERSION = re.compile(r"(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}")
WAIT_S, PAUSE_S = 2.0, 0.05
"""For the lock, which the unit takes for a moment to see whether anybody holds it."""


class CanceledError(UpdateError):
    """Who had decided for it wants it no more: it ends, and has not failed."""

    def __init__(self) -> None:
        super().__init__("canceled", "hawkBit wants it no more")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an updater is.

    Attributes:
        phase: what it does.
        version: that it installs.
        percent: of this phase, 0 to 100; None where nobody knows.
        why: of a failure, in words.
    """

    phase: Phase
    version: str
    percent: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What the unit asks for.

    Attributes:
        version: of the release.
        reached: whether the unit reaches its broker; None where it did not say.
    """

    version: str
    reached: bool | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are put and progress is told.

    Attributes:
        run: the folder of all files that no power cut outlives.
    """

    run: Path

    @property
    def request(self) -> Path:
        """What the unit asks for; in its own run-time folder, which others may read."""
        return self.run / "gatepost" / "update-request"

    @property
    def quiet(self) -> Path:
        """Says that the unit ends, or may be ended, for what was installed."""
        return self.run / "gatepost" / "update-quiet"

    @property
    def folder(self) -> Path:
        """The updater's run-time folder."""
        return self.run / "gatepost-update"

    def ask(self, request: Request) -> None:
        """Put a request there, in place of one that nobody took; OSError where there is no room."""
        _replace(self.request, asdict(request))

    def take(self) -> Request | None:
        """What is asked for, and the request is gone; None: nothing is.

        Raises:
            UpdateError: `request`: it is none; it is gone as well.
            StoreError: it cannot be read or removed.
        """
        try:
            content = _content(self.request)
            self.request.unlink()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise StoreError(f"{self.request}: {fault.strerror}") from fault
        table = _table(content)
        asked, reached = table.get("version"), table.get("reached")
        if not isinstance(asked, str) or not VERSION.fullmatch(asked):
            raise UpdateError("request", f'{self.request}: expected {{"version": "1.2.0"}}')
        return Request(asked, reached if isinstance(reached, bool) else None)

    def is_asked(self) -> bool:
        """Whether a request lies there."""
        try:
            self.request.lstat()
        except OSError:
            return False
        return True

    def withdraw(self) -> bool:
        """Take a request back; whether it was there still."""
        try:
            self.request.unlink()
        except OSError:
            return False
        return True

    def hush(self) -> None:
        """Say that now is a quiet moment; OSError where that cannot be said."""
        _replace(self.quiet, {})

    def progress(self) -> Progress | None:
        """What an updater told last; None where none did, or what lies there is nothing of it."""
        try:
            told = _table(_content(self.folder / "progress.json"))
        except OSError:
            return None
        phase = next((each for each in PHASES if each == told.get("phase")), None)
        version, percent = told.get("version"), told.get("percent")
        if phase is None or not isinstance(version, str):
            return None
        known = percent if isinstance(percent, int) and 0 <= percent <= ALL else None
        return Progress(phase, version, known, str(told.get("why", "")))

    def word(self) -> int:
        """Names what an updater told last, so that the same said again is another; 0: none did."""
        try:
            return (self.folder / "progress.json").stat().st_mtime_ns
        except OSError:
            return 0

    def is_held(self) -> bool:
        """Whether an updater lives."""
        try:
            with (self.folder / "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # there was none yet
            return False
        return False


@dataclass(slots=True)
class Report:
    """What an updater tells of itself.

    Attributes:
        desk: where.
        version: that it installs.
    """

    desk: Desk
    version: str
    told: Progress | None = field(default=None, init=False)

    def tell(self, phase: Phase, percent: float | None = None, why: str = "") -> None:
        """Say how far it is; what was said already costs nothing."""
        rounded = None if percent is None else max(0, min(ALL, int(percent)))
        progress = Progress(phase, self.version, rounded, why[:MOST_WHY])
        if progress != self.told:
            with suppress(OSError):  # an update goes on though nobody can be told
                _replace(self.desk.folder / "progress.json", asdict(progress))
            self.told = progress

    def take_back(self) -> None:
        """Leave nothing of what was told."""
        with suppress(OSError):
            (self.desk.folder / "progress.json").unlink(missing_ok=True)
        self.told = None


@contextmanager
def reporting(desk: Desk, version: str, *, is_alone: bool = False) -> Iterator[Report]:
    """Be the updater; a fault that a person can mend is told as `failed`, a cancellation is none.

    Args:
        desk: where it is told.
        version: that is installed.
        is_alone: no other updater can be at work: then the lock only shows that this one is.  The
            unit's user may read it, and so hold it: that must not keep root's updater away.

    Raises:
        StoreError: there is another one, or no room for the files.
    """
    try:
        desk.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(desk.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, READABLE)
    except OSError as fault:
        raise StoreError(f"{desk.folder}: {fault.strerror}") from fault
    with os.fdopen(lock, "wb") as file:
        _hold(file, desk, is_alone=is_alone)
        report = Report(desk, version)
        try:
            yield report
        except CanceledError:
            report.take_back()
            raise
        except GatepostError as fault:
            report.tell("failed", why=str(fault))
            raise


def desk(environment: Mapping[str, str] = os.environ) -> Desk:
    """Of this machine, or of a test."""
    return Desk(Path(environment.get(RUN, DEFAULT_RUN)))


def _hold(file: IO[bytes], desk: Desk, *, is_alone: bool) -> None:
    ends_at = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            if time.monotonic() > ends_at and is_alone:
                return
            if time.monotonic() > ends_at:
                raise StoreError(f"{desk.folder}: another updater is at work") from fault
            time.sleep(PAUSE_S)  # for a lock there is no wait with a limit
        else:
            return


def _replace(path: Path, table: Mapping[str, object]) -> None:
    beside = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        beside.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(beside, flags, READABLE), "wb") as file:
        os.fchmod(file.fileno(), READABLE)  # whatever the umask
        file.write(json.dumps(table).encode())
    beside.replace(path)


def _content(path: Path) -> bytes:
    """The file itself, not what a link names: it may be another user's, and we may be root."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        return file.read(MOST_BYTES + 1)


def _table(content: bytes) -> dict[str, object]:
    """The object that a file holds; nothing where it holds anything else."""
    try:
        table = json.loads(content) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        table = None
    return table if isinstance(table, dict) else {}
